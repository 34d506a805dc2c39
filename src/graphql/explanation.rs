//! Why somebody may see something of a patient, or may not.

use async_graphql::{Context, Error, ID, InputObject};

use super::call::Call;
use super::inputs::{bad, name};
use super::lookup::at;
use super::paths::Paths;
use super::reach::{self, FieldAccess, LabelAccess};
use super::words::{FieldClass, PurposeOfUse, Role};
use crate::access::{self, AccessMask};
use crate::audit::Event;
use crate::identity::now_ms;
use crate::view::gate::{choice, object};
use crate::view::id::GlobalId;

object! {
    /// What somebody may see of a patient, and why. No fact about the patient stands here, but what they decided about
    /// their data does.
    struct AccessExplanation {
        /// What becomes of the field that was asked about, or of the patient as a whole.
        verdict: AccessVerdict, Inherit;
        /// The kinds of fact that the field is of, from the patient down to it.
        path: Vec<FieldClass>, Inherit;
        /// The steps of the decision, in their order.
        reasons: Vec<AccessReason>, Inherit;
        /// What is shown, by kind of fact; nothing when the patient does not exist for them.
        classes: Vec<FieldAccess>, Inherit;
        /// What is shown, by sensitivity; nothing when the patient does not exist for them.
        labels: Vec<LabelAccess>, Inherit;
    }
}

object! {
    /// One step of a decision.
    struct AccessReason {
        /// Whether it closes something.
        closes: bool, Inherit;
        /// What it is, in one sentence.
        says: String, Inherit;
    }
}

choice! {
    /// What becomes of a field for a viewer.
    enum AccessVerdict {
        /// It is shown, but for records that labels hide.
        Shown = "SHOWN",
        /// It is null, and named in `extensions.access`.
        Hidden = "HIDDEN",
        /// For them there is no such patient.
        NoSuchPatient = "NO_SUCH_PATIENT",
    }
}

/// Somebody who might look.
#[derive(InputObject)]
pub(crate) struct ViewerInput {
    /// In which role.
    role: Role,
    /// Who, by the subject of their tokens; nobody in particular when absent.
    person: Option<String>,
    /// For which organisation.
    organization: Option<String>,
    /// For which purpose; the role's usual one when absent.
    purpose: Option<PurposeOfUse>,
}

/// Explains what somebody may see of a patient.
pub(super) async fn explain(
    context: &Context<'_>,
    patient: &ID,
    path: Option<&str>,
    who: ViewerInput,
) -> Result<AccessExplanation, Error> {
    let (gateway, call) = at(context);
    let policy = &call.policy;
    let path = path.map_or(Ok(Vec::new()), |path| classes(context, path))?;
    let found = gateway.bearer(patient).await?.ok_or_else(|| gateway.nobody())?;
    let class = access::FieldClass::Explanation;
    call.trail.shows_other(Event::Explained, Some(found.id), class);
    let id = GlobalId::Patient(found.id).encode().0;
    let viewer = imagined(call, who, &id)?;
    let role = viewer.role;
    let standing = gateway.standings(policy, &viewer, &[&found]).await?.pop().unwrap_or_default();
    let mut reasons = Vec::new();
    let mut tell = |reason: access::Reason| {
        reasons.push(AccessReason { closes: reason.closes(), says: reason.to_string() });
    };
    let mask = AccessMask::decide_telling(policy, &viewer, &id, &standing, now_ms(), &mut tell);
    let is_shown = |mask: &AccessMask| path.iter().all(|class| mask.allows(*class));
    let verdict = match &mask {
        None => AccessVerdict::NoSuchPatient,
        Some(mask) if is_shown(mask) => AccessVerdict::Shown,
        Some(_) => AccessVerdict::Hidden,
    };
    Ok(AccessExplanation {
        verdict,
        path: path.into_iter().map(FieldClass).collect(),
        reasons,
        classes: mask.as_ref().map_or_else(Vec::new, |mask| reach::fields(policy, role, mask)),
        labels: mask.as_ref().map_or_else(Vec::new, |mask| reach::labels(policy, role, mask)),
    })
}

/// The classes of the fields of a path from the patient down.
fn classes(context: &Context<'_>, path: &str) -> Result<Vec<access::FieldClass>, Error> {
    context.data_unchecked::<Paths>().classes(path).ok_or_else(|| {
        bad("\"path\" must be one of the schema from the patient down, such as patient.medications.nodes.drug.")
    })
}

/// Whoever it is explained for, as if they asked for that patient.
fn imagined(call: &Call, who: ViewerInput, patient: &str) -> Result<access::Viewer, Error> {
    let (policy, role) = (&call.policy, who.role.0);
    let usual = policy.purposes(role).first().copied();
    let purpose = who.purpose.map(|purpose| purpose.0).or(usual).unwrap_or(call.viewer.purpose);
    if !policy.purposes(role).contains(&purpose) {
        return Err(bad("The role may not have that purpose."));
    }
    Ok(access::Viewer {
        issuer: String::new(),
        subject: name("person", who.person)?.unwrap_or_default(),
        role,
        organization: name("organization", who.organization)?,
        npi: None,
        client: None,
        purpose,
        scopes: Vec::new(),
        patient: role.is_bound_to_a_patient().then(|| patient.to_owned()),
        expires: 0,
        authenticated: None,
    })
}
