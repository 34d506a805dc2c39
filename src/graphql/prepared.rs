//! An operation that may be executed: read, measured and judged.

use std::sync::Arc;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Variables};

use super::error::ErrorCode;
use super::plans::Planned;
use crate::view::gate::{Fragments, Written, roots};

/// An operation that may be executed, as often as there is something to tell.
pub(super) struct Prepared {
    /// The hash of its document, by which the audit log names it.
    pub(super) document: Arc<str>,
    /// Its name, when the request named it.
    pub(super) name: Option<String>,
    pub(super) ready: Arc<Ready>,
    pub(super) variables: Variables,
}

/// What is the same whenever an operation of a document is executed.
pub(super) struct Ready {
    /// What plans of it depend on.
    pub(super) planned: Arc<Planned>,
    /// Whether it is a subscription.
    pub(super) is_stream: bool,
    written: Arc<Written>,
    /// The document as the library sees it. What is selected of a root is our own business, so that is left out: the
    /// library would copy it, judge it and walk through it with every request.
    shown: ExecutableDocument,
}

impl Ready {
    /// Of an operation that was judged good. `as_a_whole`: the library answers some of it itself.
    pub(super) fn new(
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        fragments: Arc<Fragments>,
        planned: Planned,
        as_a_whole: bool,
    ) -> Self {
        let is_stream = operation.ty == OperationType::Subscription;
        let mut operation = operation.clone();
        if is_stream {
            operation.selection_set.node = with_one_root(&operation, &fragments);
        }
        let shown =
            if as_a_whole { whole(document, &operation) } else { bare(&operation, &fragments) };
        let written = Arc::new(Written { operation, fragments });
        Self { planned: Arc::new(planned), is_stream, written, shown }
    }
}

impl Prepared {
    /// The same as the library takes it.
    pub(super) fn request(&self) -> async_graphql::Request {
        let mut request = async_graphql::Request::new("")
            .variables(self.variables.clone())
            .data(self.ready.written.clone());
        request.set_parsed_query(self.ready.shown.clone());
        request
    }

    /// The refusal of a stream where only one reply can be sent.
    pub(super) fn refusal() -> ServerError {
        ErrorCode::BadUserInput.of_request(
            "A subscription is a stream: open it over WebSocket (graphql-transport-ws), or accept text/event-stream.",
        )
    }
}

/// The operation alone, with all fragments.
fn whole(document: &ExecutableDocument, operation: &OperationDefinition) -> ExecutableDocument {
    let at = operation.selection_set.pos;
    ExecutableDocument {
        operations: DocumentOperations::Single(Positioned::new(operation.clone(), at)),
        fragments: document.fragments.clone(),
    }
}

/// The operation with its roots alone, and of the fragments those that stand at the root.
fn bare(operation: &OperationDefinition, fragments: &Fragments) -> ExecutableDocument {
    let mut kept = Fragments::new();
    let roots = bare_set(&operation.selection_set.node, fragments, &mut kept);
    let at = operation.selection_set.pos;
    let operation = OperationDefinition {
        ty: operation.ty,
        variable_definitions: operation.variable_definitions.clone(),
        directives: operation.directives.clone(),
        selection_set: Positioned::new(roots, at),
    };
    let operations = DocumentOperations::Single(Positioned::new(operation, at));
    ExecutableDocument { operations, fragments: kept }
}

fn bare_set(set: &SelectionSet, fragments: &Fragments, kept: &mut Fragments) -> SelectionSet {
    let items = set.items.iter().map(|selection| {
        let node = match &selection.node {
            Selection::Field(field) => {
                Selection::Field(Positioned::new(bare_field(&field.node), field.pos))
            }
            Selection::InlineFragment(inline) => {
                let mut bare = inline.clone();
                let below = &inline.node.selection_set.node;
                bare.node.selection_set.node = bare_set(below, fragments, kept);
                Selection::InlineFragment(bare)
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if let (Some(fragment), false) = (fragments.get(name), kept.contains_key(name)) {
                    let mut bare = fragment.clone();
                    let below = &fragment.node.selection_set.node;
                    bare.node.selection_set.node = bare_set(below, fragments, kept);
                    kept.insert(name.clone(), bare);
                }
                Selection::FragmentSpread(spread.clone())
            }
        };
        Positioned::new(node, selection.pos)
    });
    SelectionSet { items: items.collect() }
}

/// A root field of which nothing in particular is selected. A selection must not be empty, where there is one.
fn bare_field(field: &Field) -> Field {
    let at = field.selection_set.pos;
    let typename = || {
        let (alias, arguments, directives) = (None, Vec::new(), Vec::new());
        let name = Positioned::new(Name::new("__typename"), at);
        let selection_set = Positioned::new(SelectionSet::default(), at);
        let field = Field { alias, name, arguments, directives, selection_set };
        Positioned::new(Selection::Field(Positioned::new(field, at)), at)
    };
    let is_leaf = field.selection_set.node.items.is_empty();
    let items = if is_leaf { Vec::new() } else { vec![typename()] };
    Field {
        alias: field.alias.clone(),
        name: field.name.clone(),
        arguments: field.arguments.clone(),
        directives: field.directives.clone(),
        selection_set: Positioned::new(SelectionSet { items }, at),
    }
}

/// The one root of a subscription at its root: the library does not look for it in fragments, and runs it twice when it
/// is selected twice.
fn with_one_root(operation: &OperationDefinition, fragments: &Fragments) -> SelectionSet {
    let all = roots(operation, fragments);
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
    SelectionSet { items: items.into_iter().collect() }
}
