//! The schema's roots, put together of one part for each kind of caller's business.

mod admin;
mod audit;
mod break_glass;
mod connectors;
mod consent;
mod explanation;
mod patients;
mod refresh;
mod relation;
mod subscription;

pub(crate) use subscription::Subscription;

use async_graphql::{Error, MergedObject, ServerError};

use crate::view::gate::{Output, Plan, Rendered};
use crate::view::paging::DEFAULT_PAGE;

/// What can be asked.
#[derive(Default, MergedObject)]
pub(crate) struct Query(
    patients::PatientQuery,
    admin::AdminQuery,
    connectors::ConnectorQuery,
    consent::ConsentQuery,
    relation::RelationQuery,
    break_glass::BreakGlassQuery,
    explanation::ExplanationQuery,
    audit::AuditQuery,
);

/// What can be changed.
#[derive(Default, MergedObject)]
pub(crate) struct Mutation(
    admin::AdminMutation,
    connectors::ConnectorMutation,
    consent::ConsentMutation,
    relation::RelationMutation,
    break_glass::BreakGlassMutation,
    refresh::RefreshMutation,
);

/// Writes a value as planned.
pub(crate) fn render<T: Output>(value: &T, plan: &Plan) -> Rendered<T> {
    Rendered::new(plan.write(value))
}

/// A refusal by the compiler, as a resolver's own.
pub(crate) fn in_resolver(error: ServerError) -> Error {
    Error { message: error.message, source: error.source, extensions: error.extensions }
}

/// How many items a page holds; one that cannot be meant was refused before.
fn page_size(first: Option<i32>) -> usize {
    first.and_then(|first| usize::try_from(first).ok()).unwrap_or(DEFAULT_PAGE)
}
