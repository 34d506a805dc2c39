//! The caller, as the graph shows them to themselves.

use super::reach::{self, FieldAccess, LabelAccess};
use super::words::{PurposeOfUse, RelationshipKind, Role};
use crate::access::{self, AccessMask, Policy};
use crate::view::gate::object;

object! {
    /// The caller, and what the policy lets them see of a patient who has decided nothing.
    struct Viewer {
        /// Who it is, in the words of the issuer of the token.
        subject: String, Public;
        /// In which role.
        role: Role, Public;
        /// For which organisation.
        organization: Option<String>, Public;
        /// For which purpose.
        purpose: PurposeOfUse, Public;
        /// All purposes that the role may have; a request narrows to one with `X-Purpose-Of-Use`.
        purposes: Vec<PurposeOfUse>, Public;
        /// SMART scopes of the token.
        scopes: Vec<String>, Public;
        /// The relations of which the role needs one to know that a patient exists; null when it needs none.
        relationships: Option<Vec<RelationshipKind>>, Public;
        /// What they may see, by kind of fact.
        classes: Vec<FieldAccess>, Public;
        /// What they may see, by sensitivity.
        labels: Vec<LabelAccess>, Public;
        /// Whether they may break the glass.
        may_break_glass: bool, Public;
    }
}

impl Viewer {
    /// A caller before a policy.
    pub(super) fn of(viewer: &access::Viewer, policy: &Policy) -> Self {
        let mask = AccessMask::of_role(policy, viewer);
        let role = viewer.role;
        let relations = policy.relations(role);
        Self {
            subject: viewer.subject.clone(),
            role: Role(role),
            organization: viewer.organization.clone(),
            purpose: PurposeOfUse(viewer.purpose),
            purposes: policy.purposes(role).iter().copied().map(PurposeOfUse).collect(),
            scopes: viewer.scopes.clone(),
            relationships: relations.map(|it| it.iter().copied().map(RelationshipKind).collect()),
            classes: reach::fields(policy, role, &mask),
            labels: reach::labels(policy, role, &mask),
            may_break_glass: policy.breaks_glass(role),
        }
    }
}
