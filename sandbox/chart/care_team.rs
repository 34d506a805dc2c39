//! The care team as the sites see it: their own people, and those elsewhere whom they know of.

use serde_json::{Value, json};

use super::{Chart, StatedFact, clinical, marks, staff};
use crate::{day, dice::Dice, resource_type::ResourceType, section::Section, site::Site};

const NPI: &str = "http://hl7.org/fhir/sid/us-npi";

pub(super) fn write(chart: &mut Chart<'_>) {
    let mut dice = chart.dice("care team");
    let members = members(chart, &mut dice);
    let since =
        day::days_after(chart.person.horizon, -dice.between(60, 900)).max(chart.person.birth);
    let body = json!({
        "status": "active",
        "name": format!("Care team at {}", chart.site.profile().name),
        "subject": chart.subject(&mut dice),
        "period": clinical::period(since, None),
        "participant": members.iter().map(|(site, place)| participant(chart, *site, *place)).collect::<Vec<_>>(),
        "managingOrganization": [staff::organization(chart.ids, chart.site)],
    });
    let facts = members.iter().map(|(site, place)| fact(*site, *place)).collect();
    let labels = marks::labels(chart.site, &marks::of_site(chart.site), &mut dice);
    let Value::Object(body) = body else { return };
    chart.keep(ResourceType::CareTeam, body, clinical::during(since), labels, facts);
}

/// Who treats the person at each site is a fact; who knows of whom is a matter of luck.
fn members(chart: &Chart<'_>, dice: &mut Dice) -> Vec<(Site, u64)> {
    let person = chart.person;
    Site::ALL
        .into_iter()
        .filter(|site| {
            *site == chart.site
                || (person.known_to(*site) && *site != Site::Harbor && dice.percent(45))
        })
        .map(|site| {
            (site, person.dice.fork("treating").fork(site.id()).below(staff::of(site).len() as u64))
        })
        .collect()
}

fn participant(chart: &Chart<'_>, site: Site, place: u64) -> Value {
    let member = &staff::of(site)[usize::try_from(place).expect("an index fits")];
    let person = if site == chart.site {
        staff::reference(chart.ids, site, place)
    } else {
        // Whoever works elsewhere has no resource here, only a number and a name.
        json!({ "identifier": { "system": NPI, "value": member.npi() }, "display": member.name() })
    };
    let mut participant = json!({ "role": [{ "text": member.role }], "member": person });
    if site != chart.site {
        participant["onBehalfOf"] = json!({ "display": site.profile().name });
    }
    participant
}

fn fact(site: Site, place: u64) -> StatedFact {
    let member = &staff::of(site)[usize::try_from(place).expect("an index fits")];
    let key = format!("care-team/{}", member.npi());
    StatedFact { section: Section::CareTeam, key, sensitivity: marks::of_site(site) }
}
