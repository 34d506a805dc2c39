//! What patients decide about their own data.

use async_graphql::{Context, Error, Object};

use super::{in_resolver, render};
use crate::access::FieldClass;
use crate::graphql::classes_directive::access;
use crate::graphql::consents::{self, Consent, ConsentInput};
use crate::graphql::identifier_consents::{self, IdentifierConsent};
use crate::graphql::link_by_identifier::{self, LinkByIdentifierInput, LinkByIdentifierPayload};
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

    /// The consents by which sources that list nobody may be asked for a patient by an identifier, the oldest first,
    /// revoked ones too; of sources that the viewer may not know of, nothing.
    #[graphql(directive = access::apply(FieldClass::Consents))]
    async fn identifier_consents(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the patient.")] patient: async_graphql::ID,
    ) -> Result<Option<Rendered<Vec<IdentifierConsent>>>, Error> {
        let (_, call) = at(context);
        let mask =
            call.of_role(FieldClass::Consents, "see what patients decided about their data")?;
        let plan =
            Compiler::plan::<Vec<IdentifierConsent>>(context, &mask, &["identifierConsents"])
                .map_err(in_resolver)?;
        Ok(Some(render(&identifier_consents::list(context, &patient).await?, &plan)))
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

    /// Asks a source that lists nobody for one patient, by an identifier that another source of the patient lists, and
    /// links it if it knows the patient. The source learns that whoever bears the identifier is a patient elsewhere: only
    /// with the patient's consent.
    #[graphql(directive = access::apply(FieldClass::ConsentRecording))]
    async fn link_by_identifier(
        &self,
        context: &Context<'_>,
        input: LinkByIdentifierInput,
    ) -> Result<Option<Rendered<LinkByIdentifierPayload>>, Error> {
        let (_, call) = at(context);
        let mask = call.of_role(FieldClass::ConsentRecording, RECORDING)?;
        let plan = Compiler::plan::<LinkByIdentifierPayload>(context, &mask, &["linkByIdentifier"])
            .map_err(in_resolver)?;
        Ok(Some(render(&link_by_identifier::link(context, input).await?, &plan)))
    }

    /// Revokes the consent by which a source may be asked for a patient, for good: what was found is forgotten, and the
    /// source is asked nothing more about the patient.
    #[graphql(directive = access::apply(FieldClass::ConsentRecording))]
    async fn revoke_identifier_consent(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the consent.")] id: async_graphql::ID,
    ) -> Result<Option<Rendered<IdentifierConsent>>, Error> {
        let (_, call) = at(context);
        let mask = call.of_role(FieldClass::ConsentRecording, RECORDING)?;
        let plan =
            Compiler::plan::<IdentifierConsent>(context, &mask, &["revokeIdentifierConsent"])
                .map_err(in_resolver)?;
        Ok(Some(render(&identifier_consents::revoke(context, &id).await?, &plan)))
    }
}
