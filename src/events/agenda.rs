//! What is put off, and until when: that all of a source is forgotten, since that may not happen too often, and that a
//! message counts as lost, since it may still come.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use caregraph_connectors::record::Section;
use caregraph_connectors::{Count, Occasion};
use tokio::time::Instant;

use super::numbers::Numbers;

/// How long a missing message is waited for.
const GRACE: Duration = Duration::from_secs(2);

/// A source has no more subscriptions with us than this.
const MOST_SUBSCRIPTIONS: usize = 64;

/// The sections in which all of a source is to be forgotten; all of them when there is none.
pub(super) type Sections = BTreeSet<Option<Section>>;

/// What is put off for one source.
pub(super) struct Agenda {
    sweep_every: Duration,
    swept_at: Option<Instant>,
    to_sweep: Sections,
    subscriptions: HashMap<String, Subscription>,
}

#[derive(Default)]
struct Subscription {
    numbers: Numbers,
    /// Until when what is missing is waited for.
    doubt_until: Option<Instant>,
}

/// Messages that may be lost.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    pub(super) subscription: String,
    /// Those that are missing; `None` when they are too many to look for.
    pub(super) missing: Option<Vec<u64>>,
}

impl Agenda {
    pub(super) fn new(sweep_every: Duration) -> Self {
        Self {
            sweep_every,
            swept_at: None,
            to_sweep: Sections::new(),
            subscriptions: HashMap::new(),
        }
    }

    /// Everything of the source is to be forgotten, in one section or in all.
    pub(super) fn sweep(&mut self, section: Option<Section>) {
        self.to_sweep.insert(section);
    }

    /// True when something of that has been put off.
    pub(super) fn is_behind(&self) -> bool {
        !self.to_sweep.is_empty()
    }

    /// What of that is to be done now: nothing when it was done a moment ago.
    pub(super) fn due_sweep(&mut self, now: Instant) -> Sections {
        if self.to_sweep.is_empty() || self.next_sweep().is_some_and(|next| next > now) {
            return Sections::new();
        }
        self.swept_at = Some(now);
        let due = std::mem::take(&mut self.to_sweep);
        if due.contains(&None) { Sections::from([None]) } else { due }
    }

    /// Takes in where a message stands among the others.
    pub(super) fn note(&mut self, count: &Count, now: Instant) {
        let is_known = self.subscriptions.contains_key(&count.subscription);
        if !is_known && self.subscriptions.len() >= MOST_SUBSCRIPTIONS {
            self.subscriptions.clear();
            self.sweep(None);
        }
        let it = self.subscriptions.entry(count.subscription.clone()).or_default();
        let in_all = count.in_all.unwrap_or_default();
        let is_anew = match count.occasion {
            Occasion::Handshake => true,
            Occasion::Heartbeat => it.numbers.is_behind(in_all),
            Occasion::Events => false,
        };
        // Whoever begins anew with nothing behind them has told everything.
        let is_first = count.occasion == Occasion::Handshake && in_all == 0;
        if is_anew {
            *it = Subscription { numbers: Numbers::from(in_all), doubt_until: None };
        }
        count.numbers.iter().for_each(|number| it.numbers.came(*number));
        it.numbers.told(in_all);
        if !it.numbers.is_doubtful() {
            it.doubt_until = None;
        } else if it.doubt_until.is_none() {
            it.doubt_until = Some(now + GRACE);
        }
        if is_anew && !is_first {
            self.sweep(None);
        }
    }

    /// The doubts that have been waited for long enough. Each is told once.
    pub(super) fn due_doubts(&mut self, now: Instant) -> Vec<Doubt> {
        let mut due = Vec::new();
        for (name, it) in &mut self.subscriptions {
            if it.doubt_until.is_some_and(|until| until <= now) {
                due.push(Doubt { subscription: name.clone(), missing: it.numbers.missing() });
                it.doubt_until = None;
                it.numbers.settle();
            }
        }
        due
    }

