//! Whom the source lists, and some of them to ask about.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::more::{Sign, sign};
use super::place::of_source;
use super::remedy::{doubled, remedy};
use super::report::{Finding, Topic};
use super::sample::drawn;
use super::stage::Take;
use super::{Trial, more};
use crate::connector::{Problem, RosterCursor, RosterEntry, RosterPage};
use crate::record::{FuzzyDate, Precision};

/// How many are read of whom the source lists.
const READ: usize = 2_000;
/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was read of the list of patients.
#[derive(Default)]
pub(super) struct Roster {
    pub(super) people: Vec<RosterEntry>,
    /// What was asked for it.
    pub(super) takes: Vec<Take>,
    unreadable: u32,
    total: Option<u64>,
    /// All of it was read.
    is_whole: bool,
}

impl Roster {
    /// Those who were looked up.
    pub(super) fn of(people: Vec<RosterEntry>, takes: Vec<Take>) -> Self {
        Self { people, takes, ..Self::default() }
    }
}

const CHECK: &str = "roster";

impl Trial<'_> {
    /// Reads whom the source lists, and chooses whom to ask about.
    pub(super) async fn roster(&mut self) -> Roster {
        if !self.connector.has_roster() {
            let message = "The source cannot list its patients, so nobody could be linked to it.";
            let remedy = "Describe where it lists them.";
            self.report.add(Finding::failed(Topic::Shape, CHECK, message, remedy).at("roster"));
            return Roster::default();
        }
        let mut roster = Roster::default();
        let problem = self.read_roster(&mut roster).await;
        roster.takes = self.stage.takes();
        match problem {
            Some(problem) => self.unlisted(&problem, &roster.takes),
            None => self.listed(&roster),
        }
        self.cast = drawn(&roster.people);
        roster
    }

    async fn read_roster(&self, roster: &mut Roster) -> Option<Problem> {
        let mut from = RosterCursor::Start;
        loop {
            let page = self.connector.roster(&from, Instant::now() + PATIENCE).await;
            let RosterPage { people, next, total, unreadable } = match page {
                Ok(page) => page,
                Err(problem) => return Some(problem),
            };
            roster.people.extend(people);
            roster.unreadable += unreadable;
            roster.total = total.or(roster.total);
            match next {
                Some(next) if roster.people.len() < READ => from = next,
                Some(_) => return None,
                None => {
                    roster.is_whole = true;
                    return None;
                }
            }
        }
    }

    /// The list could not be read.
    fn unlisted(&mut self, problem: &Problem, takes: &[Take]) {
        let refusals = self.refusals(CHECK);
        let (message, remedy) = match problem {
            Problem::NotSupported => (
                "The source lists no patients there.".to_owned(),
                "See that `base_url` and the path of the list are right.",
            ),
            problem => {
                (format!("The list of patients could not be read. {problem}"), remedy(problem))
            }
        };
        if refusals {
            return;
        }
        let finding = Finding::failed(Topic::Shape, CHECK, message, remedy);
        self.report.add(match (self.doubled(takes), problem) {
            (Some(path), Problem::Status(_) | Problem::NotSupported) => doubled(&path, CHECK),
            _ => finding.at(of_source(problem).unwrap_or("roster")),
        });
    }

    /// The list was read; is it as it should be?
    fn listed(&mut self, roster: &Roster) {
        self.refusals(CHECK);
        let findings = [
            Some(readable(roster)),
            whole(roster, self.counts_roster()),
            unique(roster),
            known(roster),
            active(roster, self.retires()),
            born(roster),
            day(roster),
        ];
        findings.into_iter().flatten().for_each(|finding| self.report.add(finding));
    }
}

fn readable(roster: &Roster) -> Finding {
    let (read, unreadable) = (roster.people.len(), roster.unreadable);
    if read == 0 && unreadable == 0 {
        let message = "The list of patients is empty.";
        let remedy = "See that the list is where the manifest says, that its items are picked, and that the credentials may see it.";
        Finding::failed(Topic::Shape, CHECK, message, remedy).at("roster.items")
    } else if unreadable > 0 {
        let all = read + unreadable as usize;
        let message =
            format!("{unreadable} of {all} entries of the list of patients cannot be read.");
        let remedy = "See which rule does not fit: it is told below, as `rules`.";
        Finding::failed(Topic::Shape, CHECK, message, remedy).at("roster")
    } else {
        let end = if roster.is_whole { "" } else { ", and there are more" };
        Finding::passed(
            Topic::Shape,
            CHECK,
            format!("{read} patients were read from the list{end}."),
        )
    }
}

