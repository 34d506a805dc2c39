//! Appointments: each site keeps its own, past and to come.

use serde_json::json;

use super::{Chart, Entry, concept, marks};
use crate::{day, dice::Dice, resource_type::ResourceType, section::Section, site::Site};

pub(super) fn write(chart: &mut Chart<'_>) {
    let mut dice = chart.dice("appointments");
    let count = if chart.person.featured() { 2 } else { dice.between(0, 2) };
    for place in 0..count {
        write_one(chart, place, &mut dice);
    }
}

/// The first appointment lies ahead, the others are over.
fn write_one(chart: &mut Chart<'_>, place: i64, dice: &mut Dice) {
    let ahead = place == 0 && !chart.person.deceased;
    let days = if ahead { dice.between(2, 60) } else { -dice.between(5, 200) };
    let day = day::days_after(chart.person.horizon, days);
    let start = day::at(day, dice.between(13, 21), dice.between(0, 3) * 15);
    let minutes = dice.pick(&[15, 20, 30, 50]);
    let status = if ahead {
        dice.pick(&["booked", "booked", "booked", "proposed", "pending"])
    } else {
        dice.pick(&["fulfilled", "fulfilled", "noshow", "cancelled"])
    };
    let key = format!("appointment/{}-{place}", chart.site.id());
    let answer = if status == "pending" { "needs-action" } else { "accepted" };
    let body = json!({
        "status": status,
        "description": purpose(chart.site),
        "serviceType": [concept::text(purpose(chart.site))],
        "start": day::instant(start),
        "end": day::instant(start + time::Duration::minutes(minutes)),
        "minutesDuration": minutes,
        "participant": [
            { "actor": chart.subject(dice), "status": "accepted" },
            { "actor": chart.clinician(&key), "status": answer },
        ],
    });
    let at = start.min(day::at(chart.person.horizon, 9, 0));
    let sensitivity = marks::of_site(chart.site);
    let (kind, section) = (ResourceType::Appointment, Section::Appointments);
    chart.file(Entry { kind, section, key, at, sensitivity, body });
}

fn purpose(site: Site) -> &'static str {
    match site {
        Site::Lakeside => "Office visit",
        Site::Northgate => "Specialist consultation",
        Site::Stmary => "Outpatient imaging",
        Site::Harbor => "Counselling session",
        Site::Cornerstone => "Medication review",
        Site::Clearview => "Eye examination",
    }
}
