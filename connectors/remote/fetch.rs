//! What a partner answers becomes shares: one for each patient who was asked about, and nothing of anybody else.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::site::Site;
use super::wire::{Asked, FetchAnswer, FetchRequest, Row, Statement, Status};
use crate::connector::{Answer, Ask, LocalId, Problem, Share, Validator};
use crate::record::{Record, Section, Text};

/// A longer tag is not kept.
const LONGEST_TAG: usize = 256;

/// Asks for one section of these patients.
pub(super) async fn fetch(site: &Site, ask: Ask<'_>) -> Answer {
    let tag = ask.since.map(Validator::as_str).filter(|tag| is_tag(tag));
    let asked = |id| Asked { id, if_none_match: tag };
    let patients = ask.patients.iter().map(|patient| asked(patient.as_str())).collect();
    let request = FetchRequest { section: ask.section.name(), patients };
    let Ok(body) = serde_json::to_vec(&request) else {
        return Share::failed(Problem::Unreachable).for_each(ask.patients);
    };
    let rows = site.post("fetch", body, ask.deadline).await;
    match rows.and_then(|body| read(&body, ask.section, ask.patients, tag)) {
        Ok(answer) => answer,
        Err(problem) => Share::failed(problem).for_each(ask.patients),
    }
}

/// Reads the rows of an answer to a question about these patients, who were asked about with that tag.
pub(super) fn read(
    body: &[u8],
    section: Section,
    patients: &[LocalId],
    tag: Option<&str>,
) -> Result<Answer, Problem> {
    let answer: FetchAnswer<'_> = serde_json::from_slice(body).map_err(|_| Problem::Garbled)?;
    let (mut shares, mut strangers) = (BTreeMap::<&LocalId, Share>::new(), 0);
    for raw in answer.rows {
        let id = owner(raw)?;
        let row = serde_json::from_str::<Row<'_>>(raw.get()).ok();
        let Some(patient) = patients.iter().find(|patient| patient.as_str() == id) else {
            strangers += row.and_then(|row| Some(row.records?.len())).unwrap_or_default().max(1);
            continue;
        };
        let share = row.ok_or(Problem::Garbled).and_then(|row| share(row, section, tag));
        let share = share.unwrap_or_else(Share::failed);
        // Of two rows nobody can tell which holds.
        let is_second = shares.insert(patient, share).is_some();
        if is_second {
            shares.insert(patient, Share::failed(Problem::Garbled));
        }
    }
    let strangers = u32::try_from(strangers).unwrap_or(u32::MAX);
    let strangers = (strangers > 0).then_some(Problem::WrongPatient(strangers));
    let of = |patient: &LocalId| {
        // Who is not answered for is not known to have nothing.
        let mut share = shares.remove(patient).unwrap_or_else(|| Share::failed(Problem::Garbled));
        share.problem = Problem::graver(share.problem.take(), strangers.clone());
        (patient.clone(), share)
    };
    Ok(patients.iter().map(of).collect())
}

/// For whom a row is; one that does not say that may be for anybody, so nothing of the answer can be told apart.
fn owner(row: &RawValue) -> Result<String, Problem> {
    #[derive(Deserialize)]
    struct Owner {
        id: String,
    }
    serde_json::from_str::<Owner>(row.get()).map(|it| it.id).map_err(|_| Problem::Garbled)
}

