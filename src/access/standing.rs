//! What is known of a patient when it is decided who may see them.

use std::collections::BTreeSet;

use super::{
    BreakGlass, Directive, FieldClass, Policy, Reason, Relation, RelationKind, Role, Viewer,
};

/// What the patient decided, who stands in which relation to them, and who broke the glass.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// What the patient decided.
    pub directives: Vec<Directive>,
    /// The relations that were attested.
    pub relations: Vec<Relation>,
    /// The glasses that were broken.
    pub broken: Vec<BreakGlass>,
    /// The organisations that run a source which has a record of the patient.
    pub organizations: BTreeSet<String>,
    /// The relations that sources state of the viewer.
    pub stated: BTreeSet<RelationKind>,
}

impl Standing {
    /// The relations in which the viewer stands to the patient, at `now_ms` (milliseconds since 1970-01-01T00:00Z).
    pub fn relations_of(&self, viewer: &Viewer, now_ms: i64) -> BTreeSet<RelationKind> {
        let attested = self.relations.iter().filter(|relation| relation.is_of(viewer, now_ms));
        let mut kinds: BTreeSet<RelationKind> = attested.map(|relation| relation.kind).collect();
        kinds.extend(&self.stated);
        if viewer.role == Role::Patient {
            kinds.insert(RelationKind::OneSelf);
        }
        if viewer.organization.as_ref().is_some_and(|own| self.organizations.contains(own)) {
            kinds.insert(RelationKind::Organization);
        }
        kinds
    }

    /// True when the viewer is the patient, by what is on record of who is who.
    pub(super) fn is_of(&self, viewer: &Viewer) -> bool {
        let themselves = |relation: &Relation| {
            relation.kind == RelationKind::OneSelf
                && relation.subject.as_deref() == Some(viewer.subject.as_str())
        };
        self.relations.iter().any(themselves)
    }

    /// True when the policy wants no relation of the viewer's role, or the viewer has one that it wants.
    pub fn is_related(&self, policy: &Policy, viewer: &Viewer, now_ms: i64) -> bool {
        let Some(wanted) = policy.relations(viewer.role) else { return true };
        let kinds = self.relations_of(viewer, now_ms);
        wanted.iter().any(|kind| kinds.contains(kind))
    }

    /// Tells in which relations the viewer stands of those that the policy wants.
    pub(super) fn tell_relation(
        &self,
        policy: &Policy,
        viewer: &Viewer,
        now_ms: i64,
        tell: &mut dyn FnMut(Reason),
    ) {
        let Some(wanted) = policy.relations(viewer.role) else {
            return tell(Reason::NoRelationNeeded);
        };
        let kinds = self.relations_of(viewer, now_ms);
        let mut counting = wanted.iter().filter(|kind| kinds.contains(kind)).peekable();
        if counting.peek().is_none() {
            tell(Reason::Unrelated);
        }
        counting.for_each(|kind| tell(Reason::Related(*kind)));
    }

    /// The glass that the viewer broke for this patient and that is still broken: the one that holds longest.
    pub(super) fn broken_by(&self, viewer: &Viewer, now_ms: i64) -> Option<&BreakGlass> {
        let own = self.broken.iter().filter(|glass| glass.is_of(viewer, now_ms));
        own.max_by_key(|glass| glass.until_ms)
    }

    /// To which classes the patient's grants limit somebody who acts for them; `None`: to none.
    pub(super) fn proxy_classes(
        &self,
        viewer: &Viewer,
        now_ms: i64,
    ) -> Option<BTreeSet<FieldClass>> {
        let mut classes = BTreeSet::new();
        let grants = self.relations.iter().filter(|relation| {
            relation.kind == RelationKind::Proxy && relation.is_of(viewer, now_ms)
        });
        for grant in grants {
            if grant.classes.is_empty() {
                return None;
            }
            classes.extend(grant.classes.iter().copied());
        }
        (!classes.is_empty()).then_some(classes)
    }
}
