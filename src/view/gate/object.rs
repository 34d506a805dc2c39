//! How an object type is declared.

use std::collections::BTreeSet;

use async_graphql::registry::Registry;
use async_graphql::{Context, ServerResult};
use bytes::Bytes;
use caregraph_connectors::record::Section;

use super::compile::{Compiler, Selections};
use super::plan::{Args, PlanField, PlanKind, Shape};
use super::writer::Writer;
use crate::access::{AccessMask, ClassSet, FieldClass, Redaction};

/// An object type of the schema.
pub(crate) trait Object: Sized + 'static {
    /// Its declaration.
    fn meta() -> &'static ObjectMeta<Self>;

    /// Classes that are hidden in it and below, whatever was planned: what is planned once may be written of many.
    fn hidden(&self) -> ClassSet {
        ClassSet::default()
    }
}

/// The declaration of an object type.
pub(crate) struct ObjectMeta<T> {
    /// Its name in the schema.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) about: &'static str,
    /// The interfaces and unions to which it belongs.
    pub(crate) abstracts: &'static [&'static str],
    /// Its fields, in the order of the schema.
    pub(crate) fields: Vec<FieldMeta<T>>,
}

/// The declaration of one field.
pub(crate) struct FieldMeta<T> {
    /// Its name in the schema.
    pub(crate) name: String,
    /// What it is.
    pub(crate) about: &'static str,
    /// Its class.
    pub(crate) class: FieldClass,
    /// What must be asked for.
    pub(crate) needs: Needs,
    /// Its arguments.
    pub(crate) args: &'static [ArgMeta],
    /// Its GraphQL type.
    pub(crate) type_ref: fn() -> String,
    /// Makes its type known.
    pub(crate) register: fn(&mut Registry),
    /// Turns what is selected of it into a shape.
    pub(crate) compile:
        for<'q> fn(&mut Compiler<'q>, &Args, &Selections<'q>) -> ServerResult<Shape>,
    /// Writes it.
    pub(crate) write: fn(&T, &PlanField, &mut Writer),
    /// Writes what stands in its place when it is hidden.
    pub(crate) withheld: fn(&Shape, &mut Writer),
    /// Whether it can be hidden at all.
    pub(crate) can_be_withheld: bool,
}

/// What must be asked of the sources before a field can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing.
    Nothing,
    /// This section.
    Section(Section),
    /// Whatever the query asks for, but not nothing: how sources stand is only known when they have been asked.
    AnySection,
    /// The part of the audit log that its arguments ask for.
    Log,
}

/// The declaration of one argument.
pub(crate) struct ArgMeta {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) about: &'static str,
    /// Its GraphQL type.
    pub(crate) type_ref: &'static str,
    /// Its default, as GraphQL.
    pub(crate) default: Option<&'static str>,
}

/// Which kinds of fields a selection shows, and which of its fields a mask hides.
pub(crate) struct Disclosure {
    /// The classes of the fields that are shown.
    pub(crate) classes: BTreeSet<FieldClass>,
    /// The fields that are hidden.
    pub(crate) redactions: BTreeSet<Redaction>,
}

/// An object of whatever type, to be written where only its id was asked for.
pub(crate) trait AnyObject {
    /// Plans and writes what the field at `context` selects of it; says what the mask shows and hides.
    fn render(
        &self,
        context: &Context<'_>,
        mask: &AccessMask,
        root: &'static str,
    ) -> ServerResult<(Bytes, Disclosure)>;
}

impl<T: Object> AnyObject for T {
    fn render(
        &self,
        context: &Context<'_>,
        mask: &AccessMask,
        root: &'static str,
    ) -> ServerResult<(Bytes, Disclosure)> {
        let plan = Compiler::plan::<T>(context, mask, &[root])?;
        let json = plan.write(self);
        let disclosure = Disclosure { classes: plan.classes, redactions: plan.redactions };
        Ok((json, disclosure))
    }
}

/// Writes the planned fields of an object.
pub(crate) fn write_object<T: Object>(it: &T, fields: &[PlanField], out: &mut Writer) {
    let meta = T::meta();
    let write = |field: &PlanField, out: &mut Writer| {
        out.raw(&field.key);
        match field.kind {
            PlanKind::Typename => out.string(meta.name),
            PlanKind::Shown(place) if !out.hides(meta.fields[place].class) => {
                (meta.fields[place].write)(it, field, out);
            }
            PlanKind::Shown(place) | PlanKind::Withheld(place) => {
                (meta.fields[place].withheld)(&field.shape, out);
            }
        }
    };
    out.within(it.hidden(), |out| out.list(["{", "}"], fields, write));
}

