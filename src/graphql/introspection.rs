//! Introspection: a matter of policy, decided before anything is executed. `__typename` is none.

use async_graphql::ServerError;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

use super::error::ErrorCode;

/// Whether a document asks for the schema, wherever in it.
pub(super) fn asks(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter().map(|(_, it)| &it.node.selection_set.node);
    let fragments = document.fragments.values().map(|it| &it.node.selection_set.node);
    let mut open: Vec<&SelectionSet> = operations.chain(fragments).collect();
    while let Some(set) = open.pop() {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    if matches!(field.node.name.node.as_str(), "__schema" | "__type") {
                        return true;
                    }
                    open.push(&field.node.selection_set.node);
                }
                Selection::InlineFragment(inline) => open.push(&inline.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    false
}

/// The answer to everybody who may not ask for the schema, whatever they asked for.
pub(super) fn refusal() -> ServerError {
    ErrorCode::Forbidden.of_request(
        "Your role may not ask for the schema by introspection; read it at /graphiql/schema.graphql.",
    )
}
