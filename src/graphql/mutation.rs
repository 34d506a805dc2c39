//! The mutation root.

use async_graphql::{Context, Error, Object};

use super::classes_directive::access;
use super::consents::{self, Consent, ConsentInput};
use super::error::ErrorCode;
use super::lookup::{at, broken};
use super::query::{in_resolver, link_administration, render};
use crate::access::FieldClass;
use crate::identity::IndexError;
use crate::view::admin::UnlinkPayload;
use crate::view::gate::{Compiler, Rendered};
use crate::view::id::GlobalId;

/// The mutation root.
pub(crate) struct Mutation;

/// What can be changed.
#[Object]
impl Mutation {
    /// Takes a record out of a patient, for good: the two are never linked again.
    #[graphql(directive = access::apply(FieldClass::LinkAdministration))]
    async fn unlink_patient(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the link.")] link: async_graphql::ID,
        #[graphql(desc = "Why the record is not this patient's.")] reason: String,
    ) -> Result<Option<Rendered<UnlinkPayload>>, Error> {
        let (gateway, call) = at(context);
        let mask = link_administration(call)?;
        if reason.trim().is_empty() {
            return Err(ErrorCode::BadUserInput
                .error("\"reason\" must say why the record is not this patient's."));
        }
        let no_such_link = || ErrorCode::NotFound.error("There is no such link.");
        let Some(GlobalId::Link(_, record)) = GlobalId::decode(&link.0) else {
            return Err(no_such_link());
        };
        let plan = Compiler::plan::<UnlinkPayload>(context, &mask, &["unlinkPatient"])
            .map_err(in_resolver)?;
        match gateway.index.remove_link(record, &call.viewer.subject, reason.trim()).await {
            Ok(left) => Ok(Some(render(&UnlinkPayload::of(left.id, left.links.len()), &plan))),
            Err(IndexError::NoSuchLink) => Err(no_such_link()),
            Err(error) => Err(broken(&error)),
        }
    }
    /// Records what a patient decided about their own data. It holds with the next decision, on every node.
    #[graphql(directive = access::apply(FieldClass::ConsentRecording))]
    async fn record_consent(
        &self,
        context: &Context<'_>,
        input: ConsentInput,
    ) -> Result<Option<Rendered<Consent>>, Error> {
        let (_, call) = at(context);
        let mask = consents::recorder(call)?;
        let plan =
            Compiler::plan::<Consent>(context, &mask, &["recordConsent"]).map_err(in_resolver)?;
        Ok(Some(render(&consents::record(context, input).await?, &plan)))
    }

    /// Revokes what a patient decided, for good. It holds with the next decision, on every node.
    #[graphql(directive = access::apply(FieldClass::ConsentRecording))]
    async fn revoke_consent(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the consent.")] id: async_graphql::ID,
    ) -> Result<Option<Rendered<Consent>>, Error> {
        let (_, call) = at(context);
        let mask = consents::recorder(call)?;
        let plan =
            Compiler::plan::<Consent>(context, &mask, &["revokeConsent"]).map_err(in_resolver)?;
        Ok(Some(render(&consents::revoke(context, &id).await?, &plan)))
    }
}
