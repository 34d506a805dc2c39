//! How an answer is looked for: here, else with whoever fetches it already, else by a flight of its own.

use std::sync::Arc;

use caregraph_connectors::Problem;

use super::flight::{Boarding, Flight, Landing};
use super::memory::Known;
use super::windows::Standing;
use super::{Cache, CacheKey, Departures, Windows};
use crate::gather::Source;
use crate::gather::ask::GRACE;
use crate::gather::closing::Closing;
use crate::gather::outcome::Fetched;
use crate::gather::run::Wish;
use crate::gather::timing::{Origin, Timing};

/// One question, and for how long its answer may be kept.
#[derive(Clone)]
pub(in crate::gather) struct Question {
    pub(in crate::gather) source: Arc<Source>,
    pub(in crate::gather) windows: Windows,
    pub(in crate::gather) key: CacheKey,
}

impl Question {
    /// How a copy may be used. Of a source that would have told of a change, it is fresh for as long as it would be shown as
    /// it is anyhow: what is saved is the question behind it.
    pub(super) fn standing(&self, known: &Known) -> Standing {
        match self.windows.standing(known.age()) {
            Standing::Aging if self.source.hearing.covers(known.asked_at) => Standing::Fresh,
            standing => standing,
        }
    }
}

/// What comes of looking for an answer.
pub(in crate::gather) enum Sought {
    /// It is here.
    Here(Fetched),
    /// It is being fetched.
    Aboard(Arc<Flight>),
    /// Something is being fetched that is older than what is wanted: look again when that has landed.
    Behind(Arc<Flight>),
}

impl Cache {
    /// Looks for an answer. What has to be fetched for it, or may be fetched anew behind it, joins `departures`.
    pub(in crate::gather) fn seek(
        &self,
        question: &Question,
        wish: &Wish,
        departures: &mut Departures,
    ) -> Sought {
        let inner = &self.0;
        if let Some(fetched) = inner.look(question, wish, Some(departures)) {
            return Sought::Here(fetched);
        }
        let key = &question.key;
        // Found now, it landed between the two looks: it is fresh, or a failure of this very moment.
        let here = || inner.look(question, wish, None);
        match inner.flights.board(key, wish.since, inner.shared.is_some(), here) {
            Boarding::Here(fetched) => Sought::Here(fetched),
            Boarding::Aboard(flight) => {
                question.source.copies.joined.add();
                Sought::Aboard(flight)
            }
            Boarding::Behind(flight) => Sought::Behind(flight),
            Boarding::Pilot(pilot) => {
                let flight = pilot.flight().clone();
                departures.add(question, pilot, wish.purpose);
                Sought::Aboard(flight)
            }
        }
    }

    /// Waits for an answer that is being fetched, no longer than the asker may or than anything is waited for.
    pub(in crate::gather) async fn wait(
        &self,
        question: Question,
        wish: Wish,
        mut found: Sought,
        closing: &Closing,
    ) -> (CacheKey, Fetched) {
        let by = wish.deadline + GRACE;
        let fetched = loop {
            match found {
                Sought::Here(fetched) => break fetched,
                Sought::Aboard(flight) => {
                    let landing = match closing.by(by, flight.landing()).await {
                        Some(Some(landing)) => Ok(landing),
                        // Whoever flew it is gone, be it by a panic.
                        Some(None) => Err(Problem::Garbled),
                        None => Err(Problem::Timeout),
                    };
                    break self.settle(&question, &wish, landing);
                }
                Sought::Behind(flight) => {
                    if closing.by(by, flight.landing()).await.is_none() {
                        break self.settle(&question, &wish, Err(Problem::Timeout));
                    }
                    let mut departures = Departures::default();
                    found = self.seek(&question, &wish, &mut departures);
                    self.depart(departures);
                }
            }
        };
        (question.key, fetched)
    }

    /// The answer after a flight, or in place of one that did not land.
    fn settle(
        &self,
        question: &Question,
        wish: &Wish,
        landing: Result<Landing, Problem>,
    ) -> Fetched {
        let source = &question.source;
        let copy_instead = |problem: &Problem| self.0.copy_instead(question, wish, problem);
        match landing {
            Err(problem) => {
                copy_instead(&problem).unwrap_or_else(|| Fetched::failed(source, &problem, None))
            }
            Ok(Landing { brought: Ok(known), timing }) => match timing.origin {
                Origin::Source => Fetched::live(source, &known, timing),
                Origin::Memory | Origin::Shared => Fetched::cached(source, &known).timed(timing),
            },
            Ok(Landing { brought: Err(missed), timing }) => match copy_instead(&missed.problem) {
                Some(copy) => copy.timed(Timing { origin: Origin::Memory, ..timing }),
                None => Fetched::in_part(source, &missed.said, &missed.problem, timing),
            },
        }
    }
}
