//! What can stand in an answer, and how it is written.

use std::borrow::Cow;

use async_graphql::ServerResult;
use async_graphql::registry::Registry;
use caregraph_connectors::record::{FuzzyDate, Text};

use super::compile::{Compiler, Selections};
use super::object::{Object, write_object};
use super::plan::{Args, Shape};
use super::registry::{TypeKind, add_type};
use super::writer::Writer;

/// A Rust type that can stand in an answer.
pub(crate) trait Output {
    /// Name of the GraphQL type, without marks for lists and null.
    fn type_name() -> Cow<'static, str>;

    /// The GraphQL type with its marks.
    fn type_ref() -> String {
        format!("{}!", Self::type_name())
    }

    /// Makes the type known to the GraphQL schema.
    fn register(registry: &mut Registry);

    /// Turns what is selected of it into a shape.
    fn compile<'q>(_: &mut Compiler<'q>, _: &Args, _: &Selections<'q>) -> ServerResult<Shape> {
        Ok(Shape::Leaf)
    }

    /// Writes it in that shape.
    fn write(&self, shape: &Shape, out: &mut Writer);

    /// Writes what stands in its place when the viewer may not see it.
    fn withheld(_: &Shape, out: &mut Writer) {
        out.null();
    }

    /// False for types that have no way of being absent, whose fields therefore may not be of a class that can be
    /// hidden.
    const CAN_BE_WITHHELD: bool = false;
}

/// An opaque id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Id(pub(crate) String);

/// An instant (`DateTime`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instant(pub(crate) FuzzyDate);

/// A number, with the digits that its source wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal(pub(crate) Text);

impl<T: Object> Output for T {
    fn type_name() -> Cow<'static, str> {
        T::meta().name.into()
    }
    fn register(registry: &mut Registry) {
        super::registry::register_object::<T>(registry);
    }
    fn compile<'q>(
        compiler: &mut Compiler<'q>,
        _: &Args,
        selections: &Selections<'q>,
    ) -> ServerResult<Shape> {
        Ok(Shape::Object(compiler.object::<T>(selections)?))
    }
    fn write(&self, shape: &Shape, out: &mut Writer) {
        match shape {
            Shape::Object(fields) => write_object(self, fields, out),
            _ => out.null(),
        }
    }
}

impl<T: Output> Output for Option<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }
    fn type_ref() -> String {
        let inner = T::type_ref();
        inner.strip_suffix('!').map_or(inner.clone(), str::to_owned)
    }
    fn register(registry: &mut Registry) {
        T::register(registry);
    }
    fn compile<'q>(
        compiler: &mut Compiler<'q>,
        args: &Args,
        selections: &Selections<'q>,
    ) -> ServerResult<Shape> {
        T::compile(compiler, args, selections)
    }
    fn write(&self, shape: &Shape, out: &mut Writer) {
        match self {
            Some(value) => value.write(shape, out),
            None => out.null(),
        }
    }
    const CAN_BE_WITHHELD: bool = true;
}

impl<T: Output> Output for Vec<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }
    fn type_ref() -> String {
        format!("[{}]!", T::type_ref())
    }
    fn register(registry: &mut Registry) {
        T::register(registry);
    }
    fn compile<'q>(
        compiler: &mut Compiler<'q>,
        args: &Args,
        selections: &Selections<'q>,
    ) -> ServerResult<Shape> {
        T::compile(compiler, args, selections)
    }
    fn write(&self, shape: &Shape, out: &mut Writer) {
        out.list(["[", "]"], self, |item, out| item.write(shape, out));
    }
    fn withheld(_: &Shape, out: &mut Writer) {
        out.raw("[]");
    }
    const CAN_BE_WITHHELD: bool = true;
}

macro_rules! leaf {
    ($($(#[doc = $doc:literal])* $type:ty = $name:literal, |$it:ident, $out:ident| $write:expr;)+) => {$(
        impl Output for $type {
            fn type_name() -> Cow<'static, str> {
                $name.into()
            }
            fn register(registry: &mut Registry) {
                add_type(registry, $name, TypeKind::Scalar(concat!($($doc),*)));
            }
            fn write(&self, _: &Shape, $out: &mut Writer) {
                let $it = self;
                $write
            }
        }
    )+};
}

leaf! {
    String = "String", |it, out| out.string(it);
    Text = "String", |it, out| out.string(it);
    &'static str = "String", |it, out| out.string(it);
    bool = "Boolean", |it, out| out.bool(*it);
    i32 = "Int", |it, out| out.integer(i64::from(*it));
    f64 = "Float", |it, out| out.float(*it);
    Id = "ID", |it, out| out.string(&it.0);
    Decimal = "Float", |it, out| match serde_json::from_str::<serde_json::Number>(&it.0) {
        Ok(_) => out.raw(&it.0),
        Err(_) => out.null(),
    };
    /// "2019", "2019-03", "2019-03-07" or a full instant: as precise as the source was.
    FuzzyDate = "FuzzyDate", |it, out| out.string(it.as_str());
    /// An instant, RFC 3339.
    Instant = "DateTime", |it, out| out.string(it.0.as_str());
}
