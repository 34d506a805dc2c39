//! How a mask is decided: from policy, relation, scopes, permits, a broken glass and denials, in that order.

use std::collections::BTreeSet;

use super::AccessMask;
use crate::access::grant::Grant;
use crate::access::{
    BreakGlass, ClassRule, ClassSet, Directive, FieldClass, Label, LabelSet, Policy, PurposeOfUse,
    Reach, Reason, Role, Standing, Verdict, Viewer,
};

impl AccessMask {
    /// Decides what `viewer` may see of the patient `patient` (our id), of whom all that is known is in `standing`, at
    /// `now_ms` (milliseconds since 1970-01-01T00:00Z). `None`: for this viewer there is no such patient.
    ///
    /// The policy comes first, and with it the relation that it wants; then the patient's permits, then a glass that the
    /// viewer broke, then the patient's denials, which override all before them. A broken glass stands for a relation
    /// and overrides denials, but for those that hold even in an emergency. Nobody is kept from their own record by a
    /// directive of their own.
    pub fn decide(
        policy: &Policy,
        viewer: &Viewer,
        patient: &str,
        standing: &Standing,
        now_ms: i64,
    ) -> Option<Self> {
        Self::decide_telling(policy, viewer, patient, standing, now_ms, &mut |_| {})
    }

    /// The same, telling each step that mattered.
    pub fn decide_telling(
        policy: &Policy,
        viewer: &Viewer,
        patient: &str,
        standing: &Standing,
        now_ms: i64,
        tell: &mut dyn FnMut(Reason),
    ) -> Option<Self> {
        let own = viewer.patient.as_deref() == Some(patient);
        if let Some(reason) = objection(policy, viewer, own, standing) {
            tell(reason);
            return None;
        }
        let glass = standing.broken_by(viewer, now_ms);
        standing.tell_relation(policy, viewer, now_ms, tell);
        if glass.is_some() {
            tell(Reason::Broken);
        } else if !standing.is_related(policy, viewer, now_ms) {
            return None;
        }
        let mut mask = Self::of_grant(policy, viewer, &Grant::of(viewer, own));
        if !mask.shows_something_of_a_patient() {
            tell(Reason::OutOfScope);
            return None;
        }
        let (permits, denials): (Vec<&Directive>, Vec<&Directive>) = standing
            .directives
            .iter()
            .filter(|directive| directive.speaks_of(viewer, now_ms))
            .partition(|directive| directive.verdict == Verdict::Permit);
        if !mask.permit_all(policy, &permits, tell) {
            return None;
        }
        if let Some(classes) = standing.proxy_classes(policy, viewer, now_ms) {
            tell(Reason::Limited(classes.iter().copied().collect()));
            mask.narrow(classes);
        }
        if let Some(glass) = glass {
            mask.break_glass(policy, glass);
        }
        if viewer.role == Role::Patient {
            return Some(mask);
        }
        mask.deny_all(&denials, glass.is_some(), tell)
    }

    /// What `viewer` may see of what is not about any one patient. It is at most what they may see of each patient whom
    /// they may see at all, so a list can be planned by it.
    pub fn of_role(policy: &Policy, viewer: &Viewer) -> Self {
        Self::of_grant(policy, viewer, &Grant::of(viewer, viewer.is_bound_to_a_patient()))
    }

    /// What the role may see, as far as scopes grant it.
    fn of_grant(policy: &Policy, viewer: &Viewer, grant: &Grant) -> Self {
        let those = |fits: fn(ClassRule) -> bool| {
            let all = FieldClass::ALL.iter().copied().filter(|class| grant.grants(*class));
            all.filter(|class| policy.rule(viewer.role, *class).is_some_and(fits)).collect()
        };
        let (open, medicines) = policy.labels(viewer.role);
        Self {
            classes: those(|grant| !grant.needs_consent),
            asking: those(|grant| grant.needs_consent),
            denied: ClassSet::default(),
            own: those(|grant| grant.own),
            organization: viewer.organization.clone(),
            open,
            medicines,
            granted: open.and(medicines),
            consented: LabelSet::default(),
            closed: BTreeSet::new(),
            records: grant.records(),
            lists_patients: grant.lists_patients(),
            role: viewer.role,
            purpose: viewer.purpose,
            broken_until_ms: None,
        }
    }

