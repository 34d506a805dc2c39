//! One question, tried once or twice.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use caregraph_connectors::{Answer, Ask, LocalId, Problem, Share};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Either, select};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::breaker::Turn;
use super::call::Call;
use super::ending::Ending;
use super::hedge::{Second, moments};
use super::limit::Load;
use super::verdict::{Verdict, is_passing};
use super::{Guard, Leave, Source};

/// How long after its deadline a connector is cut off, should it not keep it.
const GRACE: Duration = Duration::from_millis(25);

/// How long is waited before what failed is asked again: from the first to the second, and longer for each try after.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(125));

/// The longest of these waits.
const LONGEST_BACKOFF: Duration = Duration::from_millis(250);

/// The least time in which a retry is worth making.
const WORTH_IT: Duration = Duration::from_millis(50);

/// An answer that takes this many times the usual, and at least so long, shows that its source has too much to do.
const SLOW_TIMES: u32 = 4;
const SLOW_LEAST: Duration = Duration::from_millis(400);

/// What came of one try.
struct Tried {
    answer: Answer,
    verdict: Verdict,
}

impl Tried {
    /// True when there is no reason to wait for another try.
    fn is_good(&self) -> bool {
        self.verdict == Verdict::Sound && !self.answer.values().any(is_passing)
    }
}

impl Guard {
    /// Asks with the leave that was given, and once more where that may help.
    pub(super) async fn ask(&self, source: &Source, ask: Ask<'_>, leave: Leave<'_>) -> Answer {
        let now = Instant::now();
        self.retries.earn(now);
        self.hedges.earn();
        // Whether a source is back is found out with one question.
        if leave.pass.is_look() {
            return self.attempt(source, ask, leave).await.answer;
        }
        let usual = self.paces.usual(ask.section).filter(|_| ask.patients.len() == 1);
        let moments = moments(&self.knobs, usual, now, ask.deadline);
        let mut first = self.attempt(source, ask, leave);
        for (at, why) in moments.into_iter().flatten() {
            tokio::select! {
                biased;
                tried = &mut first => return self.again(source, ask, tried).await,
                () = sleep_until(at) => {}
            }
            if let Some(leave) = self.second(why) {
                return self.race(first, self.attempt(source, ask, leave)).await;
            }
        }
        let tried = first.await;
        self.again(source, ask, tried).await
    }

    /// Waits for the first good answer of two tries; the other is called off by being dropped.
    async fn race(&self, first: BoxFuture<'_, Tried>, second: BoxFuture<'_, Tried>) -> Answer {
        match select(first, second).await {
            Either::Left((tried, _)) if tried.is_good() => tried.answer,
            Either::Left((tried, second)) => better(tried.answer, second.await.answer),
            Either::Right((tried, first)) => {
                if tried.is_good() {
                    self.figures.overtaken.add();
                    return tried.answer;
                }
                better(first.await.answer, tried.answer)
            }
        }
    }

    /// Asks again about those of whom the answer broke on the way.
    async fn again(&self, source: &Source, ask: Ask<'_>, tried: Tried) -> Answer {
        let mut answer = tried.answer;
        let mut longest = BACKOFF.1;
        for _ in 0..self.knobs.retries {
            let broken = answer.iter().filter(|(_, share)| is_passing(share));
            let broken: Vec<LocalId> = broken.map(|(patient, _)| patient.clone()).collect();
            let wait = self.jitter.between(BACKOFF.0, longest);
            longest = (longest * 2).min(LONGEST_BACKOFF);
            let left = ask.deadline.saturating_duration_since(Instant::now());
            if broken.is_empty() || left < wait + WORTH_IT {
                break;
            }
            sleep(wait).await;
            let Some(leave) = self.second(Second::Failed) else { break };
            let ask = Ask { patients: &broken, ..ask };
            answer = better(answer, self.attempt(source, ask, leave).await.answer);
        }
        answer
    }

