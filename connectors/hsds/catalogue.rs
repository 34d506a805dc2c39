//! One directory as it was read: immutable, in order, searchable.
//!
//! Must never know how a directory is read, nor who searches it.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

use super::search::{Index, Matched, fold};
use crate::connector::Problem;
use crate::record::ServiceRecord;

/// A searchable copy of a directory, as of one reading. Cheap to copy: the services are shared.
#[derive(Clone, Default)]
pub struct Catalogue {
    content: Arc<Content>,
    read_at: Option<OffsetDateTime>,
    /// Why the last refresh changed nothing.
    failure: Option<Problem>,
}

/// One service that a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The service.
    pub service: Arc<ServiceRecord>,
    /// Where the words were found; [`Matched::Name`] when nothing was asked for.
    pub matched: Matched,
}

/// What one reading of a directory brought.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The services, in any order, each id once.
    pub(crate) services: Vec<Arc<ServiceRecord>>,
    /// The ids of those of which only the list entry could be had.
    pub(crate) thin: HashSet<String>,
    /// How many entries could not be read.
    pub(crate) unreadable: u32,
    /// Why this may not be all.
    pub(crate) problem: Option<Problem>,
}

#[derive(Default)]
struct Content {
    /// In the order of the catalogue: those in use first, then by name, then by id.
    services: Vec<Arc<ServiceRecord>>,
    /// How many of them are in use.
    in_use: usize,
    /// Places of the services in the order of their ids.
    by_id: Vec<usize>,
    thin: HashSet<String>,
    unreadable: u32,
    /// Why the reading may not have brought all.
    flaw: Option<Problem>,
    index: Index,
}

impl Catalogue {
    /// A complete catalogue of `services`, as if a directory had been read at that moment.
    pub fn of(services: Vec<Arc<ServiceRecord>>, read_at: OffsetDateTime) -> Self {
        Self::read(Reading { services, ..Reading::default() }, read_at)
    }

    /// Sorts and indexes a reading. Takes seconds for 100,000 services: not for an async thread.
    pub(crate) fn read(reading: Reading, read_at: OffsetDateTime) -> Self {
        let Reading { services, thin, unreadable, problem: flaw } = reading;
        let services = in_order(services);
        let in_use = services.partition_point(|service| !is_retired(service));
        let mut by_id: Vec<usize> = (0..services.len()).collect();
        by_id.sort_unstable_by_key(|place| services.get(*place).map(|service| &service.id));
        let index = Index::of(&services);
        let content = Content { services, in_use, by_id, thin, unreadable, flaw, index };
        Self { content: Arc::new(content), read_at: Some(read_at), failure: None }
    }

    /// The same copy, with the reason why it could not be renewed.
    pub(crate) fn kept(&self, problem: Problem) -> Self {
        Self { failure: Some(problem), ..self.clone() }
    }

    /// Every service: those in use first, then by name, then by id.
    pub fn services(&self) -> &[Arc<ServiceRecord>] {
        &self.content.services
    }

    /// The service of that id.
    pub fn service(&self, id: &str) -> Option<&Arc<ServiceRecord>> {
        let at = |place: &usize| self.content.services.get(*place);
        let found = self.content.by_id.binary_search_by(|place| {
            at(place).map_or(Ordering::Less, |service| service.id.as_str().cmp(id))
        });
        self.content.by_id.get(found.ok()?).and_then(at)
    }

    /// When the copy was read, by the wall clock; `None` before the first reading.
    pub fn read_at(&self) -> Option<OffsetDateTime> {
        self.read_at
    }

    /// What was wrong with the last refresh. The services are those of the last one that succeeded: all that
    /// the source then gave, possibly without the details of some.
    pub fn problem(&self) -> Option<&Problem> {
        self.failure.as_ref().or(self.flaw())
    }

    /// Why the last refresh changed nothing, so that these services are those of an older reading.
    pub fn failure(&self) -> Option<&Problem> {
        self.failure.as_ref()
    }

    /// What was wrong with the reading that brought these services.
    pub fn flaw(&self) -> Option<&Problem> {
        self.content.flaw.as_ref()
    }

    /// How many entries of the directory could not be read and are missing.
    pub fn unreadable(&self) -> u32 {
        self.content.unreadable
    }

    /// How many services stand here with their list entry alone, because their details could not be had.
    pub fn thin(&self) -> usize {
        self.content.thin.len()
    }

    /// True when the details of that service could not be had.
    pub(super) fn is_thin(&self, id: &str) -> bool {
        self.content.thin.contains(id)
    }

