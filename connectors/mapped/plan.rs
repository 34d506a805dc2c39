//! A manifest that has been checked: every question, and how what comes back is mapped.

use toml::{Table, Value};

use super::block::{directory, fetch};
use super::compile::Compiler;
use super::exchange::Exchange;
use super::part::{At, Notes, Part, kind_of};
use super::path::{Condition, Path};
use super::people::{lookup, roster};
use super::rule::{Around, Rule, Stop};
use super::single::Pick;
use crate::manifest::LONGEST;
use crate::mistake::Mistake;
use crate::record::Section;

/// The version of the language that is read here.
const LANGUAGE: i64 = 1;

/// How many questions there may be.
const FETCHES: usize = 64;

/// The keys of this kind.
pub(super) const KEYS: [&str; 5] = ["mapping", "fetch", "roster", "lookup", "directory"];

/// Which facts stand in which section.
pub(super) const FACTS: [(Section, &[&str]); 15] = [
    (Section::Demographics, &["person"]),
    (Section::Conditions, &["condition"]),
    (Section::Allergies, &["allergy"]),
    (Section::Medications, &["order", "report", "fill"]),
    (Section::Observations, &["observation"]),
    (Section::Immunizations, &["immunization"]),
    (Section::Procedures, &["procedure"]),
    (Section::Encounters, &["encounter"]),
    (Section::Appointments, &["appointment"]),
    (Section::Documents, &["document"]),
    (Section::CarePlans, &["carePlan"]),
    (Section::Goals, &["goal"]),
    (Section::CareTeam, &["careTeam"]),
    (Section::Referrals, &["referral"]),
    (Section::Coverage, &["coverage"]),
];

/// All of it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) fetches: Vec<Fetch>,
    pub(super) roster: Option<Roster>,
    pub(super) lookup: Option<Lookup>,
    pub(super) directory: Option<Listing>,
}

/// How a part of a section is filled.
#[derive(Debug)]
pub(super) struct Fetch {
    /// All of the block, as it was written.
    pub(super) text: String,
    pub(super) section: Section,
    /// The fact that each item states.
    pub(super) fact: String,
    pub(super) exchange: Exchange,
    /// What of each item becomes a record; the item itself when absent.
    pub(super) each: Option<Path>,
    /// How many patients are asked for at once.
    pub(super) batch: usize,
    /// Its answers hold everybody's.
    pub(super) is_feed: bool,
    pub(super) subject: Pick,
    pub(super) reference: Pick,
    pub(super) beside: Beside,
    pub(super) fields: Rule,
}

/// What a record has beside its fact.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) recorded: Option<Pick>,
    pub(super) updated: Option<Pick>,
    pub(super) identifiers: Option<Rule>,
    pub(super) labels: Option<Rule>,
    /// When its source took it back.
    pub(super) withdrawn: Option<Withdrawn>,
}

/// What says of an item, or of the part that a record is made of, that its source took it back.
#[derive(Debug)]
pub(super) struct Withdrawn {
    pub(super) when: Condition,
    pub(super) is_of_item: bool,
}

impl Withdrawn {
    pub(super) fn holds<'e>(&self, around: Around<'e>) -> Result<bool, Stop<'e>> {
        let of = if self.is_of_item { around.item } else { around.here };
        Ok(around.walk.holds(&self.when, of)?)
    }
}

/// How patients are listed.
#[derive(Debug)]
pub(super) struct Roster {
    pub(super) exchange: Exchange,
    pub(super) listed: Listed,
}

/// How one patient is asked for.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) exchange: Exchange,
    /// By identifiers of which system.
    pub(super) system: String,
    pub(super) listed: Listed,
}

/// How one who is listed is read.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) id: Pick,
    pub(super) active: Option<Pick>,
    pub(super) fields: Rule,
}

/// How services are listed.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) exchange: Exchange,
    pub(super) fields: Rule,
    pub(super) refresh_minutes: u32,
}

impl Plan {
    /// Checks a manifest, or that part of it which is this kind's own; every mistake at once.
    pub(super) fn read(table: &Table) -> Result<Self, Vec<Mistake>> {
        let notes = Notes::default();
        let plan = read(table, &notes);
        let mistakes = notes.into_all();
        match plan {
            Some(plan) if mistakes.is_empty() => Ok(plan),
            _ => Err(mistakes),
        }
    }
}

fn read(table: &Table, notes: &Notes) -> Option<Plan> {
    let part = Part::new(table, At::default(), notes);
    if size(table) > LONGEST {
        notes.add(
            &part.at,
            format!("MAPPING_LIMIT: a manifest may have {} KiB", LONGEST / 1024),
            "shorten it",
        );
        return None;
    }
    match part.get("mapping") {
        Some(Value::Integer(LANGUAGE)) => {}
        Some(_) => part.wrong(
            "mapping",
            format!("this gateway reads version {LANGUAGE} of the language"),
            format!("write mapping = {LANGUAGE}"),
        ),
        None => part
            .missing("mapping", format!("write mapping = {LANGUAGE}, the version of the language")),
    }
    let compiler = Compiler::new(notes);
    let fetches = fetches(&part, &compiler);
    let roster = part.part("roster").map(|part| roster(&part, &compiler));
    let lookup = part.part("lookup").map(|part| lookup(&part, &compiler));
    let directory = part.part("directory").map(|part| directory(&part, &compiler));
    if !part.has("fetch") && !part.has("directory") {
        part.missing(
            "fetch",
            "write [[fetch]] with section = \"MEDICATIONS\" or another, or [directory]",
        );
    }
    if part.has("fetch") && !part.has("roster") && !part.has("lookup") {
        let remedy = "write [roster], which says who its patients are, or [lookup], by which it is asked for one; without it nobody is linked to this source";
        part.missing("roster", remedy);
    }
    if part.has("roster") && part.has("lookup") {
        let why = "a source that lists its patients is not asked for one by an identifier";
        part.wrong("lookup", why, "leave out [lookup]; or [roster], if it cannot list all of them");
    }
    part.close();
    Some(Plan {
        fetches: fetches?,
        roster: roster.map_or(Some(None), |it| it.map(Some))?,
        lookup: lookup.map_or(Some(None), |it| it.map(Some))?,
        directory: directory.map_or(Some(None), |it| it.map(Some))?,
    })
}

/// What the texts of a table come to.
fn size(table: &Table) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::String(text) => text.len() + 2,
            Value::Array(items) => items.iter().map(of).sum::<usize>() + 2,
            Value::Table(table) => size(table),
            _ => 4,
        }
    }
    table.iter().map(|(key, value)| key.len() + of(value) + 3).sum()
}

fn fetches(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Vec<Fetch>> {
    let blocks = part.list("fetch").unwrap_or_default();
    if blocks.len() > FETCHES {
        part.wrong("fetch", format!("MAPPING_LIMIT: at most {FETCHES} blocks"), "leave some out");
        return None;
    }
    let mut fetches = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        let at = part.at.key("fetch").item(place);
        match block {
            Value::Table(table) => {
                fetches.push(fetch(&Part::new(table, at, part.notes), compiler));
            }
            other => {
                part.notes.add(
                    &at,
                    format!("must be a table, and is {}", kind_of(other)),
                    "write [[fetch]]",
                );
            }
        }
    }
    fetches.into_iter().collect()
}
