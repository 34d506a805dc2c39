//! What is known of a patient when it is decided who may see them.

use std::collections::BTreeSet;

use super::{
    Attested, Born, BreakGlass, Directive, FieldClass, Policy, Reason, Relation, RelationKind,
    Role, Viewer,
};

/// What the patient decided, who stands in which relation to them, and who broke the glass.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// What the patient decided.
    pub directives: Vec<Directive>,
    /// The relations that were attested.
    pub relations: Vec<Attested>,
    /// The glasses that were broken.
    pub broken: Vec<BreakGlass>,
    /// The organisations that run a source which has a record of the patient.
    pub organizations: BTreeSet<String>,
    /// The relations that sources state of the viewer.
    pub stated: BTreeSet<RelationKind>,
    /// When the patient was born, as far as it is known.
    pub born: Option<Born>,
}

impl Standing {
    /// The relations in which the viewer stands to the patient, at `now_ms` (milliseconds since 1970-01-01T00:00Z).
    pub fn relations_of(
        &self,
        policy: &Policy,
        viewer: &Viewer,
        now_ms: i64,
    ) -> BTreeSet<RelationKind> {
        let attested = self.attested(policy, viewer, now_ms);
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

    /// The relations on record that the viewer has. A proxy that was recorded while the patient was a child is none any
    /// more once the patient is of age.
    fn attested(
        &self,
        policy: &Policy,
        viewer: &Viewer,
        now_ms: i64,
    ) -> impl Iterator<Item = &Relation> {
        let own = self.relations.iter().filter(move |it| it.relation.is_of(viewer, now_ms));
        own.filter(move |it| !self.is_outgrown(policy, it, now_ms)).map(|it| &it.relation)
    }

    fn is_outgrown(&self, policy: &Policy, attested: &Attested, now_ms: i64) -> bool {
        attested.relation.kind == RelationKind::Proxy
            && policy.of_age().ends(self.born, attested.at_ms, now_ms)
    }

    /// True when the viewer is the patient, by what is on record of who is who.
    pub(super) fn is_of(&self, viewer: &Viewer) -> bool {
        let themselves = |it: &Attested| {
            it.relation.kind == RelationKind::OneSelf
                && it.relation.subject.as_deref() == Some(viewer.subject.as_str())
        };
        self.relations.iter().any(themselves)
    }

    /// True when the policy wants no relation of the viewer's role, or the viewer has one that it wants.
    pub fn is_related(&self, policy: &Policy, viewer: &Viewer, now_ms: i64) -> bool {
        let Some(wanted) = policy.relations(viewer.role) else { return true };
        let kinds = self.relations_of(policy, viewer, now_ms);
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
        let own = self.relations.iter().filter(|it| it.relation.is_of(viewer, now_ms));
        if own.into_iter().any(|it| self.is_outgrown(policy, it, now_ms)) {
            tell(Reason::CameOfAge);
        }
        let kinds = self.relations_of(policy, viewer, now_ms);
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
        policy: &Policy,
        viewer: &Viewer,
        now_ms: i64,
    ) -> Option<BTreeSet<FieldClass>> {
        let mut classes = BTreeSet::new();
        let attested = self.attested(policy, viewer, now_ms);
        let grants = attested.filter(|relation| relation.kind == RelationKind::Proxy);
        for grant in grants {
            if grant.classes.is_empty() {
                return None;
            }
            classes.extend(grant.classes.iter().copied());
        }
        (!classes.is_empty()).then_some(classes)
    }
}
