//! Where a written answer enters GraphQL's own execution.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value};

use super::output::Output;

/// A root field's answer, written by the gate; to the schema it is a `T`.
pub(crate) struct Rendered<T> {
    /// Taken when the answer is put together, which happens once.
    json: Mutex<String>,
    is: PhantomData<fn() -> T>,
}

impl<T> Rendered<T> {
    /// Takes JSON that the gate wrote.
    pub(crate) fn new(json: String) -> Self {
        Self { json: Mutex::new(json), is: PhantomData }
    }

    /// The JSON.
    pub(crate) fn into_json(self) -> String {
        self.json.into_inner().unwrap_or_else(PoisonError::into_inner)
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
        let json = std::mem::take(&mut *self.json.lock().unwrap_or_else(PoisonError::into_inner));
        let token = Name::new(async_graphql_value::RAW_VALUE_TOKEN);
        Ok(Value::Object(IndexMap::from_iter([(token, Value::String(json))])))
    }
}
