//! A day, as the API writes it.

use std::borrow::Cow;

use async_graphql::registry::Registry;

use super::gate::{Output, Shape, TypeKind, Writer, add_type};

/// A day (`Date`).
#[derive(Clone, Debug)]
pub(crate) struct Day(pub(crate) String);

impl Output for Day {
    fn type_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn register(registry: &mut Registry) {
        add_type(registry, "Date", TypeKind::Scalar("A day: 1985-04-12."));
    }

    fn write(&self, _: &Shape, out: &mut Writer) {
        out.string(&self.0);
    }
}