    /// Leave for a second try, if the source and the budgets have one to give.
    fn second(&self, why: Second) -> Option<Leave<'_>> {
        let leave = self.second_leave()?;
        let (is_left, counter) = match why {
            Second::Hedge => (self.hedges.take(), &self.figures.hedges),
            Second::Lost | Second::Failed => {
                (self.retries.take(Instant::now()), &self.figures.retries)
            }
        };
        is_left.then(|| {
            counter.add();
            leave
        })
    }

    /// Asks once and learns from what comes of it. A connector that panics or does not keep its deadline harms nobody.
    ///
    /// A try is boxed: there may be three in one question, whose room all that wait for it would carry about.
    fn attempt<'a>(
        &'a self,
        source: &'a Source,
        ask: Ask<'a>,
        leave: Leave<'a>,
    ) -> BoxFuture<'a, Tried> {
        self.try_once(source, ask, leave).boxed()
    }

    async fn try_once(&self, source: &Source, ask: Ask<'_>, leave: Leave<'_>) -> Tried {
        self.figures.calls.add();
        let asked = Instant::now();
        let call = Call::begin(source, ask.section);
        let fetching = call.announce(source.connector.fetch(ask));
        let fetching = timeout_at(ask.deadline + GRACE, fetching);
        let mut answer = match AssertUnwindSafe(fetching).catch_unwind().await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Answer::new(),
            Err(_) => {
                self.figures.panics.add();
                tracing::error!(source.id = %source.id, section = ask.section.name(), "a connector panicked");
                Share::failed(Problem::Garbled).for_each(ask.patients)
            }
        };
        for patient in ask.patients {
            let silent = || Share::failed(Problem::Timeout);
            answer.entry(patient.clone()).or_insert_with(silent);
        }
        let ending = Ending::of(&answer);
        call.end(ending);
        self.figures.note(ending, asked.elapsed());
        // Less than half of what the source is given otherwise says nothing about it.
        let had_time = ask.deadline.saturating_duration_since(asked) * 2 >= source.timeout;
        let verdict = Verdict::of(&answer, had_time);
        self.learn(source, &ask, &answer, verdict, asked);
        self.tell(source, leave, verdict);
        Tried { answer, verdict }
    }

    fn learn(
        &self,
        source: &Source,
        ask: &Ask<'_>,
        answer: &Answer,
        verdict: Verdict,
        asked: Instant,
    ) {
        let now = Instant::now();
        let took = now.saturating_duration_since(asked);
        if !self.knobs.longest_rest.is_zero() {
            self.quarantine.learn(ask, answer, now);
        }
        if answer.values().any(|share| matches!(share.problem, Some(Problem::WrongPatient(_)))) {
            self.figures.strangers.add();
            tracing::error!(source.id = %source.id, section = ask.section.name(), "a source answered with records of another patient");
        }
        match verdict {
            Verdict::Sound => {
                let load = if self.is_slow(ask, took) { Load::Heavy } else { Load::Light };
                self.limit.learn(load, asked, now);
                if ask.patients.len() == 1 {
                    self.paces.note(ask.section, took);
                }
            }
            Verdict::Fault => {
                self.figures.faults.add();
                self.limit.learn(Load::Heavy, asked, now);
            }
            Verdict::Busy(wait) => {
                self.figures.busy.add();
                self.limit.learn(Load::TooHeavy, asked, now);
                self.pause.begin(wait, now);
            }
            Verdict::Nothing => {}
        }
    }

    fn is_slow(&self, ask: &Ask<'_>, took: Duration) -> bool {
        let usual = self.paces.usual(ask.section).filter(|_| ask.patients.len() == 1);
        usual.is_some_and(|usual| took > (usual.median * SLOW_TIMES).max(SLOW_LEAST))
    }

    fn tell(&self, source: &Source, leave: Leave<'_>, verdict: Verdict) {
        let again = leave.pass.is_look();
        match leave.pass.tell(verdict, Instant::now(), &self.jitter) {
            Turn::None => {}
            Turn::Opened(rest) => {
                self.figures.opened.add();
                self.tell_opened(source, rest, again);
            }
            Turn::Closed => tracing::info!(source.id = %source.id, "a source answers again"),
        }
        drop(leave.slot);
    }
}

/// The better of two answers, patient by patient: the one that is whole, else the one that holds more.
fn better(mut answer: Answer, other: Answer) -> Answer {
    for (patient, share) in other {
        let is_better = answer.get(&patient).is_none_or(|known| {
            let wins = is_whole(&share) && !is_whole(known);
            let is_broken = !is_whole(&share) && is_whole(known);
            wins || (!is_broken && share.records.len() > known.records.len())
        });
        if is_better {
            answer.insert(patient, share);
        }
    }
    answer
}

/// True for all that there is: as it was said, or as it was said before.
fn is_whole(share: &Share) -> bool {
    matches!(share.problem, None | Some(Problem::Unchanged))
}
