//! The numbers that people carry from one system to another, each turned from the person's own and back.

use crate::{permutation::Permutation, site::Site};

/// A number that several systems may know a person by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    /// Social security number.
    Ssn,
    /// The id that the region's health exchange gave.
    Enterprise,
    /// The insurer's member id.
    Member,
}

impl Shared {
    pub(crate) const ALL: [Self; 3] = [Self::Ssn, Self::Enterprise, Self::Member];

    /// The namespace of the number.
    pub(crate) fn system(self) -> &'static str {
        match self {
            Self::Ssn => "http://hl7.org/fhir/sid/us-ssn",
            // 2.999 is the arc for examples.
            Self::Enterprise => "urn:oid:2.999.2026.1.1",
            Self::Member => "https://rivercountyhealthplan.example/member-id",
        }
    }

    /// The kind of identifier, of code system v2-0203, and what it is called.
    pub(crate) fn kind(self) -> (&'static str, &'static str) {
        match self {
            Self::Ssn => ("SS", "Social Security number"),
            Self::Enterprise => ("PI", "Patient internal identifier"),
            Self::Member => ("MB", "Member Number"),
        }
    }

    /// The numbers a site writes down when it writes any.
    pub(crate) fn known_to(self, site: Site) -> bool {
        match self {
            Self::Ssn => matches!(site, Site::Lakeside | Site::Stmary | Site::Cornerstone),
            Self::Enterprise => {
                matches!(
                    site,
                    Site::Lakeside
                        | Site::Northgate
                        | Site::Stmary
                        | Site::Harbor
                        | Site::Clearview
                )
            }
            Self::Member => matches!(site, Site::Lakeside | Site::Northgate | Site::Cornerstone),
        }
    }
}

/// Turns person numbers into identifiers and back.
pub(crate) struct Identities {
    ssn: Permutation,
    enterprise: Permutation,
    member: Permutation,
    phone: Permutation,
    records: [Permutation; 6],
}

/// Areas 800 to 899, groups 01 to 99, serials 0001 to 9999: plausible, and never given out before 2011.
const SSNS: u64 = 100 * 99 * 9999;
/// Exchanges 200 to 999, each with its ten thousand lines.
const PHONES: u64 = 800 * 10_000;
const RECORDS: u64 = 1_000_000_000;

impl Identities {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            ssn: Permutation::new(seed, "ssn", SSNS),
            enterprise: Permutation::new(seed, "enterprise", RECORDS),
            member: Permutation::new(seed, "member", RECORDS),
            phone: Permutation::new(seed, "phone", PHONES),
            records: Site::WITH_PARTNER.map(|site| Permutation::new(seed, site.id(), RECORDS)),
        }
    }

    /// The shared number of a person.
    pub(crate) fn shared(&self, shared: Shared, number: u64) -> String {
        match shared {
            Shared::Ssn => ssn(self.ssn.hide(number % SSNS).unwrap_or(0)),
            Shared::Enterprise => {
                format!("{:09}", self.enterprise.hide(number % RECORDS).unwrap_or(0))
            }
            Shared::Member => format!("RCH{:09}", self.member.hide(number % RECORDS).unwrap_or(0)),
        }
    }

    /// The person with a shared number.
    pub(crate) fn shared_owner(&self, shared: Shared, value: &str) -> Option<u64> {
        match shared {
            Shared::Ssn => self.ssn.reveal(ssn_rank(value)?),
            Shared::Enterprise => self.enterprise.reveal(digits(value, 9)?),
            Shared::Member => self.member.reveal(digits(value.strip_prefix("RCH")?, 9)?),
        }
    }

    /// The medical record number of a person at one site.
    pub(crate) fn record(&self, site: Site, number: u64) -> String {
        let hidden = self.records[site.index()].hide(number % RECORDS).unwrap_or(0);
        match site {
            Site::Lakeside => format!("{hidden:09}"),
            Site::Northgate => format!("NG{hidden:09}"),
            Site::Stmary => format!("E{hidden:010}"),
            Site::Harbor => format!("HBH-{hidden:09}"),
            Site::Cornerstone => format!("RX{hidden:09}"),
            Site::Clearview => format!("CV-{hidden:09}"),
        }
    }

    /// The person with a medical record number.
    pub(crate) fn record_owner(&self, site: Site, value: &str) -> Option<u64> {
        let hidden = match site {
            Site::Lakeside => digits(value, 9),
            Site::Northgate => digits(value.strip_prefix("NG")?, 9),
            Site::Stmary => digits(value.strip_prefix('E')?, 10),
            Site::Harbor => digits(value.strip_prefix("HBH-")?, 9),
            Site::Cornerstone => digits(value.strip_prefix("RX")?, 9),
            Site::Clearview => digits(value.strip_prefix("CV-")?, 9),
        };
        self.records[site.index()].reveal(hidden?)
    }

    /// The ten digits of a telephone; area code 555 is nobody's.
    pub(crate) fn phone(&self, number: u64) -> [u16; 3] {
        let hidden = self.phone.hide(number % PHONES).unwrap_or(0);
        let part =
            |value: u64| u16::try_from(value).expect("parts of a telephone number are small");
        [555, 200 + part(hidden / 10_000), part(hidden % 10_000)]
    }
}

/// The namespace of a site's own record numbers.
pub(crate) fn record_system(site: Site) -> &'static str {
    match site {
        Site::Lakeside => "https://lakesidefamily.example/fhir/mrn",
        Site::Northgate => "https://northgatespecialty.example/fhir/patient-number",
        Site::Stmary => "urn:oid:2.999.2026.3.1",
        Site::Harbor => "https://harborbehavioral.example/client-id",
        Site::Cornerstone => "https://cornerstonerx.example/profile",
        Site::Clearview => "https://clearvieweye.example/chart-number",
    }
}

fn ssn(rank: u64) -> String {
    let (area, rest) = (800 + rank / (99 * 9999), rank % (99 * 9999));
    format!("{area:03}{:02}{:04}", 1 + rest / 9999, 1 + rest % 9999)
}

fn ssn_rank(value: &str) -> Option<u64> {
    let number = digits(value, 9)?;
    let (area, group, serial) = (number / 1_000_000, number / 10_000 % 100, number % 10_000);
    let valid = (800..900).contains(&area) && group > 0 && serial > 0;
    valid.then(|| ((area - 800) * 99 + group - 1) * 9999 + serial - 1)
}

fn digits(text: &str, width: usize) -> Option<u64> {
    (text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_leads_back_to_its_owner() {
        let identities = Identities::new(5);
        for number in (0..2000).chain([999_999, 5_000_000]) {
            for shared in Shared::ALL {
                assert_eq!(
                    identities.shared_owner(shared, &identities.shared(shared, number)),
                    Some(number)
                );
            }
            for site in Site::WITH_PARTNER {
                assert_eq!(
                    identities.record_owner(site, &identities.record(site, number)),
                    Some(number)
                );
            }
        }
    }

    #[test]
    fn numbers_of_no_form_have_no_owner() {
        let identities = Identities::new(5);
        for wrong in ["", "123", "abcdefghi", "900010001", "800000001", "800010000", "80001000é"] {
            assert_eq!(identities.shared_owner(Shared::Ssn, wrong), None, "{wrong}");
        }
        assert_eq!(identities.record_owner(Site::Harbor, "123456789"), None);
    }
}