    /// The services that hold a word for every word of `text`, by prefix, without regard to case or accents.
    ///
    /// Those in use come first; among them a match in the names, then in organisation and categories, then
    /// anywhere; then by name and id. A text without words finds everything.
    pub fn search(&self, text: &str) -> Vec<Hit> {
        let content = &self.content;
        let mut found = content.index.find(text);
        // Stable, so that services which match alike stay in the catalogue's order.
        found.sort_by_key(|(place, part)| (*place >= content.in_use, std::cmp::Reverse(*part)));
        found
            .into_iter()
            .filter_map(|(place, matched)| {
                content.services.get(place).map(|service| Hit { service: service.clone(), matched })
            })
            .collect()
    }
}

/// Tens of thousands of services are no debug print.
impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalogue")
            .field("services", &self.content.services.len())
            .field("unreadable", &self.content.unreadable)
            .field("thin", &self.thin())
            .field("read_at", &self.read_at)
            .field("problem", &self.problem())
            .finish_non_exhaustive()
    }
}

fn in_order(mut services: Vec<Arc<ServiceRecord>>) -> Vec<Arc<ServiceRecord>> {
    services.sort_by(|one, other| one.id.cmp(&other.id));
    services.dedup_by(|one, other| one.id == other.id);
    let mut keyed: Vec<_> = services
        .into_iter()
        .map(|service| ((is_retired(&service), fold(&service.name)), service))
        .collect();
    // Stable: services of one name stay in the order of their ids.
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    keyed.into_iter().map(|(_, service)| service).collect()
}

/// Closed for good or for now; "temporarily closed" may open again before anybody gets there.
fn is_retired(service: &ServiceRecord) -> bool {
    let status = service.status.as_deref().unwrap_or_default();
    ["inactive", "defunct"].iter().any(|retired| status.eq_ignore_ascii_case(retired))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(
        id: &str,
        name: &str,
        change: impl FnOnce(&mut ServiceRecord),
    ) -> Arc<ServiceRecord> {
        let mut service =
            ServiceRecord { id: id.into(), name: name.into(), ..ServiceRecord::default() };
        change(&mut service);
        Arc::new(service)
    }

    fn catalogue() -> Catalogue {
        let services = vec![
            service("1", "Soup Kitchen", |it| it.description = Some("Hot food daily.".into())),
            service("2", "Food Bank", |it| it.status = Some("Defunct".into())),
            service("3", "Meals on Wheels", |it| it.categories = vec!["Food".into()]),
            service("4", "Café Füße food", |_| {}),
            service("5", "Food Bank", |it| it.organization = Some("Harbour Trust".into())),
            service("6", "food bank", |it| it.areas = vec!["All of Ludlow (SY8)".into()]),
        ];
        Catalogue::of(services, OffsetDateTime::UNIX_EPOCH)
    }

    fn check(text: &str, expected: &[&str]) {
        let hits = catalogue().search(text);
        let ids: Vec<&str> = hits.iter().map(|hit| hit.service.id.as_str()).collect();
        assert_eq!(ids, expected, "{text:?}");
    }

    #[test]
    fn no_text_finds_everything_by_name_with_the_retired_last() {
        check("", &["4", "5", "6", "3", "1", "2"]);
        check(" ?! ", &["4", "5", "6", "3", "1", "2"]);
    }

    #[test]
    fn names_come_before_topics_and_topics_before_details() {
        check("food", &["4", "5", "6", "3", "1", "2"]);
        check("FOO", &["4", "5", "6", "3", "1", "2"]);
    }

    #[test]
    fn every_word_must_match_somewhere() {
        check("bank food", &["5", "6", "2"]);
        check("harb food", &["5"]);
        check("food sy8", &["6"]);
        check("food for the harbour", &["5"]);
        check("food nowhere", &[]);
    }

    #[test]
    fn accents_and_case_do_not_matter() {
        check("CAFE fusse", &["4"]);
        check("cafe\u{301}", &["4"]);
    }

    #[test]
    fn postal_codes_are_found_with_and_without_their_gap() {
        let place = crate::record::ServiceLocation {
            postal_code: Some("AB1 2CD".into()),
            city: Some("Zürich".into()),
            ..Default::default()
        };
        let services = vec![service("1", "Clinic", |it| it.locations = vec![place])];
        let catalogue = Catalogue::of(services, OffsetDateTime::UNIX_EPOCH);
        for text in ["ab1 2cd", "AB12C", "ab1", "zurich"] {
            assert_eq!(catalogue.search(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_service_is_found_by_its_id() {
        let catalogue = catalogue();
        assert_eq!(catalogue.service("3").unwrap().name, "Meals on Wheels");
        assert!(catalogue.service("7").is_none());
        assert!(Catalogue::default().service("1").is_none());
    }

    #[test]
    fn a_kept_copy_names_the_problem_and_nothing_else_changes() {
        let kept = catalogue().kept(Problem::Timeout);
        assert_eq!(kept.problem(), Some(&Problem::Timeout));
        assert_eq!(kept.services().len(), 6);
        assert_eq!(kept.read_at(), Some(OffsetDateTime::UNIX_EPOCH));
    }
}
