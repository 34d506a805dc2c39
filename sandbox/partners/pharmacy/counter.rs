//! What comes over the counter of the pharmacy: its own prescriptions and fills, of the drugs that the person takes.
//!
//! It is a function of the person, as everything here is, and it shares with the other pharmacy no number and no day.

use time::Date;

use super::{
    file::{Fill, PharmacyFile, Prescription, ReportedAllergy, STORES},
    members::{self, Members},
    shelf::{self, Product},
};
use crate::{
    day,
    dice::Dice,
    health::{Health, therapy::Therapy},
    person::Person,
    terms::{
        drugs::{Drug, drug},
        problems::problem,
        substances::SUBSTANCES,
    },
};

const PRESCRIBERS: [[&str; 2]; 6] = [
    ["Miriam", "Holt"],
    ["Tomás", "Rivera"],
    ["Anand", "Subramanian"],
    ["Lena", "Vogel"],
    ["Judith", "Carmody"],
    ["Naomi", "Weiss"],
];

/// What people fetch without taking it for long.
const SHORT_COURSES: [&str; 4] = ["308191", "310965", "311372", "313782"];

/// The most prescriptions of one member.
const MOST: u64 = 64;

impl PharmacyFile {
    /// What is on file about a person who is a member.
    pub(crate) fn of(person: &Person, members: &Members) -> Self {
        let dice = members::dice(person);
        let mut file = Self {
            member_number: members.number(person.number),
            prescriptions: Vec::new(),
            fills: Vec::new(),
            allergies: Vec::new(),
        };
        // One in twenty has become a member and never came back.
        if dice.fork("came").percent(5) && !person.featured() {
            return file;
        }
        let first = 7_000_000 + members.rank(person.number) * MOST;
        let health = Health::of(person);
        let fetched = health.therapies.iter().filter(|therapy| {
            person.featured() || dice.fork("fetches").fork(therapy.drug.rxcui).percent(60)
        });
        for (therapy, place) in fetched.zip(0..MOST - 1) {
            let dice = dice.fork(therapy.drug.rxcui);
            file.take(&Order { person, number: first + place, place, therapy, dice });
        }
        file.add_short_course(person, first + MOST - 1, dice.fork("short course"));
        file.allergies = allergies(person, &dice);
        file
    }

    fn take(&mut self, order: &Order<'_>) {
        let prescription = order.prescription();
        if prescription.status != 'X' {
            self.fills.extend(order.fills(&prescription));
        }
        self.prescriptions.push(prescription);
    }

    /// One that was written for some days: one fill, and it is over.
    fn add_short_course(&mut self, person: &Person, number: u64, mut dice: Dice) {
        let rxcui = dice.pick(&SHORT_COURSES);
        let known =
            self.prescriptions.iter().any(|it| it.label == shelf::product(drug(rxcui)).label);
        if !dice.percent(40) || known {
            return;
        }
        let drug = drug(rxcui);
        let written = day::days_after(person.horizon, -dice.between(15, 300)).max(person.birth);
        let Product { label, code, form } = shelf::product(drug);
        self.prescriptions.push(Prescription {
            number,
            label,
            code,
            status: 'E',
            written,
            expires: day::days_after(written, 10),
            directions: drug.directions,
            as_needed: drug.as_needed,
            prescriber: dice.pick(&PRESCRIBERS),
            diagnosis: None,
        });
        self.fills.push(Fill {
            prescription: number,
            number: 0,
            label,
            code,
            status: 'D',
            filled: Some(written),
            quantity: 20.0,
            days: (!drug.as_needed).then_some(7),
            voided: false,
            form,
            directions: drug.directions,
            store: store(&mut dice),
            changed: written,
        });
    }
}

/// A drug that a person takes, as it comes to this pharmacy.
struct Order<'a> {
    person: &'a Person,
    number: u64,
    /// The how many-th of the person.
    place: u64,
    therapy: &'a Therapy,
    dice: Dice,
}

