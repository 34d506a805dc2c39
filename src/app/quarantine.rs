//! Registered connectors that are taken out of use because of what their sources send.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::registrar::Registrar;
use crate::gather::{Ending, Source, SourceId};

/// How often it is looked.
const LOOKS_EVERY: Duration = Duration::from_millis(500);

/// After so many answers with records of somebody else, a source is trusted no more. None of these records is ever shown; that
/// more than one was sent says that it was no accident.
const STRANGERS: u64 = 3;

/// In such a time, of so many answers or more, the greater part could not be read: the source has changed its form.
const WINDOW: Duration = Duration::from_mins(1);
const ANSWERS: u64 = 20;

/// What a source has answered since it is looked at.
struct Watched {
    source: Arc<Source>,
    since: Instant,
    at_first: Tally,
}

/// Answers, counted.
#[derive(Clone, Copy, Default)]
struct Tally {
    strangers: u64,
    unreadable: u64,
    all: u64,
}

impl Tally {
    fn of(source: &Source) -> Self {
        let figures = source.guard.figures();
        let sum = |endings: &[Ending]| endings.iter().map(|it| figures.ended(*it)).sum();
        let unreadable = [Ending::Unreadable, Ending::Garbled];
        let read = [Ending::Ok, Ending::Incomplete, Ending::WrongPatient, Ending::TooMuch];
        Self {
            strangers: sum(&[Ending::WrongPatient]),
            unreadable: sum(&unreadable),
            all: sum(&unreadable) + sum(&read),
        }
    }

    /// Why the source is to be taken out of use, if it is, by what was answered since.
    fn verdict(self, before: Self) -> Option<String> {
        let (unreadable, all) = (self.unreadable - before.unreadable, self.all - before.all);
        if self.strangers >= STRANGERS {
            let strangers = self.strangers;
            return Some(format!(
                "{strangers} of its answers held records of other patients than were asked about; they were dropped."
            ));
        }
        let has_drifted = all >= ANSWERS && unreadable * 2 > all;
        has_drifted.then(|| {
            format!("{unreadable} of {all} answers within a minute could not be read; it has changed their form.")
        })
    }
}

/// Looks after what registered sources answer, for as long as it is polled.
pub(super) async fn keep(registrar: Arc<Registrar>) {
    let mut watched: HashMap<SourceId, Watched> = HashMap::new();
    let mut ticks = interval(LOOKS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let sources = registrar.in_use().await;
        watched.retain(|id, it| sources.iter().any(|now| is_same(now, it) && now.id == *id));
        for source in sources {
            if let Some((version, reason)) = verdict_on_shadow(&source) {
                registrar.end_shadow(&source.id, version, reason).await;
            }
            let at_first = Tally::of(&source);
            let it = watched.entry(source.id.clone()).or_insert_with(|| Watched {
                source: source.clone(),
                since: Instant::now(),
                at_first: Tally::default(),
            });
            if let Some(reason) = at_first.verdict(it.at_first) {
                registrar.quarantine(&source.id, reason).await;
            } else if it.since.elapsed() > WINDOW {
                (it.since, it.at_first) = (Instant::now(), at_first);
            }
        }
    }
}

/// Why the version in the shadow of that source is to be asked no more, if it is. One answer is enough: nobody misses it.
fn verdict_on_shadow(source: &Source) -> Option<(u32, String)> {
    let shadow = source.shadow.get()?;
    let strangers = shadow.figures().strangers.get();
    let reason = || {
        format!(
            "{strangers} of its answers held records of other patients than were asked about; nobody was shown any of them."
        )
    };
    (strangers > 0).then(|| (shadow.version(), reason()))
}

/// Another version counts anew.
fn is_same(now: &Arc<Source>, watched: &Watched) -> bool {
    Arc::ptr_eq(now, &watched.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_count_from_the_beginning_and_what_cannot_be_read_within_a_minute() {
        let none = Tally::default();
        let tally = |strangers, unreadable, all| Tally { strangers, unreadable, all };
        for (now, before, expected) in [
            (tally(2, 0, 1_000), none, false),
            (tally(3, 0, 1_000), tally(2, 0, 990), true),
            (tally(0, 19, 19), none, false),
            (tally(0, 11, 20), none, true),
            (tally(0, 10, 20), none, false),
            (tally(0, 30, 60), tally(0, 20, 40), false),
        ] {
            assert_eq!(now.verdict(before).is_some(), expected);
        }
    }
}
