//! How a change of a person's chart at a site comes about.

use std::collections::HashSet;

use time::OffsetDateTime;

use super::{Change, ChangeError, Changed, Deed, Memory, Step, named};
use crate::{
    chart::{self, Draft},
    day,
    person::Person,
    population::Population,
    site::Site,
    truth,
};

/// What changed, with the resource as it is now, or as it was when it is gone.
pub(crate) struct Made {
    pub(crate) changed: Changed,
    pub(crate) draft: Draft,
    pub(crate) at: OffsetDateTime,
}

impl Population {
    /// Changes the records of a site. `base` is the address under which it serves them.
    pub(crate) fn change(
        &self,
        site: Site,
        change: &Change,
        base: &str,
    ) -> Result<Made, ChangeError> {
        let mut memory = self.memory_to_change();
        let owner = self.changed_person(site, change)?;
        let person = self.known(site, owner).ok_or(ChangeError::Patient)?;
        let before = self.chart_after(site, &person, base, &memory.of(site, owner));
        let deed = self.deed(site, change, &person, (&memory, &before))?;
        let step = Step { at: memory.next(self.today()), deed };
        memory.add(site, owner, step.clone());
        let after = self.chart_after(site, &person, base, &memory.of(site, owner));
        let draft = touched(before, after, &step.deed)
            .ok_or_else(|| ChangeError::Missing(step.deed.word().to_owned()))?;
        let changed = Changed {
            system: site.id(),
            change: step.deed.word(),
            reference: draft.reference(),
            patient: self.ids().patient(site, owner),
            text: truth::named(&draft).1,
            version_id: draft.version().to_string(),
            last_updated: day::instant(step.at),
        };
        Ok(Made { changed, draft, at: step.at })
    }

    /// What is to be done.
    fn deed(
        &self,
        site: Site,
        change: &Change,
        person: &Person,
        (memory, chart): (&Memory, &[Draft]),
    ) -> Result<Deed, ChangeError> {
        match change {
            Change::Add { what, of, .. } => {
                let changes = memory.of(site, person.number()).len() as u64;
                let dice = chart::change_dice(person, site, changes);
                what.choose(person, of.as_deref(), &self.facts(person, memory), dice)
            }
            Change::Amend { reference, status } => {
                let Draft { kind, id, .. } = find(chart, reference)?;
                let known = chart::statuses(*kind);
                let found = known.iter().find(|known| *known == status);
                let status = found.ok_or_else(|| ChangeError::Status {
                    kind: kind.as_str(),
                    status: status.clone(),
                    known: known.join(", "),
                })?;
                Ok(Deed::Amend { kind: *kind, id: id.clone(), status })
            }
            Change::Remove { reference } => {
                let Draft { kind, id, .. } = find(chart, reference)?;
                Ok(Deed::Remove { kind: *kind, id: id.clone() })
            }
        }
    }

    fn changed_person(&self, site: Site, change: &Change) -> Result<u64, ChangeError> {
        match change {
            Change::Add { person, .. } => Ok(*person),
            Change::Amend { reference, .. } | Change::Remove { reference } => {
                let missing = || ChangeError::Missing(reference.clone());
                let (_, id) = named(reference)?;
                self.ids().resource_owner(site, id).ok_or_else(missing)
            }
        }
    }

    /// The keys of all that anybody has written down about a person.
    fn facts(&self, person: &Person, memory: &Memory) -> HashSet<String> {
        let sites = Site::ALL.into_iter().filter(|site| person.known_to(*site));
        sites
            .flat_map(|site| self.chart_after(site, person, "", &memory.of(site, person.number())))
            .flat_map(|draft| draft.facts)
            .map(|fact| fact.key)
            .collect()
    }
}

/// A resource that states something; what only supports others is not changed.
fn find<'d>(drafts: &'d [Draft], reference: &str) -> Result<&'d Draft, ChangeError> {
    let found = drafts.iter().find(|it| !it.facts.is_empty() && it.reference() == reference);
    found.ok_or_else(|| ChangeError::Missing(reference.to_owned()))
}

/// The resource that a deed is about.
fn touched(before: Vec<Draft>, mut after: Vec<Draft>, deed: &Deed) -> Option<Draft> {
    match deed {
        // What supports it, such as its drug, was written before it.
        Deed::Allergy(_) | Deed::Condition(_) | Deed::Medication(_) => after.pop(),
        Deed::Amend { kind, id, .. } => {
            after.into_iter().find(|it| it.kind == *kind && it.id == *id)
        }
        Deed::Remove { kind, id } => before.into_iter().find(|it| it.kind == *kind && it.id == *id),
    }
}
