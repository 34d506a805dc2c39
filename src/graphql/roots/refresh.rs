//! Having the sources asked anew.

use std::time::SystemTime;

use async_graphql::{Context, Error, ID, Object};

use super::{in_resolver, render};
use crate::access::FieldClass;
use crate::audit::Event;
use crate::graphql::classes_directive::access;
use crate::graphql::error::ErrorCode;
use crate::graphql::lookup::at;
use crate::view::completeness::instant;
use crate::view::gate::{Compiler, Id, Instant, Rendered, object};
use crate::view::id::GlobalId;

object! {
    /// What was kept of a patient's data is forgotten.
    struct RefreshPayload {
        /// Id of the patient.
        patient: Id, Inherit;
        /// Nothing is shown any more that was fetched before.
        since: Instant, Inherit;
    }
}

/// Having the sources asked anew.
#[derive(Default)]
pub(crate) struct RefreshMutation;

#[Object]
impl RefreshMutation {
    /// Forgets all that was kept of what sources said of one patient, on every node: whoever asks next is shown what they
    /// say then.
    #[graphql(directive = access::apply(FieldClass::Refresh))]
    async fn refresh_patient(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the patient.")] id: ID,
    ) -> Result<Option<Rendered<RefreshPayload>>, Error> {
        const WHAT: &str = "have the sources asked anew";
        let (gateway, call) = at(context);
        let mask = call.of_role(FieldClass::Refresh, WHAT)?;
        let plan = Compiler::plan::<RefreshPayload>(context, &mask, &["refreshPatient"])
            .map_err(in_resolver)?;
        let (identity, mask) = gateway.patient(call, &id).await?;
        if !mask.allows(FieldClass::Refresh) {
            return Err(ErrorCode::Forbidden.error(format!("You may not {WHAT} of this patient.")));
        }
        let attempt = gateway.attempt(call, Event::Refreshed, Some(identity.id), None).await?;
        // What is hidden from this viewer is forgotten as well: that tells them nothing.
        for link in &identity.links {
            gateway.fleet.cache().forget(&link.source, &link.local, None).await;
        }
        call.trail.done(&attempt, None);
        let patient = GlobalId::Patient(identity.id).encode();
        Ok(Some(render(&RefreshPayload { patient, since: instant(SystemTime::now()) }, &plan)))
    }
}
