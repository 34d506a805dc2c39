//! Where a connector is tried: its source answers, and what it answers is kept; or what was kept is played again, with
//! whatever is to go wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::conditions::Looks;
use crate::connector::Problem;
use crate::egress::Reply;
use crate::witness::{Asked, Look, Outcome, Played, Ruling, Scripted, Witness};

/// More answers than these are not kept at once, nor more rulings: whoever sends more has been seen enough.
const MOST: usize = 2_000;

/// So many values that do not fit are kept of a rule.
const VALUES: usize = 12;

/// A question and what came of it.
#[derive(Clone, Debug)]
pub struct Take {
    /// What was asked.
    pub asked: Asked,
    /// What came, unpacked.
    pub came: Result<Scripted, Problem>,
    /// How long that took.
    pub took: Duration,
}

impl Take {
    /// The answer, if there was one.
    pub(super) fn answer(&self) -> Option<&Scripted> {
        self.came.as_ref().ok()
    }
}

/// What came of a rule, over all items so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) found: u32,
    pub(super) missing: u32,
    pub(super) left_out: u32,
    pub(super) unfit: u32,
    /// A member that is not there, and one that is.
    pub(super) alike: Option<(String, String)>,
    /// What would fit.
    pub(super) needed: Option<String>,
    /// How one that does not is written.
    pub(super) written: Option<String>,
    /// Some that do not.
    pub(super) values: BTreeSet<String>,
}

/// The rules of a manifest, by where they stand, and what came of them.
pub(super) type Tallies = BTreeMap<String, Tally>;

/// Settings that an answer was not as they say, by where they stand: why, and what to do.
pub(super) type Refusals = BTreeMap<String, (String, String)>;

/// What is answered in place of the source.
type Script = Arc<dyn Fn(&Asked) -> Played + Send + Sync>;

/// See the module.
#[derive(Default)]
pub struct Stage(Mutex<State>);

#[derive(Default)]
struct State {
    script: Option<Script>,
    takes: Vec<Take>,
    tallies: Tallies,
    refusals: Refusals,
    looks: Looks,
}

impl Stage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the source is asked; what it answered before is handed out.
    pub fn takes(&self) -> Vec<Take> {
        let mut state = self.state();
        state.script = None;
        std::mem::take(&mut state.takes)
    }

    /// From now on this answers, and nothing is kept.
    pub(super) fn play(&self, script: impl Fn(&Asked) -> Played + Send + Sync + 'static) {
        self.state().script = Some(Arc::new(script));
    }

    /// What came of the rules while the source answered.
    pub(super) fn tallies(&self) -> Tallies {
        self.state().tallies.clone()
    }

    /// What the paths of conditions led to while the source answered.
    pub(super) fn looks(&self) -> Looks {
        self.state().looks.clone()
    }

    /// Values that do not fit their rules, by where those stand: for the eyes of whom the source belongs to alone.
    pub fn unfit(&self) -> BTreeMap<String, BTreeSet<String>> {
        let state = self.state();
        let some = state.tallies.iter().filter(|(_, tally)| !tally.values.is_empty());
        some.map(|(at, tally)| (at.clone(), tally.values.clone())).collect()
    }

    pub(super) fn forget_rules(&self) {
        let mut state = self.state();
        state.tallies.clear();
        state.looks.clear();
    }

    /// Why answers were refused since this was asked last.
    pub(super) fn refusals(&self) -> Refusals {
        std::mem::take(&mut self.state().refusals)
    }
}

impl Witness for Stage {
    fn plays(&self, asked: &Asked) -> Option<Played> {
        let script = self.state().script.clone();
        script.map(|script| script(asked))
    }

    fn saw(&self, asked: Asked, came: &Result<Reply, Problem>, took: Duration) {
        let mut state = self.state();
        if state.script.is_none() && state.takes.len() < MOST {
            let came = came.as_ref().map(scripted).map_err(Clone::clone);
            state.takes.push(Take { asked, came, took });
        }
    }

    fn refused(&self, at: &str, why: &str, remedy: &str) {
        let mut state = self.state();
        if state.script.is_none() && state.refusals.len() < MOST {
            let said = || (why.to_owned(), remedy.to_owned());
            state.refusals.entry(at.to_owned()).or_insert_with(said);
        }
    }

    fn looked(&self, look: &Look<'_>) {
        let mut state = self.state();
        if state.script.is_none() {
            let place = (look.at.to_owned(), look.path.clone());
            state.looks.entry(place).or_default().note(look);
        }
    }

    fn ruled(&self, ruling: &Ruling<'_>) {
        let mut state = self.state();
        if state.script.is_some() {
            return;
        }
        let tally = state.tallies.entry(ruling.at.to_owned()).or_default();
        match ruling.outcome {
            Outcome::Found => tally.found += 1,
            Outcome::Missing => tally.missing += 1,
            Outcome::LeftOut => tally.left_out += 1,
            Outcome::Unfit => tally.unfit += 1,
        }
        if let Some((name, found)) = ruling.alike {
            tally.alike = Some((name.to_owned(), found.to_owned()));
        }
        if ruling.needed.is_some() {
            tally.needed.clone_from(&ruling.needed);
        }
        if ruling.written.is_some() {
            tally.written.clone_from(&ruling.written);
        }
        if tally.values.len() < VALUES {
            tally.values.extend(ruling.said.map(str::to_owned));
        }
    }
}

/// An answer as it can be played again: what tells how it was packed is gone.
fn scripted(reply: &Reply) -> Scripted {
    use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
    let mut headers = reply.headers.clone();
    for name in [CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    Scripted { status: reply.status, headers, body: reply.body.clone() }
}
