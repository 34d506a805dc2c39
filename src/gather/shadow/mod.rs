//! The next version of a connector, asked in the shadow of the one in use: nobody is shown what it answers, but how far the
//! two agree is counted.
//!
//! Whoever asks the one in use waits for nothing here. Must never keep or tell what an answer holds, nor touch the guard of
//! the one in use.

mod choice;
mod comparison;
mod figures;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use caregraph_connectors::egress::{purpose, purposed};
use caregraph_connectors::record::Section;
use caregraph_connectors::{Answer, Ask, LocalId, Problem, Share};
use futures_util::future::{join_all, try_join};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant};
use tracing::Instrument as _;

use self::choice::is_chosen;
use self::comparison::Comparison;
use super::Source;
use super::cache::Known;
use super::guard::BreakerState;
use crate::telemetry::trace;

pub use figures::{ShadowFigures, ShadowedSection};

/// How many questions may be under way in one shadow. It is for a look at a few, and must not take from those for whom
/// somebody waits.
const AT_ONCE: usize = 4;

/// Where the next version of a source's connector stands, if one is asked.
#[derive(Default)]
pub struct ShadowSlot(RwLock<Option<Arc<Shadow>>>);

impl ShadowSlot {
    /// The one that is asked now.
    pub fn get(&self) -> Option<Arc<Shadow>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on this one is asked, or none. What was under way for the one before is called off.
    pub fn set(&self, shadow: Option<Shadow>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = shadow.map(Arc::new);
    }
}

/// A version that is asked in the shadow of the one in use. Dropped, it is asked no more.
pub struct Shadow {
    /// Which entry of the connector's history says that it is asked.
    pub entry: u32,
    /// Since when this node counts.
    pub since: SystemTime,
    /// How much of what is asked it is asked too, from 0 to 1.
    share: f64,
    source: Arc<Source>,
    figures: Arc<ShadowFigures>,
    under_way: Mutex<JoinSet<()>>,
}

impl Shadow {
    /// Asks that source for a share of what the one in use is asked, because an entry of the connector's history says so.
    pub fn new(source: Source, share: f64, entry: u32) -> Self {
        Self {
            entry,
            since: SystemTime::now(),
            share,
            source: Arc::new(source),
            figures: Arc::default(),
            under_way: Mutex::default(),
        }
    }

    /// Which version it is.
    pub fn version(&self) -> u32 {
        self.source.version
    }

    /// What was counted.
    pub fn figures(&self) -> &ShadowFigures {
        &self.figures
    }

    /// Begins to ask what the one in use is asked, if this is among what it is asked too.
    pub(super) fn begin(&self, used: &Source, question: &Ask<'_>) -> Option<Pending> {
        let Ask { section, deadline, .. } = *question;
        // One that has mixed up patients is asked nothing more.
        if self.figures.strangers.get() > 0 {
            return None;
        }
        let is_chosen = |patient: &&LocalId| is_chosen(&used.id, section, patient, self.share);
        let patients: Vec<LocalId> = question.patients.iter().filter(is_chosen).cloned().collect();
        if patients.is_empty() {
            return None;
        }
        let count = Count { figures: self.figures.clone(), section, left: patients.len() };
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        while under_way.try_join_next().is_some() {}
        if under_way.len() >= AT_ONCE || !is_at_ease(used) {
            return None;
        }
        let (answered, answer) = oneshot::channel();
        let asking = compare(self.source.clone(), patients.clone(), deadline, answer, count);
        let asking = purposed(purpose(), trace::at(trace::here(), asking));
        under_way.spawn(asking.in_current_span());
        Some(Pending { patients, answered })
    }
}

/// True when one question more is no burden to the source: it is well, and has not asked us to wait.
fn is_at_ease(used: &Source) -> bool {
    let standing = used.guard.standing();
    standing.breaker == BreakerState::Closed && standing.pause == Duration::ZERO
}

/// A question that was asked in the shadow, and waits for the answer of the one in use.
pub(super) struct Pending {
    patients: Vec<LocalId>,
    answered: oneshot::Sender<Answer>,
}

impl Pending {
    /// What the one in use answered; `held`: what it was asked about, if it was whether that still holds.
    pub(super) fn answered(self, answer: &Answer, held: Option<&Known>) {
        let said = |patient: &LocalId| match (answer.get(patient), held) {
            (Some(Share { problem: Some(Problem::Unchanged), .. }), Some(held)) => held.share(),
            (Some(share), _) => share.clone(),
            (None, _) => Share::failed(Problem::Timeout),
        };
        let share = |patient: LocalId| {
            let share = said(&patient);
            (patient, share)
        };
        // Nobody may listen any more, since the shadow may have ended.
        let _ = self.answered.send(self.patients.into_iter().map(share).collect());
    }
}

/// Asks, and compares with what the one in use answers. Ends without a comparison when nobody waits for that one any more.
async fn compare(
    source: Arc<Source>,
    patients: Vec<LocalId>,
    deadline: Instant,
    answer: oneshot::Receiver<Answer>,
    count: Count,
) {
    let section = count.section;
    let batches = patients.chunks(source.connector.patients_per_ask().max(1));
    let asks = batches.map(|patients| {
        // Whether something still holds that another version read, it cannot tell: it reads all.
        let question = Ask { patients, section, deadline, since: None };
        source.guard.fetch(&source, question)
    });
    let asked = async {
        let new: Answer = join_all(asks).await.into_iter().flatten().collect();
        // Counts whatever becomes of the one in use.
        let is_strange = |share: &&Share| matches!(share.problem, Some(Problem::WrongPatient(_)));
        count.figures.strangers.add_all(new.values().filter(is_strange).count());
        Ok(new)
    };
    if let Ok((new, old)) = try_join(asked, answer).await {
        count.end(&old, new);
    }
}

/// Patients in one section, to be counted. Whoever is not compared in the end was dropped.
struct Count {
    figures: Arc<ShadowFigures>,
    section: Section,
    left: usize,
}

impl Count {
    fn end(mut self, old: &Answer, mut new: Answer) {
        for (patient, old) in old {
            let silent = || Share::failed(Problem::Timeout);
            let new = new.remove(patient).unwrap_or_else(silent);
            if let Some(comparison) = Comparison::of(old, &new) {
                self.figures.take(self.section, &comparison);
                self.left -= 1;
            }
        }
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.figures.dropped.add_all(self.left);
    }
}
