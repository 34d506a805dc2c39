//! The words of access, as the graph shows them and takes them.

use std::borrow::Cow;

use async_graphql::registry::Registry;
use async_graphql::{InputType, InputValueError, InputValueResult, Name, Value};

use crate::access;
use crate::view::gate::{Output, Shape, TypeKind, Writer, add_type};
use caregraph_connectors::record::Section;

/// One enum: its type, the type in `access`, its description, all its values, and their names and meanings.
macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident of $of:ident, $all:expr, $word:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) access::$of);

        impl Output for $name {
            fn type_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn register(registry: &mut Registry) {
                let values = $all.iter().map(|it| (it.$word(), it.about())).collect();
                add_type(registry, stringify!($name), TypeKind::Enum(concat!($($doc, "\n"),+), values));
            }

            fn write(&self, _: &Shape, out: &mut Writer) {
                out.string(self.0.$word());
            }
        }

        impl InputType for $name {
            type RawValueType = Self;

            fn type_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                <Self as Output>::register(registry);
                concat!(stringify!($name), "!").to_owned()
            }

            fn parse(value: Option<Value>) -> InputValueResult<Self> {
                read(value, |word| $all.iter().find(|it| it.$word() == word).map(|it| Self(*it)))
            }

            fn to_value(&self) -> Value {
                Value::Enum(Name::new(self.0.$word()))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }
    )+};
}

words! {
    /// The one role in which somebody looks.
    Role of Role, access::Role::ALL, name;
    /// The purpose for which data are used (HL7 v3 `ActReason`).
    PurposeOfUse of PurposeOfUse, access::PurposeOfUse::ALL, code;
    /// Why a record deserves more care than others.
    Sensitivity of Label, access::Label::ALL, name;
    /// Whether data may be shown.
    ConsentDecision of Verdict, access::Verdict::ALL, name;
    /// On whose word a consent rests.
    ConsentAuthority of Authority, access::Authority::ALL, name;
    /// A relation by which somebody may know that a patient exists.
    RelationshipKind of RelationKind, access::RelationKind::ALL, name;
    /// What kind of fact a field holds, as far as access is concerned.
    FieldClass of FieldClass, access::FieldClass::ALL, name;
    /// Why the glass is broken.
    BreakGlassReason of BreakGlassReason, access::BreakGlassReason::ALL, name;
    /// What a review of a broken glass came to.
    ReviewOutcome of ReviewOutcome, access::ReviewOutcome::ALL, name;
}

/// The value of an enum that a word stands for, if it is `known`; variables bring words as texts.
fn read<T: InputType>(
    value: Option<Value>,
    known: impl Fn(&str) -> Option<T>,
) -> InputValueResult<T> {
    let value = value.unwrap_or_default();
    let word = match &value {
        Value::Enum(word) => word.as_str(),
        Value::String(word) => word.as_str(),
        _ => return Err(InputValueError::expected_type(value)),
    };
    known(word).ok_or_else(|| InputValueError::expected_type(value))
}

/// A section that is asked for.
pub(crate) struct WantedSection(pub(crate) Section);

impl InputType for WantedSection {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <Section as Output>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Section as Output>::register(registry);
        <Section as Output>::type_ref()
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let known = |word: &str| Section::ALL.iter().find(|section| section.name() == word);
        read(value, |word| known(word).map(|it| Self(*it)))
    }

    fn to_value(&self) -> Value {
        Value::Enum(Name::new(self.0.name()))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}
