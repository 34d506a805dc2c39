//! All the people that there are. None of them is stored: each is a function of the seed and a number, and of what was
//! changed since.

use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use time::Date;

use crate::{
    change::{Deed, Memory, Step},
    chart::{self, Draft},
    day::REFERENCE_DAY,
    ids::Ids,
    partners::{Members, PharmacyFile},
    person::{
        Person,
        identity::{self, Shared},
        kin::{Kin, Pair},
        registration::Registration,
    },
    site::Site,
    truth::{self, RecordTruth, Truth},
};

/// A population of so many people.
pub struct Population {
    seed: u64,
    size: u64,
    today: Date,
    ids: Ids,
    members: Members,
    memory: RwLock<Memory>,
}

impl Population {
    /// The population of a seed, on the reference day. There is at least one person, the featured patient.
    pub fn new(seed: u64, size: u64) -> Self {
        Self::on(seed, size, REFERENCE_DAY)
    }

    /// The same population, but as it stands on another day: everything that happened moves along.
    pub fn on(seed: u64, size: u64, today: Date) -> Self {
        let (size, ids, members) = (size.clamp(1, 1 << 40), Ids::new(seed), Members::new(seed));
        Self { seed, size, today, ids, members, memory: RwLock::default() }
    }

    /// How many people there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The day that the population lives on.
    pub fn today(&self) -> Date {
        self.today
    }

    /// The person with this number; numbers beyond the size give people who are in no system.
    pub fn person(&self, number: u64) -> Person {
        Person::new(self.seed, number, self.today)
    }

    /// What is true of a person.
    pub fn truth(&self, number: u64) -> Truth {
        Truth::of(self, number)
    }

    /// The truth about everyone, one after the other.
    pub fn truths(&self) -> impl Iterator<Item = Truth> {
        (0..self.size).map(|number| self.truth(number))
    }

    /// The person's record in each system, and which of them can be linked; much cheaper than the whole truth.
    pub fn records(&self, number: u64) -> Vec<RecordTruth> {
        let person = self.person(number);
        truth::records(self, &person, &self.registrations(&person))
    }

    /// What the pharmacy among the partners has on file about a person; nothing when they are no member.
    pub fn pharmacy_file(&self, number: u64) -> Option<PharmacyFile> {
        let is_member = Members::has(self, number);
        is_member.then(|| PharmacyFile::of(&self.person(number), &self.members))
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Who is a member of that pharmacy.
    pub(crate) fn members(&self) -> &Members {
        &self.members
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The person, if there is one and the site knows them.
    pub(crate) fn known(&self, site: Site, number: u64) -> Option<Person> {
        (number < self.size).then(|| self.person(number)).filter(|person| person.known_to(site))
    }

    pub(crate) fn registrations(&self, person: &Person) -> Vec<Registration> {
        let doubled = match person.kin {
            Kin::First(Pair::Namesakes) => person.number + 1 < self.size,
            Kin::Second(Pair::Namesakes, _) => true,
            _ => false,
        };
        Registration::all(person, doubled)
    }

    /// How a site has registered a person whom it knows.
    fn registration(&self, site: Site, person: &Person) -> Option<Registration> {
        match site {
            Site::Clearview => Some(Registration::at_partner(person)),
            _ => self.registrations(person).into_iter().find(|known| known.site == site),
        }
    }

    /// What was changed in a person's chart at a site.
    pub(crate) fn steps(&self, site: Site, person: u64) -> Arc<[Step]> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner).of(site, person)
    }

    /// True when there was a resource with that id, and it was removed.
    pub(crate) fn has_removed(&self, site: Site, person: u64, id: &str) -> bool {
        let is_gone =
            |step: &Step| matches!(&step.deed, Deed::Remove { id: gone, .. } if gone == id);
        self.steps(site, person).iter().any(is_gone)
    }

    /// Nothing else is changed while this is held.
    pub(crate) fn memory_to_change(&self) -> RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The chart of a person at a site that knows them, after these changes.
    pub(crate) fn chart_after(
        &self,
        site: Site,
        person: &Person,
        base: &str,
        steps: &[Step],
    ) -> Vec<Draft> {
        self.registration(site, person)
            .map(|registration| chart::write(person, &registration, &self.ids, base, steps))
            .unwrap_or_default()
    }

    /// Only the person's own resource at a site that knows them.
    pub(crate) fn patient(&self, site: Site, person: &Person, base: &str) -> Option<Draft> {
        let registration = self.registration(site, person)?;
        Some(chart::write_patient(person, &registration, &self.ids, base))
    }

    /// The number of whoever is registered at a site under an identifier.
    pub(crate) fn owner(&self, site: Site, system: Option<&str>, value: &str) -> Option<u64> {
        let identities = &self.ids.identities;
        let wanted = |known: &str| system.is_none_or(|system| system == known);
        let by_record = || {
            wanted(identity::record_system(site))
                .then(|| identities.record_owner(site, value))
                .flatten()
        };
        let by_number = || {
            let numbers = Shared::ALL.into_iter().filter(|shared| wanted(shared.system()));
            numbers
                .filter_map(|shared| Some((shared, identities.shared_owner(shared, value)?)))
                .find_map(|(shared, number)| self.carries(site, number, shared).then_some(number))
        };
        by_record().filter(|number| self.known(site, *number).is_some()).or_else(by_number)
    }

    fn carries(&self, site: Site, number: u64, shared: Shared) -> bool {
        let Some(person) = self.known(site, number) else { return false };
        let registration = self.registration(site, &person);
        registration.is_some_and(|known| known.numbers().any(|carried| carried == shared))
    }
}

impl std::fmt::Debug for Population {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Population")
            .field("seed", &self.seed)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
