//! One gathering: sections × patients × sources, at once, within one deadline.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use caregraph_connectors::egress::purposed;
use caregraph_connectors::record::Section;
use caregraph_connectors::{Answer, Ask, LocalId, Problem, Share};
use futures_util::FutureExt as _;
use futures_util::future::{join, join_all};
use tokio::time::Instant;

use super::ask::{GRACE, ask};
use super::cache::{CacheKey, Departures, Question};
use super::closing::Closing;
use super::outcome::Fetched;
use super::timing::{Origin, Timing};
use super::{Fleet, Source, SourceId};

/// One patient, as far as gathering needs to know: which record of which source is theirs.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// The patient's own id in each source that knows them.
    pub links: BTreeMap<SourceId, LocalId>,
    /// The sources whose patients are not all known yet, so that a link may be missing.
    pub unread: BTreeSet<SourceId>,
    /// What must not be asked, nor spoken of.
    pub closed: BTreeSet<(SourceId, Section)>,
}

impl Person {
    pub(super) fn closes(&self, source: &Source, section: Section) -> bool {
        !self.closed.is_empty() && self.closed.contains(&(source.id.clone(), section))
    }
}

/// Until when and how new an answer is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// When the answer stops being of use.
    pub deadline: Instant,
    /// Nothing is shown that a source was asked for before; when there is none, each copy as long as its windows allow.
    pub since: Option<Instant>,
    /// For what the answer is wanted, as an HL7 code, for the sources' own logs; none when nobody waits for it. No answer
    /// depends on it: what one asks for, another is shown.
    pub purpose: Option<&'static str>,
}

impl Wish {
    /// True for something that a source was asked for at that moment.
    pub(super) fn takes(&self, asked_at: Instant) -> bool {
        self.since.is_none_or(|since| asked_at >= since)
    }
}

/// One and the same, not only alike.
impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({})", self.id)
    }
}

/// What every source said about one patient, section by section, in the order of the fleet.
pub type Gathered = BTreeMap<Section, Vec<Fetched>>;

/// The answers of one source in one section.
type Answers = (SourceId, Section, Vec<(LocalId, Fetched)>);

/// Asks every source for the sections of these patients, unless there is a copy that may be shown, and answers by the
/// wish's deadline whatever has arrived. The answers stand in the order of `people`, each of whom is named once.
pub async fn gather(
    fleet: &Fleet,
    people: &[Person],
    sections: &BTreeSet<Section>,
    wish: Wish,
) -> Vec<Gathered> {
    let cache = fleet.cache();
    let (mut asks, mut sought, mut departures) = (Vec::new(), Vec::new(), Departures::default());
    for source in fleet.with_patients() {
        for section in sections.iter().filter(|section| source.offers(**section)) {
            let patients: BTreeSet<&LocalId> = people
                .iter()
                .filter(|person| !person.closes(source, *section))
                .filter_map(|person| person.links.get(&source.id))
                .collect();
            let Some(windows) = source.keeping.of(*section) else {
                let patients: Vec<LocalId> = patients.into_iter().cloned().collect();
                for batch in patients.chunks(source.connector.patients_per_ask().max(1)) {
                    let (source, batch) = (source.clone(), batch.to_vec());
                    let ask = directly(fleet.closing(), source, *section, batch, wish.deadline);
                    asks.push(purposed(wish.purpose, ask));
                }
                continue;
            };
            for patient in patients {
                let (source, patient) = (source.clone(), patient.clone());
                let key = source.key(*section, patient);
                let question = Question { source, windows, key };
                let found = cache.seek(&question, &wish, &mut departures);
                sought.push(cache.wait(question, wish, found, fleet.closing()));
            }
        }
    }
    cache.depart(departures);
    let (asked, found) = join(join_all(asks), join_all(sought)).await;
    let mut answers: BTreeMap<(SourceId, Section), BTreeMap<LocalId, Fetched>> = BTreeMap::new();
    for (source, section, fetched) in asked {
        answers.entry((source, section)).or_default().extend(fetched);
    }
    for (CacheKey { source, section, patient, .. }, fetched) in found {
        answers.entry((source, section)).or_default().insert(patient, fetched);
    }
    people.iter().map(|person| assemble(fleet, person, sections, &mut answers)).collect()
}

/// One question to a source of which nothing is kept. All of a request stay on the thread that asks: spread over threads,
/// their answers would have to be moved from one processor's cache to another's.
async fn directly(
    closing: &Closing,
    source: Arc<Source>,
    section: Section,
    patients: Vec<LocalId>,
    deadline: Instant,
) -> Answers {
    let began = Instant::now();
    let deadline = deadline.min(began + source.timeout);
    let question = Ask { patients: &patients, section, deadline, since: None };
    // It keeps its own deadline. Boxed, because what waits for many of these is moved about.
    let asked = closing.by(deadline + 2 * GRACE, ask(&source, question, None).boxed()).await;
    let (mut answer, timing) =
        asked.unwrap_or_else(|| (Answer::default(), Timing::since(Origin::Source, began, 1)));
    let fetched = patients.into_iter().map(|patient| {
        let share = answer.remove(&patient).unwrap_or_else(|| Share::failed(Problem::Timeout));
        (patient, Fetched::now(&source, share, timing))
    });
    let fetched = fetched.collect();
    (source.id.clone(), section, fetched)
}

/// Puts one patient's answers together; sources that were not asked say why.
fn assemble(
    fleet: &Fleet,
    person: &Person,
    sections: &BTreeSet<Section>,
    answers: &mut BTreeMap<(SourceId, Section), BTreeMap<LocalId, Fetched>>,
) -> Gathered {
    let mut gathered = Gathered::new();
    for section in sections {
        let open = fleet.with_patients().filter(|source| !person.closes(source, *section));
        let of_sources = open.map(|source| {
            let asked = person
                .links
                .get(&source.id)
                .and_then(|local| answers.get_mut(&(source.id.clone(), *section))?.remove(local));
            asked.unwrap_or_else(|| Fetched::not_asked(source, *section, person))
        });
        gathered.insert(*section, of_sources.collect());
    }
    gathered
}
