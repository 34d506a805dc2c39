//! An operation as its author wrote it.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::types::{
    Directive, Field, FragmentDefinition, OperationDefinition, Selection,
};
use async_graphql::{Name, Pos, Positioned, Value, Variables};

/// The fragments of a document, by name.
pub(crate) type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// An operation with the fragments that it may spread. Shapes are compiled of this: the library is shown the roots alone.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) operation: OperationDefinition,
    pub(crate) fragments: Arc<Fragments>,
}

impl Written {
    /// The root field that stands there.
    pub(crate) fn root(&self, at: Pos) -> Option<&Field> {
        let all = roots(&self.operation, &self.fragments).into_iter();
        all.map(|field| (field.pos, &field.node)).find(|(pos, _)| *pos == at).map(|(_, it)| it)
    }

    /// What a variable says, or its default.
    pub(crate) fn variable(&self, name: &Name, given: &Variables) -> Value {
        given.get(name).cloned().unwrap_or_else(|| {
            let mut defined = self.operation.variable_definitions.iter();
            defined
                .find(|definition| definition.node.name.node == *name)
                .and_then(|definition| definition.node.default_value().cloned())
                .unwrap_or(Value::Null)
        })
    }

    /// True when `@skip` or `@include` takes away what they stand at (GraphQL specification §3.13.1 and §3.13.2).
    pub(crate) fn is_skipped(
        &self,
        directives: &[Positioned<Directive>],
        given: &Variables,
    ) -> bool {
        directives.iter().any(|directive| {
            let wanted = match directive.node.name.node.as_str() {
                "skip" => false,
                "include" => true,
                _ => return false,
            };
            directive.node.get_argument("if").is_some_and(|condition| {
                let value = condition.node.clone();
                let value = value.into_const_with(|name| Ok::<_, ()>(self.variable(&name, given)));
                value != Ok(Value::Boolean(wanted))
            })
        })
    }
}

/// The root fields of an operation, through all fragments, each as often as it stands there.
pub(crate) fn roots<'d>(
    operation: &'d OperationDefinition,
    fragments: &'d Fragments,
) -> Vec<&'d Positioned<Field>> {
    let mut found = Vec::new();
    let mut open: Vec<&Positioned<Selection>> =
        operation.selection_set.node.items.iter().rev().collect();
    while let Some(selection) = open.pop() {
        let below = match &selection.node {
            Selection::Field(field) => {
                found.push(field);
                continue;
            }
            Selection::InlineFragment(inline) => Some(&inline.node.selection_set),
            Selection::FragmentSpread(spread) => {
                let fragment = fragments.get(&spread.node.fragment_name.node);
                fragment.map(|it| &it.node.selection_set)
            }
        };
        open.extend(below.into_iter().flat_map(|set| set.node.items.iter().rev()));
    }
    found
}