/// What a row says; the problem when it says nothing.
fn share(row: Row<'_>, section: Section, tag: Option<&str>) -> Result<Share, Problem> {
    let is_ok = row.status == Status::Ok;
    // Only an answer can hold something, and it says whether that is all.
    if row.records.is_some() != is_ok || row.complete.is_some() != is_ok {
        return Err(Problem::Garbled);
    }
    let as_of = row.as_of.as_deref().map(moment).transpose()?;
    match row.status {
        Status::Ok => {}
        // What was confirmed is what was asked about, or nobody knows what it was.
        Status::Unchanged if row.etag.is_none() || row.etag.as_deref() == tag => {
            return Ok(Share { as_of, ..Share::failed(Problem::Unchanged) });
        }
        Status::Unchanged => return Err(Problem::Garbled),
        Status::NotFound => return Err(Problem::Status(404)),
        Status::Unavailable => return Err(Problem::Status(503)),
        Status::Denied => return Err(Problem::Unauthorized),
        Status::Busy => {
            return Err(Problem::Busy { retry_after: row.retry_after.map(Duration::from_secs) });
        }
    }
    let mut gathered = Gathered { id: &row.id, section, ..Gathered::default() };
    row.records.iter().flatten().for_each(|raw| gathered.take(raw));
    let mut share = gathered.into_share();
    if row.complete == Some(false) {
        share.problem = Problem::graver(share.problem.take(), Some(Problem::Incomplete));
    }
    for record in &mut share.records {
        record.labels.extend(row.labels.iter().cloned());
    }
    share.validator = row.etag.filter(|tag| is_tag(tag)).map(Validator::new);
    share.as_of = as_of;
    Ok(share)
}

/// The records of one patient, as far as they have been read.
struct Gathered<'r> {
    id: &'r str,
    section: Section,
    records: Vec<Record>,
    withdrawn: u32,
    unreadable: u32,
    strangers: u32,
}

impl Default for Gathered<'_> {
    fn default() -> Self {
        let (id, section, records) = ("", Section::Demographics, Vec::new());
        Self { id, section, records, withdrawn: 0, unreadable: 0, strangers: 0 }
    }
}

impl Gathered<'_> {
    fn take(&mut self, raw: &RawValue) {
        let Ok(statement) = serde_json::from_str::<Statement<'_>>(raw.get()) else {
            self.unreadable += 1;
            return;
        };
        // Whose it is comes before what it is.
        if statement.subject != self.id {
            self.strangers += 1;
            return;
        }
        match serde_json::from_str::<Record>(statement.record.get()) {
            Ok(record) if record.fact.is_withdrawn() => self.withdrawn += 1,
            Ok(record) if self.is_good(&record) => self.records.push(record),
            Ok(_) | Err(_) => self.unreadable += 1,
        }
    }

    fn is_good(&self, record: &Record) -> bool {
        !record.reference.is_empty()
            && record.fact.section() == self.section
            && record.fact.is_of_use()
            && record.is_strict()
    }

    fn into_share(mut self) -> Share {
        self.drop_doubles();
        let counted = |count: u32, problem: fn(u32) -> Problem| (count > 0).then(|| problem(count));
        let unreadable = counted(self.unreadable, Problem::Unreadable);
        let strangers = counted(self.strangers, Problem::WrongPatient);
        let (records, withdrawn) = (self.records, self.withdrawn);
        Share {
            records,
            problem: Problem::graver(unreadable, strangers),
            withdrawn,
            ..Share::default()
        }
    }

    /// Of several records with one reference nobody can tell which holds: none of them is kept.
    fn drop_doubles(&mut self) {
        let mut times: HashMap<Text, u32> = HashMap::new();
        for record in &self.records {
            *times.entry(record.reference.clone()).or_default() += 1;
        }
        let before = self.records.len();
        self.records.retain(|record| times.get(&record.reference) == Some(&1));
        let dropped = u32::try_from(before - self.records.len()).unwrap_or(u32::MAX);
        self.unreadable = self.unreadable.saturating_add(dropped);
    }
}

fn moment(text: &str) -> Result<SystemTime, Problem> {
    OffsetDateTime::parse(text, &Rfc3339).map(SystemTime::from).map_err(|_| Problem::Garbled)
}

/// Whether a tag may be kept and shown again.
fn is_tag(tag: &str) -> bool {
    (1..=LONGEST_TAG).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_graphic())
}
