//! The kind `mapped-http`: a partner's own HTTP API, described by a manifest and by no program.
//!
//! Reading order: [`plan`] is a manifest that has been checked; [`exchange`] is one question and what its answers mean
//! ([`request`], [`format`], [`paging`]); [`rule`] makes values of the model out of an item, by paths ([`path`], [`walk`]) into
//! the tree that every format is read into ([`node`]); [`compile`] and [`pick`] check rules against the model ([`shape`]).
//! [`fetch`] (what its answers hold: [`gathered`], [`item`]), [`roster`], [`lookup`] and [`directory`] do the work; [`revalidation`] asks whether it has to be done again.
//!
//! Must never run anything that a partner wrote, nor believe what a partner says of itself: whose a record is, is checked for
//! each item, and whatever a manifest costs is counted and ends (`docs/adr/0020-mappings.md`).

mod block;
mod body;
mod compare;
mod compile;
mod condition;
mod date;
mod directory;
mod exchange;
mod fetch;
mod format;
mod gathered;
mod grammar;
mod hint;
mod item;
mod json;
mod lookup;
mod meaning;
mod misplaced;
mod node;
mod once;
mod out;
mod paging;
mod part;
mod path;
mod people;
mod pick;
mod plan;
mod progress;
mod readable;
mod request;
mod revalidation;
mod roster;
mod rule;
mod schema;
mod shape;
mod sheet;
mod single;
mod site;
mod template;
mod testimony;
mod value;
mod walk;
mod xml;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use self::directory::Services;
use self::fetch::Asker;
use self::plan::{Lookup, Plan, Roster};
pub(crate) use self::readable::readable;
pub use self::schema::of_manifest;
use self::site::Site;
use crate::connector::{
    Answer, Ask, Connector, Directory, LocalId, Problem, RosterCursor, RosterEntry, RosterPage,
    Share,
};
use crate::mistake::Mistake;
use crate::record::Section;
use crate::registry::{BuildError, Io, Kind};

/// `mapped-http`.
pub const KIND: Kind = Kind {
    name: "mapped-http",
    about: "a partner's own HTTP API in JSON, NDJSON, CSV or XML, described by a mapping",
    example: include_str!("example.toml"),
    settings: &plan::KEYS,
    check,
    build,
};

/// A partner's system as a source.
struct Mapped {
    site: Arc<Site>,
    offers: Vec<Section>,
    askers: Vec<Asker>,
    patients_per_ask: usize,
    roster: Option<Roster>,
    lookup: Option<Lookup>,
    services: Option<Services>,
}

fn check(settings: &toml::Table) -> Vec<Mistake> {
    Plan::read(settings).err().unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "every kind is built so")]
fn build(settings: toml::Table, io: Io) -> Result<Arc<dyn Connector>, BuildError> {
    let plan = Plan::read(&settings).map_err(BuildError::Mistakes)?;
    let mut base = io.base_url;
    if base.cannot_be_a_base() {
        return Err(BuildError::Settings("the base URL cannot have a path".to_owned()));
    }
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    let site = Arc::new(Site { base, credentials: io.credentials, egress: io.egress });
    let mut offers: Vec<Section> = plan.fetches.iter().map(|fetch| fetch.section).collect();
    offers.extend(plan.directory.is_some().then_some(Section::Services));
    offers.sort_unstable();
    offers.dedup();
    let patients_per_ask = plan.fetches.iter().map(|fetch| fetch.batch).max().unwrap_or(1);
    let services = plan.directory.map(|it| Services::new(it, site.clone(), io.timeout));
    let askers = plan.fetches.into_iter().map(Asker::new).collect();
    let (roster, lookup) = (plan.roster, plan.lookup);
    Ok(Arc::new(Mapped { site, offers, askers, patients_per_ask, roster, lookup, services }))
}

#[async_trait]
impl Connector for Mapped {
    fn offers(&self) -> &[Section] {
        &self.offers
    }

    fn patients_per_ask(&self) -> usize {
        self.patients_per_ask
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        let of_section = self.askers.iter().filter(|asker| asker.plan.section == ask.section);
        let of_section: Vec<&Asker> = of_section.collect();
        if of_section.is_empty() {
            return Share::failed(Problem::NotSupported).for_each(ask.patients);
        }
        revalidation::section(&of_section, &self.site, ask).await
    }

    fn has_roster(&self) -> bool {
        self.roster.is_some()
    }

    async fn roster(&self, from: &RosterCursor, deadline: Instant) -> Result<RosterPage, Problem> {
        match &self.roster {
            Some(plan) => roster::page(plan, &self.site, from, deadline).await,
            None => Err(Problem::NotSupported),
        }
    }

    fn finds_by(&self) -> Option<&str> {
        self.lookup.as_ref().map(|plan| plan.system.as_str())
    }

    async fn find(&self, value: &str, deadline: Instant) -> Result<Vec<RosterEntry>, Problem> {
        match &self.lookup {
            Some(plan) => lookup::find(plan, &self.site, value, deadline).await,
            None => Err(Problem::NotSupported),
        }
    }

    fn directory(&self) -> Option<&dyn Directory> {
        self.services.as_ref().map(|services| services as &dyn Directory)
    }
}

/// True when a date that is written so reads that text.
pub(crate) fn reads_date(format: &str, text: &str) -> bool {
    date::DateFormat::read(format).is_ok_and(|format| format.parse(text).is_some())
}

/// Puts the answers for the parts of a section together. Parts may overlap, such as the current and all prescriptions.
fn united(parts: Vec<Answer>) -> Answer {
    let is_one = parts.len() == 1;
    let mut whole: BTreeMap<LocalId, Share> = BTreeMap::new();
    for (patient, share) in parts.into_iter().flatten() {
        let known = whole.entry(patient).or_default();
        known.records.extend(share.records);
        known.problem = Problem::graver(known.problem.take(), share.problem);
        known.withdrawn += share.withdrawn;
    }
    if !is_one {
        whole.values_mut().for_each(once::once_each);
    }
    whole
}

#[cfg(test)]
mod hostile_tests;
