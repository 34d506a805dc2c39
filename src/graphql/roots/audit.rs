//! What auditors see.

use async_graphql::{Context, Error, Object};

use super::{in_resolver, page_size, render};
use crate::access::{AccessMask, FieldClass};
use crate::graphql::access_log::{DateTime, Wanted};
use crate::graphql::classes_directive::access;
use crate::graphql::error::ErrorCode;
use crate::graphql::lookup::at;
use crate::view::access_log::{AccessLogEntry, LogPage};
use crate::view::connection::Connection;
use crate::view::gate::{Compiler, Rendered};
use crate::view::paging::LARGEST_PAGE;

/// What auditors see.
#[derive(Default)]
pub(crate) struct AuditQuery;

#[Object]
impl AuditQuery {
    /// The audit log, the newest entry first; for auditors. That it was read is itself recorded.
    #[graphql(directive = access::apply(FieldClass::AccessLog))]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn access_log(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what is about the patient of this id, or of one that it absorbed.")]
        patient: Option<async_graphql::ID>,
        #[graphql(desc = "Only what this viewer did: the subject of their tokens.")] viewer: Option<
            String,
        >,
        #[graphql(desc = "Only what happened then or later.")] from: Option<DateTime>,
        #[graphql(desc = "Only what happened before then.")] until: Option<DateTime>,
        #[graphql(desc = "How many, at most 100.", default_with = "Some(20)")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
    ) -> Result<Option<Rendered<Connection<AccessLogEntry>>>, Error> {
        let (gateway, call) = at(context);
        let mask = AccessMask::of_role(&call.policy, &call.viewer);
        // Patients may read their own log, which is a field of the patient.
        if !mask.allows(FieldClass::AccessLog) || call.policy.sees_patients(call.viewer.role) {
            return Err(ErrorCode::Forbidden.error(
                "Only an auditor may search the audit log; patients find theirs in Patient.accessLog.",
            ));
        }
        let mut plan = Compiler::plan::<Connection<AccessLogEntry>>(context, &mask, &["accessLog"])
            .map_err(in_resolver)?;
        call.touch(&mask, std::mem::take(&mut plan.redactions))?;
        let page = LogPage { first: page_size(first).min(LARGEST_PAGE), after };
        let wanted = Wanted { patient, viewer, from, until, page };
        Ok(Some(render(&gateway.access_log(call, &mask, wanted).await?, &plan)))
    }
}
