//! A manifest that has been checked: every question, and how what comes back is mapped.

use toml::{Table, Value};

use super::compile::Compiler;
use super::exchange::Exchange;
use super::part::{At, Notes, Part, kind_of};
use super::path::Condition;
use super::rule::{Pick, Rule};
use super::shape::{MODEL, Shape, Struct};
use super::template::Variable;
use super::value::Kind;
use crate::manifest::LONGEST;
use crate::mistake::Mistake;
use crate::record::{Section, needed};

/// The version of the language that is read here.
const LANGUAGE: i64 = 1;

/// How many questions there may be.
const FETCHES: usize = 64;

/// The keys of this kind.
pub(super) const KEYS: [&str; 4] = ["mapping", "fetch", "roster", "directory"];

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
    pub(super) directory: Option<Listing>,
}

/// How a part of a section is filled.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) section: Section,
    /// The fact that each item states.
    pub(super) fact: String,
    pub(super) exchange: Exchange,
    /// How many patients are asked for at once.
    pub(super) batch: usize,
    /// Its answers hold everybody's.
    pub(super) is_feed: bool,
    pub(super) subject: Pick,
    pub(super) reference: Pick,
    pub(super) recorded: Option<Pick>,
    pub(super) updated: Option<Pick>,
    pub(super) identifiers: Option<Rule>,
    pub(super) labels: Option<Rule>,
    pub(super) withdrawn: Option<Condition>,
    pub(super) fields: Rule,
}