/// Nobody is missing from the list. `is_told`: a rule says where the source counts its patients.
fn whole(roster: &Roster, is_told: bool) -> Option<Finding> {
    const CHECK: &str = "roster.complete";
    if roster.people.is_empty() || !roster.is_whole {
        return None;
    }
    let read = roster.people.len() as u64 + u64::from(roster.unreadable);
    let said = roster.total.filter(|total| *total > read);
    let sign = said.map(Sign::Total).or_else(|| sign(&roster.takes, roster.people.len()));
    Some(match sign {
        Some(sign @ Sign::Total(_)) if is_told && said.is_some() => {
            let message = format!("{read} patients were read, but {} (`total`).", sign.words());
            Finding::failed(Topic::Semantics, CHECK, message, more::REMEDY_OF_TOTAL)
                .at("roster.total")
        }
        Some(sign) => {
            let message = format!("{read} patients were read, but {}.", sign.words());
            Finding::failed(Topic::Semantics, CHECK, message, more::REMEDY).at("roster.paging")
        }
        None => {
            Finding::passed(Topic::Semantics, CHECK, "Nothing says that there are more patients.")
        }
    })
}

fn unique(roster: &Roster) -> Option<Finding> {
    const CHECK: &str = "roster.ids";
    let ids: BTreeSet<&str> = roster.people.iter().map(|it| it.id.as_str()).collect();
    let twice = roster.people.len().checked_sub(ids.len())?;
    Some(if twice > 0 {
        let message = format!("{twice} entries of the list have the id of another.");
        let remedy = "Pick as the id what names one patient and no other, and list each once; where whole pages came again, see that the server heeds what `paging` counts.";
        Finding::failed(Topic::Semantics, CHECK, message, remedy).at("roster.id")
    } else {
        Finding::passed(Topic::Semantics, CHECK, "Each patient has an id of their own.")
    })
}

/// People are matched by their names and birth dates.
fn known(roster: &Roster) -> Option<Finding> {
    const CHECK: &str = "roster.matching";
    let all = roster.people.len();
    let lacks = |it: &&RosterEntry| it.person.names.is_empty() || it.person.birth_date.is_none();
    let lacking = roster.people.iter().filter(lacks).count();
    (all > 0).then(|| {
        let message = format!("{lacking} of {all} patients have no name or no birth date.");
        let remedy = "Pick names and birthDate where they stand: whoever has none is linked to nobody, so that nobody sees what is known of them here.";
        if lacking == all {
            Finding::failed(Topic::Shape, CHECK, message, remedy).at("roster.fields")
        } else if lacking > 0 {
            Finding::warned(Topic::Shape, CHECK, message, remedy).at("roster.fields")
        } else {
            Finding::passed(Topic::Shape, CHECK, "Each patient has a name and a birth date.")
        }
    })
}

/// Whoever is retired is linked to nobody.
fn active(roster: &Roster, is_told: bool) -> Option<Finding> {
    const CHECK: &str = "roster.active";
    let all = roster.people.len();
    let retired = roster.people.iter().filter(|it| !it.active).count();
    if retired > 0 && retired < all && is_told {
        let message = format!(
            "{retired} of {all} entries are retired by `active`, so that nobody is shown what you hold on them."
        );
        let remedy = "See that it is meant of each: somebody who has died or moved is still a patient; false is for entries that are no more, such as those merged into another.";
        let finding = Finding::warned(Topic::Semantics, CHECK, message, remedy);
        return Some(finding.at("roster.active"));
    }
    (retired > 0 && retired == all).then(|| {
        let message = "All patients of the list are marked as no longer in use.";
        let remedy = "See that `active` means true for those who are.";
        Finding::failed(Topic::Semantics, CHECK, message, remedy).at("roster.active")
    })
}

/// A birth date is a day: people are matched by it.
fn day(roster: &Roster) -> Option<Finding> {
    let dates = roster.people.iter().filter_map(|it| it.person.birth_date.as_ref());
    let instants = dates.filter(|date| date.precision() == Precision::Instant).count();
    (instants > 0).then(|| {
        let message = format!("{instants} birth dates are instants, of which nobody can tell on which day they were in the patient's place.");
        let remedy = "Let the server write the day alone, or midnight on the clock of its place with its offset; whoever has none is linked to nobody.";
        Finding::failed(Topic::Semantics, "roster.born", message, remedy)
            .at("roster.fields.birthDate")
    })
}

/// Nobody is born tomorrow.
fn born(roster: &Roster) -> Option<Finding> {
    let today = time::OffsetDateTime::now_utc().date().to_string();
    let is_odd = |date: &FuzzyDate| date.as_str() > today.as_str() || date.as_str() < "1890";
    let dates = roster.people.iter().filter_map(|it| it.person.birth_date.as_ref());
    let odd = dates.filter(|date| is_odd(date)).count();
    (odd > 0).then(|| {
        let message = format!("{odd} patients were born in the future, or before 1890.");
        let remedy =
            "See that `birthDate` picks the birth date, and that `date` says how it is written.";
        Finding::failed(Topic::Semantics, "roster.born", message, remedy)
            .at("roster.fields.birthDate")
    })
}