/// Declares an object type of the schema: a struct, the class of every field, and how it is written.
///
/// A field is `name: Type, Class;`, optionally with `needs Section`, with `args LIST` and with
/// `= |it, field| value` when it is not simply the struct's own field.
macro_rules! object {
    (
        $(#[doc = $doc:literal])+
        struct $name:ident $(as $gql:literal)? $(in [$($abstract:literal),*])? {
            $($(#[doc = $fdoc:literal])+ $field:ident: $type:ty, $class:ident $(, needs $section:ident)?;)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub(crate) struct $name {
            $($(#[doc = $fdoc])+ pub(crate) $field: $type,)+
        }

        $crate::view::gate::object! {
            $(#[doc = $doc])+
            impl $name $(as $gql)? $(in [$($abstract),*])? {
                $($(#[doc = $fdoc])+ $field: $type, $class $(, needs $section)? => |it, _field| it.$field;)+
            }
        }
    };
    (
        $(#[doc = $doc:literal])+
        impl $name:ident $(as $gql:literal)? $(in [$($abstract:literal),*])? $(, hides |$h:ident| ($hidden:expr))? {
            $($(#[doc = $fdoc:literal])+ $field:ident: $type:ty, $class:ident
                $(, needs $section:ident)? $(, args $args:expr)? => |$it:ident, $planned:ident| $value:expr;)+
        }
    ) => {
        impl $crate::view::gate::Object for $name {
            $(fn hidden(&self) -> $crate::access::ClassSet {
                let $h = self;
                $hidden
            })?
            fn meta() -> &'static $crate::view::gate::ObjectMeta<Self> {
                static META: std::sync::OnceLock<$crate::view::gate::ObjectMeta<$name>> = std::sync::OnceLock::new();
                META.get_or_init(|| $crate::view::gate::ObjectMeta {
                    name: $crate::view::gate::object!(@name $name $($gql)?),
                    about: concat!($($doc, "\n"),+),
                    abstracts: &[$($($abstract),*)?],
                    fields: vec![$($crate::view::gate::FieldMeta {
                        name: $crate::view::gate::camel(stringify!($field)),
                        about: concat!($($fdoc, "\n"),+),
                        class: $crate::access::FieldClass::$class,
                        needs: $crate::view::gate::object!(@needs $($section)?),
                        args: $crate::view::gate::object!(@args $($args)?),
                        type_ref: <$type as $crate::view::gate::Output>::type_ref,
                        register: <$type as $crate::view::gate::Output>::register,
                        compile: |compiler, args, selections| {
                            <$type as $crate::view::gate::Output>::compile(compiler, args, selections)
                        },
                        write: |$it, $planned, out| {
                            $crate::view::gate::Output::write(&$value, &$planned.shape, out);
                        },
                        withheld: <$type as $crate::view::gate::Output>::withheld,
                        can_be_withheld: <$type as $crate::view::gate::Output>::CAN_BE_WITHHELD,
                    }),+],
                })
            }
        }
    };
    (@name $name:ident $gql:literal) => { $gql };
    (@name $name:ident) => { stringify!($name) };
    (@needs Log) => { $crate::view::gate::Needs::Log };
    (@needs AnySection) => { $crate::view::gate::Needs::AnySection };
    (@needs $section:ident) => { $crate::view::gate::Needs::Section(caregraph_connectors::record::Section::$section) };
    (@needs) => { $crate::view::gate::Needs::Nothing };
    (@args $args:expr) => { $args };
    (@args) => { &[] };
}

/// Declares an enum of the schema.
macro_rules! choice {
    ($(#[doc = $doc:literal])+ enum $name:ident { $($(#[doc = $vdoc:literal])+ $variant:ident = $gql:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum $name { $($(#[doc = $vdoc])+ $variant,)+ }

        impl $name {
            /// Every value, in the order of the schema.
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// What the value means.
            const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($vdoc, "\n"),+)),+ }
            }

            /// The name in the schema.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $gql),+ }
            }
        }

        impl $crate::view::gate::Output for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn register(registry: &mut async_graphql::registry::Registry) {
                let values = Self::ALL.iter().map(|value| (value.name(), value.about())).collect();
                let kind = $crate::view::gate::TypeKind::Enum(concat!($($doc, "\n"),+), values);
                $crate::view::gate::add_type(registry, stringify!($name), kind);
            }
            fn write(&self, _: &$crate::view::gate::Shape, out: &mut $crate::view::gate::Writer) {
                out.string(self.name());
            }
        }
    };
}

/// Declares a union of the schema over an enum whose variants hold one object each.
macro_rules! variants {
    ($(#[doc = $doc:literal])+ enum $name:ident { $($variant:ident($type:ty)),+ $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub(crate) enum $name { $(#[doc = "One of its members."] $variant($type)),+ }

        impl $crate::view::gate::Output for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn register(registry: &mut async_graphql::registry::Registry) {
                let members = vec![$(<$type as $crate::view::gate::Output>::type_name().into_owned()),+];
                let kind = $crate::view::gate::TypeKind::Union(concat!($($doc, "\n"),+), members);
                $crate::view::gate::add_type(registry, stringify!($name), kind);
                $(<$type as $crate::view::gate::Output>::register(registry);)+
            }
            fn compile<'q>(
                compiler: &mut $crate::view::gate::Compiler<'q>,
                _: &$crate::view::gate::Args,
                selections: &$crate::view::gate::Selections<'q>,
            ) -> async_graphql::ServerResult<$crate::view::gate::Shape> {
                Ok($crate::view::gate::Shape::Union(vec![$(compiler.member::<$type>(selections)?),+]))
            }
            fn write(&self, shape: &$crate::view::gate::Shape, out: &mut $crate::view::gate::Writer) {
                let $crate::view::gate::Shape::Union(shapes) = shape else { return out.null() };
                let mut shapes = shapes.iter();
                $(
                    let shape = shapes.next();
                    if let (Self::$variant(value), Some(shape)) = (self, shape) {
                        return $crate::view::gate::Output::write(value, shape, out);
                    }
                )+
                out.null();
            }
        }
    };
}

pub(crate) use {choice, object, variants};
