//! Who works at each site. Their resources belong to no patient and are the same for all.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::Draft;
use crate::{
    day,
    dice::{Dice, hash},
    ids::{Ids, STAFF},
    resource_type::ResourceType,
    site::Site,
};

/// One clinician.
pub(crate) struct Clinician {
    pub(crate) given: &'static str,
    pub(crate) family: &'static str,
    /// The role, in words.
    pub(crate) role: &'static str,
}

/// The clinicians of a site; the first leads.
pub(crate) fn of(site: Site) -> &'static [Clinician] {
    match site {
        Site::Lakeside => LAKESIDE,
        Site::Northgate => NORTHGATE,
        Site::Stmary => STMARY,
        Site::Harbor => HARBOR,
        Site::Cornerstone => CORNERSTONE,
        Site::Clearview => CLEARVIEW,
    }
}

const LAKESIDE: &[Clinician] = &[
    clinician("Miriam", "Holt", "Family medicine physician"),
    clinician("Tomás", "Rivera", "Family medicine physician"),
    clinician("Gwen", "Ashdown", "Nurse practitioner"),
];

const NORTHGATE: &[Clinician] = &[
    clinician("Anand", "Subramanian", "Cardiologist"),
    clinician("Lena", "Vogel", "Endocrinologist"),
    clinician("Paul", "Okoro", "Cardiologist"),
];

const STMARY: &[Clinician] = &[
    clinician("Judith", "Carmody", "Hospitalist"),
    clinician("Samir", "Nassar", "Emergency physician"),
    clinician("Elise", "Thornton", "General surgeon"),
];

const HARBOR: &[Clinician] = &[
    clinician("Naomi", "Weiss", "Psychiatrist"),
    clinician("Curtis", "Bellamy", "Licensed clinical social worker"),
    clinician("Ivonne", "Salas", "Addiction medicine physician"),
];

const CORNERSTONE: &[Clinician] =
    &[clinician("Brian", "Tully", "Pharmacist"), clinician("Mei-Lin", "Hsu", "Pharmacist")];

const CLEARVIEW: &[Clinician] =
    &[clinician("Odile", "Marchand", "Ophthalmologist"), clinician("Ravi", "Menon", "Optometrist")];

const fn clinician(given: &'static str, family: &'static str, role: &'static str) -> Clinician {
    Clinician { given, family, role }
}

impl Clinician {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// A national provider identifier of the right form, with its check digit.
    pub(crate) fn npi(&self) -> String {
        let body = 100_000_000 + hash(self.family) % 100_000_000;
        format!("{body}{}", check_digit(body))
    }
}

/// The Luhn digit of an identifier with the prefix 80840, as the numbering of providers has it.
fn check_digit(body: u64) -> u64 {
    let doubled = |digit: u64| digit * 2 / 10 + digit * 2 % 10;
    let sum: u64 =
        (0..9).zip([true, false].into_iter().cycle()).fold(24, |sum, (place, double)| {
            let digit = body / 10_u64.pow(place) % 10;
            sum + if double { doubled(digit) } else { digit }
        });
    (10 - sum % 10) % 10
}

/// A clinician as an actor in a resource; the pharmacy only knows the name.
pub(super) fn actor(ids: &Ids, site: Site, dice: &mut Dice) -> Value {
    let staff = of(site);
    let place = dice.below(staff.len() as u64);
    reference(ids, site, place)
}

/// The clinician at a place of the site's list, as an actor.
pub(super) fn reference(ids: &Ids, site: Site, place: u64) -> Value {
    let member = &of(site)[usize::try_from(place).expect("an index fits")];
    if site == Site::Cornerstone {
        return json!({ "display": member.name() });
    }
    json!({ "reference": format!("Practitioner/{}", ids.resource(site, STAFF, place + 1)), "display": member.name() })
}

/// The reference to the site's own organisation.
pub(super) fn organization(ids: &Ids, site: Site) -> Value {
    json!({ "reference": format!("Organization/{}", ids.resource(site, STAFF, 0)), "display": site.profile().name })
}

/// The organisation of a site and its clinicians, as resources.
pub(crate) fn write(ids: &Ids, site: Site) -> Vec<Draft> {
    if site == Site::Cornerstone {
        return Vec::new();
    }
    let name = site.profile().name;
    let organization =
        json!({ "active": true, "name": name, "alias": [site.profile().organization] });
    let mut drafts =
        vec![draft(ids.resource(site, STAFF, 0), ResourceType::Organization, organization)];
    for (member, place) in of(site).iter().zip(1..) {
        let body = json!({
            "active": true,
            "identifier": [{ "system": "http://hl7.org/fhir/sid/us-npi", "value": member.npi() }],
            "name": [{ "family": member.family, "given": [member.given] }],
            "qualification": [{ "code": { "text": member.role } }],
        });
        drafts.push(draft(ids.resource(site, STAFF, place), ResourceType::Practitioner, body));
    }
    drafts
}

fn draft(id: String, kind: ResourceType, body: Value) -> Draft {
    let updated: OffsetDateTime = day::at(day::days_after(day::REFERENCE_DAY, -700), 12, 0);
    let Value::Object(mut body) = body else {
        return Draft {
            kind,
            id,
            body: Map::new(),
            updated,
            facts: Vec::new(),
            in_error: false,
            labels: Vec::new(),
        };
    };
    body.insert("id".to_owned(), json!(id));
    body.insert(
        "meta".to_owned(),
        json!({ "versionId": "1", "lastUpdated": day::instant(updated) }),
    );
    Draft { kind, id, body, updated, facts: Vec::new(), in_error: false, labels: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_published_example() {
        assert_eq!(check_digit(123_456_789), 3);
    }
}
