//! What patients decide about their own data.

use async_graphql::{Context, Error, Object};

use super::{in_resolver, render};
use crate::access::FieldClass;
use crate::graphql::classes_directive::access;
use crate::graphql::consents::{self, Consent, ConsentInput};
use crate::graphql::lookup::at;
use crate::view::gate::{Compiler, Rendered};

/// What somebody does who records what patients decide.
const RECORDING: &str = "record what patients decide about their data";

/// What patients decided.
#[derive(Default)]
pub(crate) struct ConsentQuery;

#[Object]
impl ConsentQuery {
    /// What a patient decided about their own data, the oldest first, revoked ones too; of what is about data that the
    /// viewer may not see, nothing.
    #[graphql(directive = access::apply(FieldClass::Consents))]
    async fn consents(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the patient.")] patient: async_graphql::ID,
    ) -> Result<Option<Rendered<Vec<Consent>>>, Error> {
        let (_, call) = at(context);
        let mask =
            call.of_role(FieldClass::Consents, "see what patients decided about their data")?;
        let plan =
            Compiler::plan::<Vec<Consent>>(context, &mask, &["consents"]).map_err(in_resolver)?;
        Ok(Some(render(&consents::list(context, &patient).await?, &plan)))
    }
}

/// Recording and revoking it.
#[derive(Default)]
pub(crate) struct ConsentMutation;

#[Object]
impl ConsentMutation {
    /// Records what a patient decided about their own data. It holds with the next decision, on every node.
    #[graphql(directive = access::apply(FieldClass::ConsentRecording))]
    async fn record_consent(
        &self,
        context: &Context<'_>,
        input: ConsentInput,
    ) -> Result<Option<Rendered<Consent>>, Error> {
        let (_, call) = at(context);
        let mask = call.of_role(FieldClass::ConsentRecording, RECORDING)?;
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
        let mask = call.of_role(FieldClass::ConsentRecording, RECORDING)?;
        let plan =
            Compiler::plan::<Consent>(context, &mask, &["revokeConsent"]).map_err(in_resolver)?;
        Ok(Some(render(&consents::revoke(context, &id).await?, &plan)))
    }
}
