//! Plans that were compiled before: the same document for the same mask is planned once.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::parser::types::{Directive, ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::{Context, Name, Pos, Positioned, ServerResult, Value};
use moka::sync::Cache;

use super::call::Call;
use crate::access::AccessMask;
use crate::view::gate::{Compiler, Output, Plan, Serial};

/// How many bytes of documents may stand behind the plans that are kept.
const CAPACITY: u64 = 4 * 1024 * 1024;

/// What a plan depends on besides the mask, as far as it is known when a document is read.
pub(super) struct Planned {
    operation: Serial,
    bytes: u32,
    /// The variables that stand anywhere but in the arguments of a root field, which no plan depends on.
    variables: Box<[Name]>,
}

impl Planned {
    /// Of an operation of this document.
    pub(super) fn of(document: &ExecutableDocument, bytes: usize) -> Self {
        Self {
            operation: Serial::next(),
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            variables: variables(document).into_iter().collect(),
        }
    }
}

/// Everything that a plan depends on: what is equal in this has the same plan.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    operation: Serial,
    /// Which field of the document.
    field: Pos,
    of: TypeId,
    mask: AccessMask,
    /// What the variables say, as JSON.
    variables: String,
}

/// The plans that are kept.
pub(crate) struct Plans(Cache<Key, (Arc<Plan>, u32)>);

impl Default for Plans {
    fn default() -> Self {
        let plans = Cache::builder().max_capacity(CAPACITY);
        Self(plans.weigher(|_, (_, bytes)| *bytes).build())
    }
}

impl Plans {
    /// The plan of the root field that `context` stands at, as a `T` to whom its own arguments mean nothing.
    pub(crate) fn plan<T: Output + 'static>(
        &self,
        context: &Context<'_>,
        call: &Call,
        mask: &AccessMask,
        root: &'static str,
    ) -> ServerResult<Arc<Plan>> {
        let key = key::<T>(context, &call.planned, mask);
        if let Some((plan, _)) = self.0.get(&key) {
            return Ok(plan);
        }
        let plan = Arc::new(Compiler::plan::<T>(context, mask, &[root])?);
        self.0.insert(key, (plan.clone(), call.planned.bytes));
        Ok(plan)
    }
}

fn key<T: 'static>(context: &Context<'_>, planned: &Planned, mask: &AccessMask) -> Key {
    let environment = context.query_env;
    let values = planned.variables.iter().map(|name| environment.variables.get(name));
    let variables = if planned.variables.is_empty() {
        String::new()
    } else {
        Value::List(values.map(|it| it.cloned().unwrap_or_default()).collect()).to_string()
    };
    Key {
        operation: planned.operation,
        field: context.item.pos,
        of: TypeId::of::<T>(),
        mask: mask.clone(),
        variables,
    }
}

/// The variables of a document, but for those that stand in the arguments of root fields alone.
fn variables(document: &ExecutableDocument) -> BTreeSet<Name> {
    let mut found = Found::default();
    for (_, operation) in document.operations.iter() {
        found.directives(&operation.node.directives);
        for selection in &operation.node.selection_set.node.items {
            match &selection.node {
                Selection::Field(root) => {
                    found.directives(&root.node.directives);
                    found.set(&root.node.selection_set.node);
                }
                other => found.selection(other),
            }
        }
    }
    for fragment in document.fragments.values() {
        found.directives(&fragment.node.directives);
        found.set(&fragment.node.selection_set.node);
    }
    found.0
}

#[derive(Default)]
struct Found(BTreeSet<Name>);

impl Found {
    fn set(&mut self, set: &SelectionSet) {
        set.items.iter().for_each(|selection| self.selection(&selection.node));
    }

    fn selection(&mut self, selection: &Selection) {
        match selection {
            Selection::Field(field) => self.field(&field.node),
            Selection::InlineFragment(inline) => {
                self.directives(&inline.node.directives);
                self.set(&inline.node.selection_set.node);
            }
            // What it spreads is looked at where it stands.
            Selection::FragmentSpread(spread) => self.directives(&spread.node.directives),
        }
    }

    fn field(&mut self, field: &Field) {
        field.arguments.iter().for_each(|(_, value)| self.value(&value.node));
        self.directives(&field.directives);
        self.set(&field.selection_set.node);
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        let arguments = directives.iter().flat_map(|directive| &directive.node.arguments);
        arguments.for_each(|(_, value)| self.value(&value.node));
    }

    fn value(&mut self, value: &async_graphql_value::Value) {
        use async_graphql_value::Value::{List, Object, Variable};
        match value {
            Variable(name) => drop(self.0.insert(name.clone())),
            List(items) => items.iter().for_each(|item| self.value(item)),
            Object(fields) => fields.values().for_each(|field| self.value(field)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plan_depends_on_is_every_variable_but_those_of_root_arguments() {
        for (document, expected) in [
            ("query ($id: ID!) { patient(id: $id) { id } }", &[][..]),
            ("query ($a: ID!, $b: Int) { patient(id: $a) { x(first: $b) { id } } }", &["b"]),
            ("query ($a: Boolean!) { patient(id: 1) @skip(if: $a) { id } }", &["a"]),
            ("query ($a: Boolean!) { patient(id: 1) { id @include(if: $a) } }", &["a"]),
            ("query ($a: Int) { ... on Query { patient(id: $a) { id } } }", &["a"]),
            (
                "query ($a: Int) { ...F } fragment F on Query { patient(id: [{x: $a}]) { id } }",
                &["a"],
            ),
        ] {
            let parsed = async_graphql::parser::parse_query(document).unwrap();
            let found = variables(&parsed);
            assert_eq!(found.iter().map(Name::as_str).collect::<Vec<_>>(), expected, "{document}");
        }
    }
}
