//! What the pages of a question brought: each record checked to be about whom was asked for, and each once.

use std::collections::{BTreeMap, HashMap};

use super::exchange::Answer as Page;
use super::hint::{Objection, differs_in};
use super::item::{Item, around, record};
use super::once::{are_same, unreadable};
use super::path::Path;
use super::plan::Fetch;
use super::progress::{Novelty, Step};
use super::rule::{Around, Stop};
use super::testimony::stranger;
use crate::connector::{Answer, LocalId, Problem, Share};
use crate::record::Text;

/// What the pages of one question brought so far.
pub(super) struct Gathered<'p> {
    of: BTreeMap<&'p str, (&'p LocalId, Share)>,
    /// Which references there were, and how often.
    known: HashMap<Text, Known<'p>>,
    /// The page that is being taken, as pages are counted.
    page: u32,
    strangers: u32,
    /// Items of nobody knows whom.
    unreadable: u32,
}

/// A reference that there was.
struct Known<'p> {
    of: &'p str,
    /// The page on which it stood last.
    page: u32,
    /// Where its record stands among the patient's; nothing when it was withdrawn.
    place: Option<usize>,
    /// It stood there again with another record: nobody can tell which of them holds.
    is_contested: bool,
}

impl<'p> Gathered<'p> {
    pub(super) fn of(patients: &'p [LocalId]) -> Self {
        let shares = patients.iter().map(|it| (it.as_str(), (it, Share::default())));
        Self { of: shares.collect(), known: HashMap::new(), page: 0, strangers: 0, unreadable: 0 }
    }

    pub(super) fn take(&mut self, plan: &Fetch, page: &Page<'_>) -> Result<Step, Problem> {
        let mut step = Step::default();
        self.page += 1;
        for item in &page.items {
            let around = around(page, item);
            step.add(match &plan.each {
                None => self.item(plan, around)?,
                Some(each) => self.parts(plan, each, around)?,
            });
        }
        Ok(step)
    }

    /// Takes the parts of an item. It is new when one of them is.
    fn parts(&mut self, plan: &Fetch, each: &Path, around: Around<'_>) -> Result<Novelty, Problem> {
        let parts = around.walk.select(&each.segments, around.item);
        let parts = parts.map_err(|_| Problem::TooMuch)?;
        plan.exchange.testify_each(each, !parts.is_empty(), around);
        let mut newest = None;
        for here in parts {
            newest = newest.max(Some(self.item(plan, Around { here, ..around })?));
        }
        // Of one without parts nobody can tell.
        Ok(newest.unwrap_or(Novelty::New))
    }

    /// Takes one item, or a part of one.
    fn item(&mut self, plan: &Fetch, around: Around<'_>) -> Result<Novelty, Problem> {
        let owner = match plan.subject.text(around) {
            Err(Stop::Spent) => return Err(Problem::TooMuch),
            Err(Stop::Unfit(_)) => None,
            Ok(owner) => owner,
        };
        if let Some(owner) = &owner {
            self.testify(plan, owner, around);
        }
        let known = owner.as_ref().and_then(|it| self.of.get_key_value(it.as_ref()));
        match (known.map(|(id, _)| *id), owner) {
            (Some(owner), _) => return self.place(plan, owner, around),
            // What names nobody in a feed of everybody's may be this patient's.
            (None, None) if plan.is_feed => self.unreadable += 1,
            (None, Some(_)) if plan.is_feed => {}
            (None, _) => self.strangers += 1,
        }
        Ok(Novelty::New)
    }

    /// Tells whoever tries the connector why an item is nobody's who was asked about.
    fn testify(&self, plan: &Fetch, owner: &str, around: Around<'_>) {
        let Some(witness) = around.walk.budget.witness() else { return };
        if self.of.contains_key(owner) {
            return;
        }
        let asked: Vec<&str> = self.of.keys().copied().collect();
        // A feed holds those of others too.
        if !plan.is_feed || asked.iter().any(|id| differs_in(owner, id).is_some()) {
            let why = || stranger(owner, around.item, &asked);
            plan.exchange.refuse(Some(witness), "subject", why);
        }
    }

