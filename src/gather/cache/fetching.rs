//! How a flight brings what it was sent for: from the shared tier, or else from the source.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use caregraph_connectors::egress::purposed;
use caregraph_connectors::{Ask, LocalId, Problem, Share};
use futures_util::future::join_all;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::flight::{Boarding, Landing, Missed, Pilot};
use super::memory::Known;
use super::windows::Standing;
use super::{Cache, Generation, Inner, Kept, Question, SharedTier};
use crate::gather::ask::ask;
use crate::gather::timing::{Origin, Timing};
use crate::telemetry::trace;

/// How far the clock of another node may be ahead of ours.
const SKEW: Duration = Duration::from_secs(30);

/// The flights that one gathering begins.
#[derive(Default)]
pub(in crate::gather) struct Departures(Vec<Departure>);

/// One flight with what it is to bring.
struct Departure {
    question: Question,
    pilot: Pilot,
    /// For what it is asked, as an HL7 code; none when nobody waits for it.
    purpose: Option<&'static str>,
}

impl Departures {
    pub(super) fn add(&mut self, question: &Question, pilot: Pilot, purpose: Option<&'static str>) {
        self.0.push(Departure { question: question.clone(), pilot, purpose });
    }

    /// In groups that one source may be asked for at once.
    fn groups(self) -> Vec<Vec<Departure>> {
        let mut groups: Vec<Vec<Departure>> = Vec::new();
        for departure in self.0 {
            let most = departure.question.source.connector.patients_per_ask().max(1);
            match groups.last_mut() {
                Some(group) if group.len() < most && departure.goes_with(&group[0]) => {
                    group.push(departure);
                }
                _ => groups.push(vec![departure]),
            }
        }
        groups
    }
}

impl Departure {
    fn goes_with(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.question.key, &other.question.key);
        let is_one_question = mine.source == theirs.source && mine.section == theirs.section;
        is_one_question && self.purpose == other.purpose
    }
}

impl Cache {
    /// Begins the flights, in a task of their own that outlives whoever asked. All of one gathering stay in one task:
    /// spread over threads, their answers would have to be moved from one processor's cache to another's.
    pub(in crate::gather) fn depart(&self, departures: Departures) {
        let groups = departures.groups();
        if groups.is_empty() {
            return;
        }
        let inner = self.0.clone();
        let flights = async move {
            join_all(groups.into_iter().map(|group| inner.fly(group))).await;
        };
        tokio::spawn(trace::at(trace::here(), flights).in_current_span());
    }
}

impl Inner {
    async fn fly(&self, departures: Vec<Departure>) {
        match &self.shared {
            None => {
                self.ask(departures).await;
            }
            Some(shared) => {
                let left = self.look_in(shared, departures).await;
                if !left.is_empty() {
                    self.ask_for_all(shared, left).await;
                }
            }
        }
    }

    /// Lands what the shared tier has, and returns what must be fetched: what it has not, and what ages there.
    async fn look_in(
        &self,
        shared: &Arc<dyn SharedTier>,
        departures: Vec<Departure>,
    ) -> Vec<Departure> {
        let keys: Vec<_> = departures.iter().map(|it| it.question.key.clone()).collect();
        let began = Instant::now();
        let found = shared.get(&keys).await;
        let mut left = Vec::new();
        let found = found.into_iter().chain(std::iter::repeat_with(|| None));
        for (departure, kept) in departures.into_iter().zip(found) {
            let key = &departure.question.key;
            let is_current = |known: &Known| !self.memory.outdates(key, known.asked_at);
            match kept.and_then(known_elsewhere).filter(is_current) {
                None => left.push(departure),
                Some(known) => left.extend(self.take_over(departure, &Arc::new(known), began)),
            }
        }
        left
    }

    /// Takes what another node kept, unless it is older than what this flight is to bring.
    fn take_over(
        &self,
        departure: Departure,
        known: &Arc<Known>,
        began: Instant,
    ) -> Option<Departure> {
        let Departure { question, pilot, purpose } = departure;
        let standing = question.standing(known);
        let is_newer = self.memory.get(&question.key).is_none_or(|entry| {
            entry.known.as_ref().is_none_or(|mine| mine.fetched_at < known.fetched_at)
        });
        if standing == Standing::Gone || !is_newer {
            return Some(Departure { question, pilot, purpose });
        }
        if standing == Standing::Old || !pilot.takes(known.asked_at) {
            // Good enough should the source fail.
            pilot.while_current(|| self.keep(&question, known));
            return Some(Departure { question, pilot, purpose });
        }
        question.source.copies.shared.add();
        let landing =
            Landing { brought: Ok(known.clone()), timing: Timing::since(Origin::Shared, began, 0) };
        pilot.land(landing, || self.keep(&question, known));
        self.ears.landed(&question.key);
        if standing == Standing::Fresh {
            return None;
        }
        match self.flights.board::<()>(&question.key, None, true, || None) {
            // Whoever waited has an answer.
            Boarding::Pilot(pilot) => Some(Departure { question, pilot, purpose: None }),
            _ => None,
        }
    }

