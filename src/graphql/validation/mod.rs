//! Whether a document makes sense under the schema: GraphQL specification (September 2025) §5, all of it.
//!
//! Our own rules, since the library's judge otherwise than the specification in places (fields that cannot be merged,
//! values, directives), tell what a name might have meant, and repeat what they find. These say no word that is not a
//! name of the schema, and their verdict is kept with the document. They rely on the guard having measured it before.

mod directives;
mod fields;
mod fragments;
mod overlap;
mod subscriptions;
mod types;
mod values;
mod variables;

#[cfg(test)]
mod tests;

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType, Type};
use async_graphql::{Name, Pos, ServerError};

use super::error::ErrorCode;
pub(super) use types::Types;
pub(super) use variables::coerce;

/// The most mistakes that are told of one document.
const MOST_FAULTS: usize = 10;

/// What is wrong with a document; nothing, when it may be executed.
pub(super) fn faults(types: &Types, document: &ExecutableDocument) -> Vec<ServerError> {
    let mut check = Check { types, document, faults: Vec::new() };
    let fragments = check.fragments();
    for (_, operation) in document.operations.iter() {
        let operation_at = operation.pos;
        check.operation(&operation.node, operation_at, &fragments);
    }
    check.reachable(&fragments);
    if check.faults.is_empty() {
        check.overlaps();
    }
    check.faults
}

/// One document under one schema.
struct Check<'d> {
    types: &'d Types,
    document: &'d ExecutableDocument,
    faults: Vec<ServerError>,
}

/// What a definition names that stands elsewhere.
#[derive(Default)]
struct Uses<'d> {
    variables: Vec<VariableUse<'d>>,
    spreads: Vec<&'d Name>,
}

/// A place where a variable is used.
#[derive(Clone, Copy)]
struct VariableUse<'d> {
    name: &'d Name,
    at: Pos,
    /// What belongs there, when it is known.
    ty: Option<&'d Type>,
    /// Whether the place has a value of its own when none is given.
    has_default: bool,
}

impl<'d> Check<'d> {
    /// Notes a mistake. `what` may name the schema, and nothing of the document.
    fn fault(&mut self, at: Pos, what: impl Into<String>) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(ErrorCode::BadUserInput.at(what, at));
        }
    }

    fn operation(
        &mut self,
        operation: &'d OperationDefinition,
        at: Pos,
        fragments: &fragments::Fragments<'d>,
    ) {
        let Some(root) = self.types.root(operation.ty) else {
            let what = match operation.ty {
                OperationType::Query => "There are no queries here.",
                OperationType::Mutation => "There are no mutations here.",
                OperationType::Subscription => "There are no subscriptions here.",
            };
            return self.fault(at, what);
        };
        let mut uses = Uses::default();
        self.directives(&operation.directives, directives::of_operation(operation.ty), &mut uses);
        self.single_root(operation, at);
        self.variable_definitions(operation);
        self.selections(&operation.selection_set.node, Some(root), &mut uses);
        let all = Self::with_fragments(uses, fragments);
        self.variable_uses(operation, &all);
    }
}
