//! Where a written answer enters GraphQL's own execution.

use std::borrow::Cow;
use std::marker::PhantomData;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};

use bytes::Bytes;

use super::output::Output;

/// JSON that the gate wrote, as a value of the library. It has no other use for binary values.
pub(crate) fn written(json: Bytes) -> Value {
    Value::Binary(json)
}

/// A root field's answer, written by the gate; to the schema it is a `T`.
pub(crate) struct Rendered<T> {
    json: Bytes,
    is: PhantomData<fn() -> T>,
}

impl<T> Rendered<T> {
    /// Takes JSON that the gate wrote.
    pub(crate) fn new(json: Bytes) -> Self {
        Self { json, is: PhantomData }
    }
}

impl<T: Output> OutputType for Rendered<T> {
    /// With its marks for lists, but nullable: what the library calls the name is what it puts behind `Option`.
    fn type_name() -> Cow<'static, str> {
        let qualified = T::type_ref();
        qualified.strip_suffix('!').map_or(qualified.clone(), str::to_owned).into()
    }

    fn qualified_type_name() -> String {
        T::type_ref()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::register(registry);
        T::type_ref()
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(written(self.json.clone()))
    }
}