    /// Asks the source, and has what it says kept for all nodes.
    async fn ask_for_all(&self, shared: &Arc<dyn SharedTier>, departures: Vec<Departure>) {
        let questions: Vec<Question> = departures.iter().map(|it| it.question.clone()).collect();
        let since: Vec<Generation> =
            join_all(questions.iter().map(|question| shared.generation(&question.key))).await;
        let brought = self.ask(departures).await;
        let puts =
            questions.iter().zip(since).zip(brought).filter_map(|((question, since), known)| {
                // Of a source of which nothing is kept, nothing is kept for others either.
                let known = known.filter(|_| !question.windows.if_error.is_zero())?;
                let asked_at = SystemTime::now().checked_sub(known.asked_at.elapsed())?;
                let (fetched_at, read_at) = (known.fetched_at, known.read_at);
                let kept = Kept { share: known.share(), fetched_at, asked_at, read_at };
                Some(async move {
                    let keep_for = question.windows.if_error;
                    shared.put(&question.key, &kept, keep_for, since).await;
                })
            });
        join_all(puts).await;
    }

    /// Asks the source, and lands what it says. Returns what may be kept, in the order of the departures.
    async fn ask(&self, departures: Vec<Departure>) -> Vec<Option<Arc<Known>>> {
        let Some(first) = departures.first() else { return Vec::new() };
        let purpose = first.purpose;
        let (source, section) = (first.question.source.clone(), first.question.key.section);
        let patients: Vec<LocalId> =
            departures.iter().map(|it| it.question.key.patient.clone()).collect();
        let before = match departures.as_slice() {
            [departure] => self.before(departure),
            _ => None,
        };
        let since = before.as_ref().and_then(|known| known.validator.as_ref());
        let asked_at = Instant::now();
        source.copies.asked.add_all(departures.len());
        let question =
            Ask { patients: &patients, section, deadline: asked_at + source.timeout, since };
        let (mut answer, timing) =
            purposed(purpose, ask(&source, question, before.as_deref())).await;
        let landed = departures.into_iter().zip(patients).map(|(departure, patient)| {
            let share = answer.remove(&patient).unwrap_or_else(|| Share::failed(Problem::Timeout));
            let confirmed = before.clone().filter(|_| share.problem == Some(Problem::Unchanged));
            match confirmed {
                Some(known) => {
                    source.copies.confirmed.add();
                    let known = known.confirmed(share.as_of, asked_at, SystemTime::now());
                    self.land_whole(departure, known, timing)
                }
                None => self.land(departure, share, asked_at, timing),
            }
        });
        landed.collect()
    }

    /// The copy that the source may be asked about, whether it still holds. Once it is as old as a copy may be at most, it
    /// is read anew, however often the source has confirmed it: who says wrongly that nothing has changed is not believed
    /// for longer than a source that says nothing.
    fn before(&self, departure: &Departure) -> Option<Arc<Known>> {
        let Question { windows, key, .. } = &departure.question;
        let known = self.memory.get(key)?.known.clone()?;
        let age = SystemTime::now().duration_since(known.read_at).ok()?;
        (known.validator.is_some() && age < windows.if_error).then_some(known)
    }

    fn land(
        &self,
        departure: Departure,
        share: Share,
        asked_at: Instant,
        timing: Timing,
    ) -> Option<Arc<Known>> {
        let now = SystemTime::now();
        let Some(problem) = share.problem.clone() else {
            return self.land_whole(departure, Known::new(share, asked_at, now), timing);
        };
        let Departure { question, pilot, .. } = departure;
        let said_nothing = share.records.is_empty();
        let said = Known::new(share, asked_at, now);
        let missed = Arc::new(Missed { said, problem: problem.clone() });
        let is_kept = pilot.land(Landing { brought: Err(missed), timing }, || {
            self.keep_failure(&question, &problem, said_nothing);
        });
        self.landed(&question, is_kept);
        None
    }

    fn land_whole(&self, departure: Departure, known: Known, timing: Timing) -> Option<Arc<Known>> {
        let Departure { question, pilot, .. } = departure;
        let known = Arc::new(known);
        let landing = Landing { brought: Ok(known.clone()), timing };
        let is_kept = pilot.land(landing, || self.keep(&question, &known));
        self.landed(&question, is_kept);
        is_kept.then_some(known)
    }

    fn landed(&self, question: &Question, is_kept: bool) {
        if !is_kept {
            question.source.copies.outdated.add();
        }
        self.ears.landed(&question.key);
    }
}

/// What another node kept, by our clock. What lies in the future cannot be told how old it is.
fn known_elsewhere(kept: Kept) -> Option<Known> {
    let age = match SystemTime::now().duration_since(kept.fetched_at) {
        Ok(age) => age,
        Err(ahead) if ahead.duration() <= SKEW => Duration::ZERO,
        Err(_) => return None,
    };
    if kept.share.problem.is_some() {
        return None;
    }
    // The time between question and answer is how much longer ago it was asked for.
    let took = kept.fetched_at.duration_since(kept.asked_at).unwrap_or_default();
    let asked_at = Instant::now().checked_sub(age + took)?;
    let known = Known::new(kept.share, asked_at, kept.fetched_at);
    Some(Known { read_at: kept.read_at.min(kept.fetched_at), ..known })
}