impl Order<'_> {
    fn drug(&self) -> &'static Drug {
        self.therapy.drug
    }

    fn prescription(&self) -> Prescription {
        let mut dice = self.dice.fork("prescription");
        let today = self.person.horizon;
        let written = day::days_after(today, -dice.between(20, 420)).max(self.therapy.start);
        let expires = day::days_after(written, 365);
        // Of the patient whom the demo shows, the third one was.
        let cancelled = if self.person.featured() { self.place == 2 } else { dice.percent(7) };
        let status = match cancelled {
            true => 'X',
            false if expires < today => 'E',
            false => 'A',
        };
        let Product { label, code, .. } = shelf::product(self.drug());
        Prescription {
            number: self.number,
            label,
            code,
            status,
            written,
            expires,
            directions: self.drug().directions,
            as_needed: self.drug().as_needed,
            prescriber: dice.pick(&PRESCRIBERS),
            diagnosis: dice.percent(70).then(|| problem(self.therapy.reason).icd10.0),
        }
    }

    /// From the day when it was written on, as long as it lasts.
    fn fills(&self, prescription: &Prescription) -> Vec<Fill> {
        let mut dice = self.dice.fork("fills");
        let supply: u32 = if dice.percent(30) { 90 } else { 30 };
        let last = self.therapy.stop.unwrap_or(self.person.horizon).min(prescription.expires);
        let mut day = day::days_after(prescription.written, dice.between(0, 3));
        let mut fills = Vec::new();
        while day <= last && fills.len() < 12 {
            fills.push(self.fill(fills.len() as u64, day, supply, &mut dice));
            day = day::days_after(day, i64::from(supply) + dice.between(-2, 6));
        }
        if let Some(newest) = fills.last_mut() {
            match dice.below(20) {
                0 => (newest.status, newest.filled) = ('R', None),
                1 => (newest.status, newest.filled) = ('H', None),
                2 => newest.status = 'X',
                _ => {}
            }
        }
        // Somebody typed the wrong number now and then; the first fill of the patient whom the demo shows was such a one.
        if let Some(first) = fills.first_mut() {
            first.voided = if self.person.featured() { self.place == 0 } else { dice.percent(6) };
        }
        fills
    }

    fn fill(&self, number: u64, day: Date, supply: u32, dice: &mut Dice) -> Fill {
        let drug = self.drug();
        let Product { label, code, form } = shelf::product(drug);
        let (at_once, times) = drug.dose;
        let quantity = match form {
            "inhaler" => 1.0,
            "vial" => 10.0,
            _ => f64::from(supply) * at_once * f64::from(times),
        };
        Fill {
            prescription: self.number,
            number,
            label,
            code,
            status: 'D',
            filled: Some(day),
            quantity,
            days: (!drug.as_needed).then_some(supply),
            voided: false,
            form,
            directions: drug.directions,
            store: store(dice),
            changed: day,
        }
    }
}

fn store(dice: &mut Dice) -> usize {
    usize::try_from(dice.below(STORES.len() as u64)).expect("there are three")
}

/// What the member ticked on the form. Two fifths ticked nothing.
fn allergies(person: &Person, dice: &Dice) -> Vec<ReportedAllergy> {
    let mut dice = dice.fork("allergies");
    if dice.percent(40) && !person.featured() {
        return Vec::new();
    }
    let mut told = Vec::new();
    for (substance, place) in SUBSTANCES.iter().zip(1..) {
        let ticked = if person.featured() {
            matches!(substance.key, "penicillin" | "shellfish")
        } else {
            dice.percent(12)
        };
        let (current, severe) = (dice.percent(92), dice.below(3));
        let months = dice.between(5, 400);
        if !ticked {
            continue;
        }
        let reactions: Vec<&str> = substance.reactions.iter().map(|code| plain(code.1)).collect();
        told.push(ReportedAllergy {
            id: format!("a{}-{place}", person.number),
            substance: substance.plain,
            current: current || person.featured(),
            severe: [Some(true), Some(false), None][usize::try_from(severe).unwrap_or(2)],
            reactions: reactions.join("; "),
            since: Some(day::days_after(person.horizon, -30 * months))
                .filter(|day| *day > person.birth),
        });
    }
    told
}

/// The words of a term without the kind of thing in brackets.
fn plain(display: &str) -> &str {
    display.split(" (").next().unwrap_or(display)
}