    /// What `viewer` may see of any patient who consents to all that the policy leaves to them: by this a list of
    /// patients is planned, each of whom is then shown by their own mask.
    pub fn widest(policy: &Policy, viewer: &Viewer) -> Self {
        let mut mask = Self::of_role(policy, viewer);
        mask.classes = mask.classes.and(mask.asking);
        mask
    }

    /// Leaves only these classes open, and what is about no patient.
    fn narrow(&mut self, to: BTreeSet<FieldClass>) {
        let always = [FieldClass::Public, FieldClass::Inherit, FieldClass::Introspection];
        self.classes = self.classes.among(to.into_iter().chain(always).collect());
    }

    /// The labels that a broken glass opens to a role.
    pub fn opened_by_a_glass(policy: &Policy, role: Role) -> LabelSet {
        let all = Label::ALL.iter().copied();
        all.filter(|label| policy.clearance(role, *label).break_glass).collect()
    }

    /// Opens what the policy opens to whoever breaks the glass.
    fn break_glass(&mut self, policy: &Policy, glass: &BreakGlass) {
        let opened = Self::opened_by_a_glass(policy, self.role);
        self.consented = self.consented.and(opened.without(self.open));
        self.open = self.open.and(opened);
        self.purpose = PurposeOfUse::Btg;
        self.broken_until_ms = Some(glass.until_ms);
    }

    /// Opens what the patient permits; false when they did not open their name to a role that needs that.
    fn permit_all(
        &mut self,
        policy: &Policy,
        permits: &[&Directive],
        tell: &mut dyn FnMut(Reason),
    ) -> bool {
        for permit in permits {
            self.permit(policy, permit);
            tell(Reason::Permitted((*permit).clone()));
        }
        let is_open = self.allows(FieldClass::Name) || !self.asks(FieldClass::Name);
        if !is_open {
            tell(Reason::NotOpened);
        }
        is_open
    }

    /// Opens what the policy lets the patient open.
    fn permit(&mut self, policy: &Policy, permit: &Directive) {
        let classes: ClassSet = permit.classes.iter().copied().collect();
        self.classes = self.classes.and(classes.among(self.asking));
        for label in permit.labels.iter() {
            let clearance = policy.clearance(self.role, label);
            if !clearance.needs_consent {
                continue;
            }
            match clearance.reach {
                Reach::Nothing => continue,
                Reach::Medications => self.medicines = self.medicines.with(label),
                Reach::Everything => self.open = self.open.with(label),
            }
            self.consented = self.consented.with(label);
        }
    }

    /// Closes what the patient denies; `None` when that is everything. A broken glass leaves the denials that hold even
    /// in an emergency.
    fn deny_all(
        mut self,
        denials: &[&Directive],
        is_broken: bool,
        tell: &mut dyn FnMut(Reason),
    ) -> Option<Self> {
        for denial in denials {
            if is_broken && !denial.even_in_emergency {
                tell(Reason::Overridden((*denial).clone()));
                continue;
            }
            tell(Reason::Denied((*denial).clone()));
            if denial.denies_all() {
                return None;
            }
            self.deny(denial);
        }
        Some(self)
    }

    fn deny(&mut self, denial: &Directive) {
        let denied: ClassSet = denial.classes.iter().copied().collect();
        self.denied = self.denied.and(denied.among(self.classes));
        self.classes = self.classes.among(denied.others());
        self.open = self.open.without(denial.labels);
        self.medicines = self.medicines.without(denial.labels);
        self.consented = self.consented.without(denial.labels);
        self.closed.extend(denial.sources.iter().cloned());
    }
}

/// Why there is no such patient for the viewer, in whatever relation they stand.
fn objection(policy: &Policy, viewer: &Viewer, own: bool, standing: &Standing) -> Option<Reason> {
    if !policy.sees_patients(viewer.role) {
        return Some(Reason::SeesNoPatients);
    }
    if viewer.role.is_bound_to_a_patient() && !own {
        return Some(Reason::NotTheirs);
    }
    // Whoever looks at their own record does so as a patient, not in the role in which they look at others.
    if viewer.role != Role::Patient && standing.is_of(viewer) {
        return Some(Reason::OwnRecord);
    }
    None
}
