//! Connectors that are registered while the gateway runs.

use async_graphql::{Context, Error, ID, Object};

use super::{in_resolver, render};
use crate::access::FieldClass;
use crate::audit::Event;
use crate::graphql::classes_directive::access;
use crate::graphql::lookup::at;
use crate::graphql::registering::{self, ConnectorInput, CredentialInput};
use crate::view::connector::{ConnectorPayload, ConnectorSetup};
use crate::view::gate::{Compiler, Plan, Rendered};

/// What somebody does who looks at connectors.
const LOOKING: &str = "see how connectors are set up";
/// What somebody does who changes them.
const CHANGE: (FieldClass, &str) = (FieldClass::ConnectorChange, "register or change connectors");
/// What somebody does who approves them.
const APPROVAL: (FieldClass, &str) = (FieldClass::ConnectorApproval, "approve connectors");

/// What came of a change.
type Payload = Result<Option<Rendered<ConnectorPayload>>, Error>;

/// How the answer is written, if the viewer may do that.
fn planned(
    context: &Context<'_>,
    (class, what): (FieldClass, &str),
    field: &'static str,
) -> Result<Plan, Error> {
    let mask = at(context).1.of_role(class, what)?;
    Compiler::plan::<ConnectorPayload>(context, &mask, &[field]).map_err(in_resolver)
}

/// How connectors are set up.
#[derive(Default)]
pub(crate) struct ConnectorQuery;

#[Object]
impl ConnectorQuery {
    /// All connectors and how they came to be; for a partner, those of its own organisation.
    #[graphql(directive = access::apply(FieldClass::ConnectorRegister))]
    async fn connectors(
        &self,
        context: &Context<'_>,
    ) -> Result<Option<Rendered<Vec<ConnectorSetup>>>, Error> {
        let (_, call) = at(context);
        let mask = call.of_role(FieldClass::ConnectorRegister, LOOKING)?;
        let plan = Compiler::plan::<Vec<ConnectorSetup>>(context, &mask, &["connectors"])
            .map_err(in_resolver)?;
        call.trail.shows_other(Event::Read, None, FieldClass::ConnectorRegister);
        Ok(Some(render(&registering::list(context).await?, &plan)))
    }
}

/// Registering connectors, and what becomes of them.
#[derive(Default)]
pub(crate) struct ConnectorMutation;

#[Object]
impl ConnectorMutation {
    /// Registers a connector of one's own organisation and tries it: the source is asked whom it lists, and what it knows of
    /// some of them. The connector is in use once somebody else has approved it.
    #[graphql(directive = access::apply(FieldClass::ConnectorChange))]
    async fn register_connector(&self, context: &Context<'_>, input: ConnectorInput) -> Payload {
        let plan = planned(context, CHANGE, "registerConnector")?;
        Ok(Some(render(&registering::register(context, input).await?, &plan)))
    }

    /// Gives a connector its next version and tries that. The one in use stays in use until the next is approved.
    #[graphql(directive = access::apply(FieldClass::ConnectorChange))]
    async fn update_connector(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the connector.")] id: ID,
        #[graphql(desc = "The whole manifest, in TOML or in JSON.")] manifest: String,
        #[graphql(
            desc = "The secrets that it calls \"given\" and that the connector does not have yet, each by its name."
        )]
        credentials: Option<Vec<CredentialInput>>,
    ) -> Payload {
        let plan = planned(context, CHANGE, "updateConnector")?;
        Ok(Some(render(&registering::update(context, &id, manifest, credentials).await?, &plan)))
    }

    /// Tries a version again.
    #[graphql(directive = access::apply(FieldClass::ConnectorChange))]
    async fn test_connector(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the connector.")] id: ID,
        #[graphql(desc = "Which version; the newest when none is named.")] version: Option<i32>,
        #[graphql(
            desc = "Of a source that lists nobody: an identifier of one of its patients, who is made up or has agreed, to ask it for. It is not kept."
        )]
        identifier: Option<String>,
    ) -> Payload {
        let plan = planned(context, CHANGE, "testConnector")?;
        let (gateway, call) = at(context);
        let id = registering::known(gateway, call, &id).await?.id.clone();
        Ok(Some(render(&registering::test(context, &id, version, identifier).await?, &plan)))
    }

    /// Puts a version into use that has passed its test: a new one, one that was in use before, or the one of a connector that
    /// was suspended. Nobody approves what they wrote themselves, nor what a partner of their own organisation wrote.
    #[graphql(directive = access::apply(FieldClass::ConnectorApproval))]
    async fn approve_connector(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the connector.")] id: ID,
        #[graphql(desc = "The version that was looked at; needed when there are several.")] version: Option<i32>,
    ) -> Payload {
        let plan = planned(context, APPROVAL, "approveConnector")?;
        Ok(Some(render(&registering::approve(context, &id, version).await?, &plan)))
    }

    /// Has a version asked in the shadow of the one in use: for a share of the questions it is asked too, nobody is shown what
    /// it answers, and `shadow` tells how far the two agree. It needs what an approval needs. It ends with the next approval,
    /// when the connector is taken out of use, by another version or share, and by a share of zero; and by itself, should the
    /// version mix up patients.
    #[graphql(directive = access::apply(FieldClass::ConnectorApproval))]
    async fn shadow_connector(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the connector.")] id: ID,
        #[graphql(desc = "The version that is to be asked.")] version: i32,
        #[graphql(
            desc = "For how many of the questions, from 0 to 1: chosen by patient and section, so that they are the same on every node.",
            default = 0.1
        )]
        share: f64,
    ) -> Payload {
        let plan = planned(context, APPROVAL, "shadowConnector")?;
        Ok(Some(render(&registering::shadow(context, &id, version, share).await?, &plan)))
    }

    /// Takes a connector out of use for now. Its source is shown as one that is not asked.
    #[graphql(directive = access::apply(FieldClass::ConnectorChange))]
    async fn suspend_connector(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the connector.")] id: ID,
        #[graphql(desc = "Why.")] reason: String,
    ) -> Payload {
        let plan = planned(context, CHANGE, "suspendConnector")?;
        Ok(Some(render(&registering::suspend(context, &id, &reason).await?, &plan)))
    }

    /// Takes a connector out of use for good.
    #[graphql(directive = access::apply(FieldClass::ConnectorChange))]
    async fn retire_connector(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the connector.")] id: ID,
        #[graphql(desc = "Why.")] reason: String,
    ) -> Payload {
        let plan = planned(context, CHANGE, "retireConnector")?;
        Ok(Some(render(&registering::retire(context, &id, &reason).await?, &plan)))
    }

    /// Changes what a connector proves itself with to its source, all of it or the secrets that are named; the others stay. It
    /// is sealed at once, and shown to nobody ever after. The next question shows it, and copies of answers stay. What the
    /// version in use cannot be run with is refused and changes nothing.
    #[graphql(directive = access::apply(FieldClass::ConnectorChange))]
    async fn rotate_connector_credential(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the connector.")] id: ID,
        #[graphql(desc = "The secret that the manifest calls \"given\", where there is one.")]
        credential: Option<String>,
        #[graphql(desc = "The secrets that it calls \"given\", each by its name, all or some.")]
        credentials: Option<Vec<CredentialInput>>,
    ) -> Payload {
        let plan = planned(context, CHANGE, "rotateConnectorCredential")?;
        let rotated = registering::rotate(context, &id, credential, credentials).await?;
        Ok(Some(render(&rotated, &plan)))
    }
}
