//! The ids that each system gives to its patients and resources; all can be turned back, none is stored.

use crate::{
    permutation::{Permutation, base32, from_base32},
    person::identity::Identities,
    site::Site,
};

/// The person number under which a site keeps its staff.
pub(crate) const STAFF: u64 = PEOPLE;

/// More people than anybody generates.
const PEOPLE: u64 = 1 << 40;
/// Person and staff numbers, each with so many resources at a site.
const PER_PERSON: u64 = 1 << 16;
const PATIENT_WIDTH: u32 = 8;
const RESOURCE_WIDTH: u32 = 12;

/// Turns numbers into the ids of all sites, and back.
pub(crate) struct Ids {
    pub(crate) identities: Identities,
    patients: [Permutation; 6],
    resources: [Permutation; 6],
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        let keyed = |what: &str, limit: u64| {
            Site::WITH_PARTNER
                .map(|site| Permutation::new(seed, &format!("{what} of {}", site.id()), limit))
        };
        Self {
            identities: Identities::new(seed),
            patients: keyed("patients", PEOPLE),
            resources: keyed("resources", 1 << (5 * RESOURCE_WIDTH)),
        }
    }

    /// The id of a person at a site.
    pub(crate) fn patient(&self, site: Site, person: u64) -> String {
        base32(self.patients[site.index()].hide(person % PEOPLE).unwrap_or(0), PATIENT_WIDTH)
    }

    /// The person behind an id.
    pub(crate) fn patient_owner(&self, site: Site, id: &str) -> Option<u64> {
        self.patients[site.index()].reveal(from_base32(id, PATIENT_WIDTH)?)
    }

    /// The id of the so-manieth resource of a person at a site.
    pub(crate) fn resource(&self, site: Site, person: u64, place: u64) -> String {
        let number = person * PER_PERSON + place % PER_PERSON;
        base32(self.resources[site.index()].hide(number).unwrap_or(0), RESOURCE_WIDTH)
    }

    /// The person that a resource belongs to, whether there is such a resource or not.
    pub(crate) fn resource_owner(&self, site: Site, id: &str) -> Option<u64> {
        let number = self.resources[site.index()].reveal(from_base32(id, RESOURCE_WIDTH)?)?;
        Some(number / PER_PERSON)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_and_differ_from_site_to_site() {
        let ids = Ids::new(9);
        for person in [0, 1, 2, 999_999] {
            for site in Site::WITH_PARTNER {
                assert_eq!(ids.patient_owner(site, &ids.patient(site, person)), Some(person));
                for place in [0, 1, 300] {
                    assert_eq!(
                        ids.resource_owner(site, &ids.resource(site, person, place)),
                        Some(person)
                    );
                }
            }
            let mut own = Site::WITH_PARTNER.map(|site| ids.patient(site, person)).to_vec();
            own.sort();
            own.dedup();
            assert_eq!(own.len(), 6);
        }
        assert_eq!(
            ids.resource_owner(Site::Harbor, &ids.resource(Site::Harbor, STAFF, 3)),
            Some(STAFF)
        );
        assert_eq!(ids.patient_owner(Site::Harbor, "nonsense!"), None);
    }
}