    /// Puts an item of one of the patients where it belongs.
    fn place(
        &mut self,
        plan: &Fetch,
        owner: &'p str,
        around: Around<'_>,
    ) -> Result<Novelty, Problem> {
        let made = match record(plan, around) {
            Ok(made) => made,
            Err(Stop::Spent) => return Err(Problem::TooMuch),
            Err(Stop::Unfit(at)) => {
                // Where the rule stands, and nothing of what it found.
                tracing::debug!(rule = at, "an item does not fit its rules");
                self.miss(owner, 1);
                return Ok(Novelty::New);
            }
        };
        let reference = match &made {
            Item::Record(record) => record.reference.clone(),
            Item::Withdrawn(reference) => reference.clone(),
        };
        if let Some(known) = self.known.get_mut(&reference) {
            let (of, place, was_contested) = (known.of, known.place, known.is_contested);
            let before = std::mem::replace(&mut known.page, self.page);
            let repeated = if before == self.page { Novelty::Twice } else { Novelty::Again };
            let is_same = of == owner && self.is_same(owner, place, &made);
            if !is_same && !was_contested {
                self.contest(&reference);
                plan.exchange.refuse(around.walk.budget.witness(), "reference", contested);
            }
            let is_new = !is_same && !was_contested;
            return Ok(if is_new { Novelty::New } else { repeated });
        }
        let Some((_, share)) = self.of.get_mut(owner) else { return Ok(Novelty::New) };
        let place = match made {
            Item::Record(record) => {
                share.records.push(*record);
                Some(share.records.len() - 1)
            }
            Item::Withdrawn(_) => {
                share.withdrawn += 1;
                None
            }
        };
        let known = Known { of: owner, page: self.page, place, is_contested: false };
        self.known.insert(reference, known);
        Ok(Novelty::New)
    }

    /// Two different records with one reference: both are counted as such that cannot be read, and left out at the end.
    fn contest(&mut self, reference: &Text) {
        let Some(known) = self.known.get_mut(reference) else { return };
        known.is_contested = true;
        let of = known.of;
        self.miss(of, 2);
    }

    fn is_same(&self, owner: &str, place: Option<usize>, made: &Item) -> bool {
        let records = self.of.get(owner).map(|(_, share)| share.records.as_slice());
        match (place.and_then(|place| records?.get(place)), made) {
            (Some(known), Item::Record(record)) => are_same(known, record),
            (None, Item::Withdrawn(_)) => true,
            _ => false,
        }
    }

    /// Counts items of a patient that cannot be read.
    fn miss(&mut self, owner: &str, count: u32) {
        if let Some((_, share)) = self.of.get_mut(owner) {
            share.problem = unreadable(share, count);
        }
    }

    pub(super) fn into_answer(mut self, problem: Option<Problem>) -> Answer {
        let mut contested: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for known in self.known.values().filter(|known| known.is_contested) {
            contested.entry(known.of).or_default().extend(known.place);
        }
        for (owner, mut places) in contested {
            places.sort_unstable();
            if let Some((_, share)) = self.of.get_mut(owner) {
                places.iter().rev().for_each(|place| drop(share.records.remove(*place)));
            }
        }
        let strangers = (self.strangers > 0).then_some(Problem::WrongPatient(self.strangers));
        let nobody = (self.unreadable > 0).then_some(Problem::Unreadable(self.unreadable));
        let shared = Problem::graver(Problem::graver(problem, strangers), nobody);
        let whole = |(patient, mut share): (&LocalId, Share)| {
            share.problem = Problem::graver(share.problem.take(), shared.clone());
            (patient.clone(), share)
        };
        self.of.into_values().map(whole).collect()
    }
}

fn contested() -> Objection {
    Objection::new(
        "different items have one reference, so that nobody can tell which of them holds: both could not be read",
        "pick what tells one item from all others; where no field does so alone, join two, as in reference = { join = [\"$.rxNo\", \"$.fillNo\"], with = \"-\" }",
    )
}