    /// When there is something to be done next.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        let sweep = (!self.to_sweep.is_empty()).then(|| self.next_sweep().unwrap_or(now));
        let doubts = self.subscriptions.values().filter_map(|it| it.doubt_until);
        sweep.into_iter().chain(doubts).min()
    }

    fn next_sweep(&self) -> Option<Instant> {
        self.swept_at.map(|at| at + self.sweep_every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(10);

    fn count(occasion: Occasion, in_all: u64, numbers: &[u64]) -> Count {
        let (subscription, numbers) = ("s".to_owned(), numbers.to_vec());
        Count { subscription, occasion, in_all: Some(in_all), numbers }
    }

    #[test]
    fn a_flood_is_one_sweep_now_and_one_later() {
        let (mut agenda, start) = (Agenda::new(EVERY), Instant::now());
        agenda.sweep(None);
        assert_eq!(agenda.due_sweep(start), Sections::from([None]));
        for number in 1..1_000 {
            agenda.sweep(if number % 2 == 0 { None } else { Some(Section::Goals) });
            assert_eq!(agenda.due_sweep(start + Duration::from_millis(number)), Sections::new());
        }
        assert_eq!(agenda.next(start), Some(start + EVERY));
        assert_eq!(agenda.due_sweep(start + EVERY), Sections::from([None]));
        assert_eq!(
            (agenda.due_sweep(start + EVERY * 2), agenda.next(start)),
            (Sections::new(), None)
        );
    }

    #[test]
    fn sections_are_put_off_together() {
        let (mut agenda, start) = (Agenda::new(EVERY), Instant::now());
        agenda.sweep(Some(Section::Goals));
        agenda.sweep(Some(Section::Coverage));
        let both = Sections::from([Some(Section::Goals), Some(Section::Coverage)]);
        assert_eq!(agenda.due_sweep(start), both);
    }

    #[test]
    fn what_is_missing_counts_as_lost_after_a_while_unless_it_comes() {
        let (mut agenda, start) = (Agenda::new(EVERY), Instant::now());
        agenda.note(&count(Occasion::Handshake, 0, &[]), start);
        agenda.note(&count(Occasion::Events, 1, &[1]), start);
        assert_eq!(agenda.next(start), None);
        agenda.note(&count(Occasion::Events, 3, &[3]), start);
        assert_eq!(agenda.next(start), Some(start + GRACE));
        agenda.note(&count(Occasion::Events, 3, &[2]), start);
        assert_eq!(agenda.next(start), None, "it was overtaken");
        agenda.note(&count(Occasion::Heartbeat, 5, &[]), start);
        assert_eq!(agenda.due_doubts(start), []);
        let doubt = Doubt { subscription: "s".to_owned(), missing: Some(vec![4, 5]) };
        assert_eq!(agenda.due_doubts(start + GRACE), [doubt]);
        assert_eq!(agenda.due_doubts(start + GRACE), [], "it is told once");
        agenda.note(&count(Occasion::Events, 6, &[6]), start);
        assert_eq!(agenda.next(start), None);
        assert_eq!(agenda.due_sweep(start), Sections::new());
    }

    #[test]
    fn whoever_begins_anew_may_have_lost_something() {
        let start = Instant::now();
        for (occasion, in_all, expected) in [
            (Occasion::Handshake, 0, false),
            (Occasion::Handshake, 7, true),
            (Occasion::Heartbeat, 9, false),
            (Occasion::Heartbeat, 3, true),
        ] {
            let mut agenda = Agenda::new(EVERY);
            agenda.note(&count(Occasion::Handshake, 0, &[]), start);
            agenda.note(&count(Occasion::Events, 5, &[1, 2, 3, 4, 5]), start);
            agenda.note(&count(occasion, in_all, &[]), start);
            assert_eq!(!agenda.due_sweep(start).is_empty(), expected, "{occasion:?} {in_all}");
        }
    }

    #[test]
    fn subscriptions_are_not_remembered_without_end() {
        let (mut agenda, start) = (Agenda::new(EVERY), Instant::now());
        for number in 0..1_000 {
            let subscription = number.to_string();
            agenda.note(&Count { subscription, ..count(Occasion::Handshake, 0, &[]) }, start);
            assert!(agenda.subscriptions.len() <= MOST_SUBSCRIPTIONS);
        }
        assert_eq!(agenda.due_sweep(start), Sections::from([None]));
    }
}
