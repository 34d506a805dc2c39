//! Questions to which a source keeps giving answers that cannot be used: another patient's records, or a body that
//! cannot be read.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use caregraph_connectors::record::Section;
use caregraph_connectors::{Answer, Ask, LocalId, Problem, Rest, Share};
use tokio::time::Instant;

use super::verdict::is_poison;

/// So many unusable answers in a row.
const STRIKES: u32 = 3;

/// How long the question is then not asked. Afterwards one more such answer is enough.
const TIME: Duration = Duration::from_mins(1);

/// How long a strike is remembered.
const MEMORY: Duration = Duration::from_mins(10);

/// How many questions are remembered at most.
const MOST: usize = 4_096;

/// The questions that are not asked for a while.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    struck: Mutex<HashMap<(Section, LocalId), Struck>>,
    /// How many they are, to be read without waiting: nearly always none.
    count: AtomicUsize,
}

#[derive(Debug)]
struct Struck {
    strikes: u32,
    last: Instant,
    until: Option<Instant>,
}

impl Quarantine {
    /// Whom the source may be asked about, and what is answered about the others.
    pub(super) fn sort<'a>(&self, ask: &Ask<'a>, now: Instant) -> (Cow<'a, [LocalId]>, Answer) {
        if self.count.load(Ordering::Relaxed) == 0 {
            return (Cow::Borrowed(ask.patients), Answer::new());
        }
        let struck = self.struck.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = Answer::new();
        let is_free = |patient: &&LocalId| {
            let until = struck.get(&(ask.section, (*patient).clone())).and_then(|it| it.until);
            let left = until.map(|until| until.saturating_duration_since(now));
            let Some(again_in) = left.filter(|left| !left.is_zero()) else { return true };
            let problem = Problem::NotAsked { why: Rest::Unusable, again_in };
            held.insert((*patient).clone(), Share::failed(problem));
            false
        };
        let free: Vec<LocalId> = ask.patients.iter().filter(is_free).cloned().collect();
        (Cow::Owned(free), held)
    }

    /// Learns from an answer. One about several patients does not tell whose records spoil it.
    pub(super) fn learn(&self, ask: &Ask<'_>, answer: &Answer, now: Instant) {
        let ([patient], Some((_, share))) = (ask.patients, answer.first_key_value()) else {
            return;
        };
        if is_poison(share) {
            self.strike((ask.section, patient.clone()), now);
        } else if self.count.load(Ordering::Relaxed) > 0 && share.problem.is_none() {
            let mut struck = self.struck.lock().unwrap_or_else(PoisonError::into_inner);
            struck.remove(&(ask.section, patient.clone()));
            self.count.store(struck.len(), Ordering::Relaxed);
        }
    }

    fn strike(&self, question: (Section, LocalId), now: Instant) {
        let mut struck = self.struck.lock().unwrap_or_else(PoisonError::into_inner);
        if struck.len() >= MOST {
            struck.retain(|_, it| now.saturating_duration_since(it.last) < MEMORY);
        }
        if struck.len() < MOST || struck.contains_key(&question) {
            let fresh = || Struck { strikes: 0, last: now, until: None };
            let it = struck.entry(question).or_insert_with(fresh);
            if now.saturating_duration_since(it.last) >= MEMORY {
                *it = fresh();
            }
            it.strikes = it.strikes.saturating_add(1);
            it.last = now;
            it.until = (it.strikes >= STRIKES).then(|| now + TIME);
        }
        self.count.store(struck.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        quarantine: Quarantine,
        now: Instant,
    }

    impl Bench {
        fn answer(&self, patient: &str, problem: Option<Problem>) {
            let patients = [LocalId::new(patient)];
            let ask = Ask {
                patients: &patients,
                section: Section::Allergies,
                deadline: self.now,
                since: None,
            };
            let share = Share { problem, ..Share::default() };
            self.quarantine.learn(&ask, &share.for_each(&patients), self.now);
        }

        fn is_asked(&self, patient: &str, section: Section) -> bool {
            let patients = [LocalId::new(patient), LocalId::new("other")];
            let ask = Ask { patients: &patients, section, deadline: self.now, since: None };
            let (free, held) = self.quarantine.sort(&ask, self.now);
            assert_eq!(free.len() + held.len(), 2, "everybody has an answer or is asked about");
            free.contains(&patients[0])
        }
    }

    #[test]
    fn three_unusable_answers_in_a_row_close_one_question_for_a_minute() {
        let mut bench = Bench { quarantine: Quarantine::default(), now: Instant::now() };
        bench.answer("p", Some(Problem::Garbled));
        bench.answer("p", Some(Problem::WrongPatient(1)));
        bench.answer("p", None);
        bench.answer("p", Some(Problem::TooMuch));
        bench.answer("p", Some(Problem::Timeout));
        bench.answer("p", Some(Problem::Garbled));
        assert!(bench.is_asked("p", Section::Allergies));
        bench.answer("p", Some(Problem::Garbled));
        assert!(!bench.is_asked("p", Section::Allergies));
        assert!(bench.is_asked("p", Section::Conditions));
        bench.now += TIME;
        assert!(bench.is_asked("p", Section::Allergies));
        bench.answer("p", Some(Problem::Garbled));
        assert!(!bench.is_asked("p", Section::Allergies), "one more is enough then");
        bench.now += MEMORY;
        bench.answer("p", Some(Problem::Garbled));
        assert!(bench.is_asked("p", Section::Allergies), "what is long ago is forgotten");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut bench = Bench { quarantine: Quarantine::default(), now: Instant::now() };
        for patient in 0..MOST + 100 {
            bench.answer(&patient.to_string(), Some(Problem::Garbled));
        }
        let count = || bench.quarantine.count.load(Ordering::Relaxed);
        assert_eq!(count(), MOST);
        bench.now += MEMORY;
        bench.answer("one more", Some(Problem::Garbled));
        assert_eq!(bench.quarantine.count.load(Ordering::Relaxed), 1);
    }
}
