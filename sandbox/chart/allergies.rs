//! Allergies as the sites write them; some say that there are none while others know better.

use serde_json::{Value, json};
use time::Date;

use super::{Chart, Entry, clinical, concept};
use crate::{
    day,
    dice::Dice,
    health::{Health, Held},
    person::Person,
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::{
        RXNORM, SNOMED,
        substances::{NO_KNOWN_ALLERGY, SUBSTANCES, Substance},
    },
};

pub(super) fn write(chart: &mut Chart<'_>, health: &Health) {
    let allergies = all(chart.person, health);
    let mine: Vec<_> = allergies.iter().filter(|allergy| allergy.held.has(chart.site)).collect();
    for allergy in &mine {
        write_allergy(chart, allergy);
    }
    // Nobody asked again, or nobody ever had one.
    let mut dice = chart.dice("allergies");
    let denies =
        if chart.person.featured() { chart.site == Site::Stmary } else { dice.percent(45) };
    if mine.is_empty() && chart.site != Site::Cornerstone && denies {
        write_none(chart, dice);
    }
}

/// Writes down an allergy that is new.
pub(super) fn add(chart: &mut Chart<'_>, substance: &'static Substance, today: Date) {
    write_allergy(chart, &Allergy { substance, since: today, held: Held::by(chart.site) });
}

/// An allergy of one person.
struct Allergy {
    substance: &'static Substance,
    since: Date,
    held: Held,
}

fn all(person: &Person, health: &Health) -> Vec<Allergy> {
    let mut dice = person.dice.fork("allergies");
    let hay_fever = health.problem("rhinitis").is_some();
    SUBSTANCES
        .iter()
        .filter(|substance| {
            let percent = match substance.key {
                "penicillin" => 9,
                "tree-pollen" | "house-dust" if hay_fever => 45,
                _ => 4,
            };
            let thrown = dice.percent(percent);
            if person.featured() {
                matches!(substance.key, "penicillin" | "shellfish")
            } else {
                thrown
            }
        })
        .map(|substance| Allergy::throw(person, substance))
        .collect()
}

impl Allergy {
    fn throw(person: &Person, substance: &'static Substance) -> Self {
        let mut dice = person.dice.fork("allergy").fork(substance.key);
        // The hospital never asked the featured patient; the practice did.
        let hospital = if person.featured() { 0 } else { 40 };
        let mut held = Held::throw(person, &mut dice, [85, 35, hospital, 12]);
        if person.featured() {
            held = held.and(person, Site::Lakeside);
        }
        if substance.category == "medication" && dice.percent(45) {
            held = held.and(person, Site::Cornerstone);
        }
        let years =
            dice.between(200, 7000).min((person.horizon - person.birth).whole_days() - 30).max(1);
        Self { substance, since: day::days_after(person.horizon, -years), held }
    }
}

fn write_allergy(chart: &mut Chart<'_>, allergy: &Allergy) {
    let key = format!("allergy/{}", allergy.substance.key);
    let mut dice = chart.dice(&key);
    let mut body = json!({
        "type": "allergy",
        "category": [allergy.substance.category],
        "code": substance(allergy.substance, chart.site, &mut dice),
        "patient": chart.subject(&mut dice),
    });
    if dice.percent(92) {
        let status = if dice.percent(6) { "inactive" } else { "active" };
        body["clinicalStatus"] = concept::status(concept::ALLERGY_CLINICAL, status);
        body["verificationStatus"] = concept::status(concept::ALLERGY_VERIFICATION, "confirmed");
    }
    if dice.percent(60) {
        body["criticality"] = json!(dice.pick(&["high", "low", "unable-to-assess"]));
    }
    if dice.percent(65) {
        body["reaction"] = reaction(allergy.substance, &mut dice);
    }
    if dice.percent(70) {
        body["recordedDate"] = json!(clinical::fuzzy(allergy.since, &mut dice, [10, 10]));
    }
    file(chart, key, allergy.since, body);
}

fn substance(substance: &Substance, site: Site, dice: &mut Dice) -> Value {
    match (substance.rxnorm, dice.below(10)) {
        (_, 0) => concept::text(substance.plain),
        (Some(code), _) if site == Site::Cornerstone => concept::coded(RXNORM, code),
        (Some(code), 1..4) => {
            json!({ "coding": [concept::coding(RXNORM, code), concept::coding(SNOMED, substance.snomed)], "text": substance.plain })
        }
        _ => concept::coded(SNOMED, substance.snomed),
    }
}

fn reaction(substance: &Substance, dice: &mut Dice) -> Value {
    let code = dice.pick(substance.reactions);
    let severity = dice.pick(&["mild", "moderate", "severe"]);
    let shown = if dice.percent(20) {
        concept::text(concept::without_tag(code.1))
    } else {
        concept::coded(SNOMED, code)
    };
    json!([{ "manifestation": [shown], "severity": severity }])
}

fn write_none(chart: &mut Chart<'_>, mut dice: Dice) {
    let since = day::days_after(
        chart.person.horizon,
        -dice.between(20, 900).min((chart.person.horizon - chart.person.birth).whole_days()),
    );
    let body = json!({
        "clinicalStatus": concept::status(concept::ALLERGY_CLINICAL, "active"),
        "verificationStatus": concept::status(concept::ALLERGY_VERIFICATION, "confirmed"),
        "code": concept::coded(SNOMED, NO_KNOWN_ALLERGY),
        "patient": chart.subject(&mut dice),
        "recordedDate": day::date(since),
    });
    file(chart, "allergy/none-known".to_owned(), since, body);
}

fn file(chart: &mut Chart<'_>, key: String, since: Date, body: Value) {
    let at = clinical::during(since);
    let kind = ResourceType::AllergyIntolerance;
    chart.file(Entry { kind, section: Section::Allergies, key, at, sensitivity: Vec::new(), body });
}
