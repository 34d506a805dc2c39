//! An operation that may be executed: read, measured and judged.

use std::sync::Arc;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
};
use async_graphql::{Positioned, ServerError, Variables};

use super::error::ErrorCode;
use super::plans::Planned;

/// An operation that may be executed, as often as there is something to tell.
pub(super) struct Prepared {
    /// The text of its document.
    pub(super) query: String,
    /// Its name, when the request named it.
    pub(super) name: Option<String>,
    /// What plans of its document depend on.
    pub(super) planned: Arc<Planned>,
    /// Whether it is a subscription.
    pub(super) is_stream: bool,
    document: ExecutableDocument,
    variables: Variables,
}

impl Prepared {
    pub(super) fn new(
        query: String,
        name: Option<String>,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: Variables,
        planned: Arc<Planned>,
    ) -> Self {
        let is_stream = operation.ty == OperationType::Subscription;
        let document =
            if is_stream { with_one_root(document, operation) } else { document.clone() };
        Self { query, name, planned, is_stream, document, variables }
    }

    /// The same as the library takes it.
    pub(super) fn request(&self) -> async_graphql::Request {
        let mut request =
            async_graphql::Request::new(self.query.clone()).variables(self.variables.clone());
        if let Some(name) = &self.name {
            request = request.operation_name(name);
        }
        request.set_parsed_query(self.document.clone());
        request
    }

    /// The refusal of a stream where only one reply can be sent.
    pub(super) fn refusal() -> ServerError {
        ErrorCode::BadUserInput.of_request(
            "A subscription is a stream: open it over WebSocket (graphql-transport-ws), or accept text/event-stream.",
        )
    }
}

/// The root fields of an operation, through all fragments, each as often as it stands there.
pub(super) fn roots<'d>(
    document: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
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
                let fragment = document.fragments.get(&spread.node.fragment_name.node);
                fragment.map(|it| &it.node.selection_set)
            }
        };
        open.extend(below.into_iter().flat_map(|set| set.node.items.iter().rev()));
    }
    found
}

/// The document with the one root of a subscription at its root: the library does not look for it in fragments, and
/// runs it twice when it is selected twice.
fn with_one_root(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> ExecutableDocument {
    let mut operation = operation.clone();
    let all = roots(document, &operation);
    let merged = all.split_first().map(|(first, rest)| {
        let mut root = (*first).clone();
        let more = rest.iter().flat_map(|field| field.node.selection_set.node.items.clone());
        root.node.selection_set.node.items.extend(more);
        root
    });
    let items = merged.map(|root| {
        let at = root.pos;
        Positioned::new(Selection::Field(root), at)
    });
    operation.selection_set.node.items = items.into_iter().collect();
    let at = operation.selection_set.pos;
    ExecutableDocument {
        operations: DocumentOperations::Single(Positioned::new(operation, at)),
        fragments: document.fragments.clone(),
    }
}