/// How patients are listed.
#[derive(Debug)]
pub(super) struct Roster {
    pub(super) exchange: Exchange,
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
    let directory = part.part("directory").map(|part| directory(&part, &compiler));
    if !part.has("fetch") && !part.has("directory") {
        part.missing(
            "fetch",
            "write [[fetch]] with section = \"MEDICATIONS\" or another, or [directory]",
        );
    }
    if part.has("fetch") && !part.has("roster") {
        let remedy = "write [roster], which says who its patients are; without it nobody is linked to this source";
        part.missing("roster", remedy);
    }
    part.close();
    Some(Plan {
        fetches: fetches?,
        roster: roster.map_or(Some(None), |it| it.map(Some))?,
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

fn fetch(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Fetch> {
    let section = section(part);
    let fact = section.and_then(|section| fact(part, section));
    let exchange = Exchange::read(part, compiler);
    let is_feed = part.flag("feed");
    let batch = batch(part, exchange.as_ref(), is_feed);
    let subject = needed_pick(
        part,
        compiler,
        "subject",
        "write the path to the patient's id in each item: by it is checked whose the item is",
    );
    let reference = needed_pick(
        part,
        compiler,
        "reference",
        "write the path to what tells one item from another, such as its number",
    );
    let recorded = pick(part, compiler, "recorded", &Kind::Date);
    let updated = pick(part, compiler, "updated", &Kind::Date);
    let list_of = |shape: &Shape| Shape::List(shape.clone().into());
    let rule =
        |key, shape: &Shape| compiler.rule(&list_of(shape), part.get(key)?, &part.at.key(key));
    let identifiers = rule("identifiers", &MODEL.identifier);
    let labels = rule("labels", &MODEL.coding);
    if let Some(value) = part.get("labels") {
        never_optional(value, &part.at.key("labels"), part.notes);
    }
    let withdrawn = compiler.condition_of(part, "withdrawn");
    let fields = fact.as_deref().and_then(|fact| {
        let shape = MODEL.fact(fact)?;
        let fields = fields(part, compiler, shape)?;
        of_use(part, fact);
        Some(fields)
    });
    if fact.is_none() {
        part.get("fields");
    }
    part.close();
    Some(Fetch {
        section: section?,
        fact: fact?,
        exchange: exchange?,
        batch,
        is_feed,
        subject: subject?,
        reference: reference?,
        recorded,
        updated,
        identifiers,
        labels,
        withdrawn,
        fields: fields?,
    })
}

/// A label that does not fit must not be left out: then the record would be open to more people than its source meant.
fn never_optional(value: &Value, at: &At, notes: &Notes) {
    match value {
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                never_optional(item, &at.item(place), notes);
            }
        }
        Value::Table(table) => {
            for (key, value) in table {
                let at = at.key(key);
                match key.as_str() {
                    "optional" | "none" => notes.add(
                        &at,
                        "a label cannot be left out",
                        "write otherwise = \"…\" for values that the table does not know",
                    ),
                    _ => never_optional(value, &at, notes),
                }
            }
        }
        _ => {}
    }
}

fn section(part: &Part<'_>) -> Option<Section> {
    let names = FACTS.map(|(section, _)| section.name());
    let name = part.one_of("section", &names);
    if !part.has("section") {
        part.missing("section", format!("write one of `{}`", names.join("`, `")));
    }
    FACTS.iter().map(|(section, _)| *section).find(|section| Some(section.name()) == name)
}

fn fact(part: &Part<'_>, section: Section) -> Option<String> {
    let (_, facts) = FACTS.iter().find(|(known, _)| *known == section)?;
    let fact = part.one_of("fact", facts);
    match (fact, facts) {
        (Some(fact), _) => Some(fact.to_owned()),
        (None, [only]) if !part.has("fact") => Some((*only).to_owned()),
        (None, _) => {
            if !part.has("fact") {
                part.missing(
                    "fact",
                    format!("say what each item is: one of `{}`", facts.join("`, `")),
                );
            }
            None
        }
    }
}

fn batch(part: &Part<'_>, exchange: Option<&Exchange>, is_feed: bool) -> usize {
    let batch = part.whole("patients_per_ask", 1..=100);
    let Some(exchange) = exchange else { return 1 };
    let used = exchange.request.variables();
    let (one, many) = (used.contains(&Variable::Patient), used.contains(&Variable::Patients));
    if one && many {
        part.notes.add(
            &part.at,
            "a request cannot have both {patient} and {patients}",
            "leave one out",
        );
    }
    if batch.is_some() && !many {
        part.wrong(
            "patients_per_ask",
            "the request has no place for {patients}",
            "write {patients} in place of {patient}",
        );
    }
    if !one && !many && !is_feed {
        part.notes.add(&part.at, "the request has no place for {patient}", "write it into path, query or body; or feed = true when its answer holds everybody's items");
    }
    match (many, is_feed && !one) {
        (true, _) => batch.unwrap_or(25) as usize,
        // Everybody is in the answer anyhow.
        (false, true) => 100,
        (false, false) => 1,
    }
}

fn pick(part: &Part<'_>, compiler: &Compiler<'_>, key: &'static str, kind: &Kind) -> Option<Pick> {
    compiler.pick(kind, part.get(key)?, &part.at.key(key))
}

fn needed_pick(
    part: &Part<'_>,
    compiler: &Compiler<'_>,
    key: &'static str,
    remedy: &str,
) -> Option<Pick> {
    if !part.has(key) {
        part.get(key);
        part.missing(key, remedy);
    }
    let found = pick(part, compiler, key, &Kind::Text)?;
    if found.is_constant() {
        part.wrong(key, "must come from the answer", remedy);
    }
    Some(found)
}

fn fields(part: &Part<'_>, compiler: &Compiler<'_>, of: &Struct) -> Option<Rule> {
    match part.get("fields") {
        None => {
            let names: Vec<&str> = of.fields.iter().map(|field| field.name.as_str()).collect();
            part.missing(
                "fields",
                format!("write [….fields] with some of `{}`", names.join("`, `")),
            );
            None
        }
        Some(Value::Table(table)) => {
            compiler.fields(of, table, &[], &part.at.key("fields")).map(Rule::Fields)
        }
        Some(other) => {
            let why = format!("must be a table, and is {}", kind_of(other));
            part.wrong("fields", why, "write fields = { … }");
            None
        }
    }
}

/// A fact that never says what it is about is of no use.
fn of_use(part: &Part<'_>, fact: &str) {
    let Some(fields) = part.table.get("fields").and_then(Value::as_table) else { return };
    let names = needed(fact);
    let has = |name: &&str| {
        let mut at = Some(fields);
        let mut parts = name.split('.').peekable();
        while let Some(name) = parts.next() {
            let value = at.and_then(|table| table.get(name));
            if parts.peek().is_none() {
                return value.is_some();
            }
            at = value.and_then(Value::as_table);
        }
        false
    };
    if !names.iter().any(has) {
        let remedy = match names {
            [one] => format!(
                "write a rule for it: without it no record of this kind is of use (`{one}`)"
            ),
            _ => format!("write a rule for at least one of `{}`", names.join("`, `")),
        };
        let first = names.first().copied().unwrap_or_default();
        let at = first.split('.').fold(part.at.key("fields"), |at, name| at.key(name));
        part.notes.add(&at, "is missing", remedy);
    }
}

fn without_patients(part: &Part<'_>, exchange: Option<&Exchange>) {
    let Some(exchange) = exchange else { return };
    if exchange
        .request
        .variables()
        .iter()
        .any(|it| matches!(it, Variable::Patient | Variable::Patients))
    {
        part.notes.add(
            &part.at,
            "nobody in particular is asked for here",
            "leave {patient} out of the request",
        );
    }
}

fn roster(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Roster> {
    let exchange = Exchange::read(part, compiler);
    without_patients(part, exchange.as_ref());
    let id = needed_pick(
        part,
        compiler,
        "id",
        "write the path to the id by which the source is asked for a patient",
    );
    let active = pick(part, compiler, "active", &Kind::Bool);
    let fields = fields(part, compiler, &MODEL.person);
    of_use(part, "person");
    part.close();
    Some(Roster { exchange: exchange?, id: id?, active, fields: fields? })
}

fn directory(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Listing> {
    let exchange = Exchange::read(part, compiler);
    without_patients(part, exchange.as_ref());
    let refresh_minutes = part.whole("refresh_minutes", 1..=10_080).unwrap_or(60);
    let fields = fields(part, compiler, &MODEL.service);
    let table = part.table.get("fields").and_then(Value::as_table);
    for name in ["id", "name"] {
        if table.is_some_and(|table| !table.contains_key(name)) {
            let at = part.at.key("fields").key(name);
            part.notes.add(&at, "is missing", "write a rule for it: each service needs one");
        }
    }
    part.close();
    Some(Listing { exchange: exchange?, fields: fields?, refresh_minutes })
}
