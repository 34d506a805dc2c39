//! What the patient of the demo is to show, whatever the dice say: all exceptions of the featured patient's health.

use super::{Health, therapy::Therapy};
use crate::{day, person::Person, site::Site};

const LISINOPRIL_10: &str = "314076";
const LISINOPRIL_40: &str = "197884";
const WARFARIN: &str = "855332";
const APIXABAN: &str = "1364445";
const AMOXICILLIN: &str = "308191";

/// Sets the stage for the featured patient; everyone else keeps what the dice gave.
pub(super) fn stage(health: &mut Health, person: &Person) {
    if !person.featured() {
        return;
    }
    for problem in &mut health.problems {
        let sites: &[Site] = match problem.term.key {
            "diabetes" | "hypertension" | "heart-failure" => {
                &[Site::Lakeside, Site::Northgate, Site::Stmary]
            }
            "alcohol-dependence" | "depression" => &[Site::Lakeside, Site::Harbor],
            "pneumonia" => &[Site::Lakeside, Site::Stmary],
            _ => &[],
        };
        problem.held = sites.iter().fold(problem.held, |held, site| held.and(person, *site));
    }
    for therapy in &mut health.therapies {
        stage_therapy(therapy, person);
    }
}

fn stage_therapy(therapy: &mut Therapy, person: &Person) {
    let ago = |days: i64| day::days_after(person.horizon, -days);
    let known = |therapy: &Therapy, site: Site| therapy.held.and(person, site);
    match therapy.drug.rxcui {
        // Two prescribers, two strengths.
        LISINOPRIL_10 => therapy.held = known(therapy, Site::Lakeside),
        LISINOPRIL_40 => therapy.held = known(therapy, Site::Northgate),
        // The specialist changed from one to the other; the practice was not told, and the pharmacy hands out both.
        WARFARIN => {
            therapy.held = known(therapy, Site::Lakeside);
            (therapy.start, therapy.stop) = (therapy.start.min(ago(400)), Some(ago(75)));
            therapy.fills = [16, 46, 76, 106, 136].map(ago).to_vec();
        }
        APIXABAN => {
            therapy.start = ago(74);
            therapy.fills = [13, 43, 73].map(ago).to_vec();
        }
        // The hospital has "no known allergy" on file.
        AMOXICILLIN => {
            therapy.held = known(therapy, Site::Stmary);
            (therapy.start, therapy.stop) = (ago(7), None);
        }
        _ => {}
    }
}
