//! How one ask becomes questions, and what they brought becomes records: each checked to be about whom was asked for, each
//! once.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use smol_str::format_smolstr;

use super::exchange::Answer as Page;
use super::hint::{Objection, differs_in};
use super::node::Node;
use super::once::{are_same, unreadable};
use super::out::Out;
use super::path::Path;
use super::plan::Fetch;
use super::progress::{Novelty, Step};
use super::revalidation::Brought;
use super::rule::{Around, Rule, Stop};
use super::single::Pick;
use super::site::Site;
use super::testimony::{blame, stranger};
use crate::connector::{Answer, Ask, LocalId, Problem, Share};
use crate::parts::Part as Asked;
use crate::record::{Fact, FuzzyDate, Record, Text};

/// One part of a section, and what its source has taught us.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) plan: Fetch,
    /// It is known to answer for several patients in one question.
    takes_lists: AtomicBool,
}

impl Asker {
    pub(super) fn new(plan: Fetch) -> Self {
        Self { plan, takes_lists: AtomicBool::new(false) }
    }

    /// What this part holds on the patients; of one patient, unless all that it brought `before` still holds.
    pub(super) async fn fetch(
        &self,
        site: &Site,
        ask: Ask<'_>,
        before: Option<&[Asked]>,
    ) -> Brought {
        if let [_] = ask.patients {
            return self.ask(site, ask.patients, before, ask).await;
        }
        let groups = join_all(ask.patients.chunks(self.plan.batch).map(|patients| async move {
            let mut answer = self.ask(site, patients, None, ask).await.answer;
            // A list may be taken for one strange id and answered with nothing, which would read as "no allergies". It is
            // believed only for whom it brought something, until it has brought something of two patients.
            if patients.len() > 1 && self.plan.exchange.is_for_many() {
                let doubtful = self.doubtful(&answer);
                let singles =
                    doubtful.iter().map(|it| self.ask(site, std::slice::from_ref(it), None, ask));
                for single in join_all(singles).await {
                    answer.extend(single.answer);
                }
            }
            answer
        }));
        Brought { answer: groups.await.into_iter().flatten().collect(), pages: None }
    }

    fn doubtful(&self, answer: &Answer) -> Vec<LocalId> {
        if answer.values().filter(|share| !share.records.is_empty()).count() > 1 {
            self.takes_lists.store(true, Ordering::Relaxed);
        }
        let is_proven = self.takes_lists.load(Ordering::Relaxed);
        let is_doubtful =
            |share: &Share| !is_proven && share.problem.is_none() && share.records.is_empty();
        let doubtful = answer.iter().filter(|(_, share)| is_doubtful(share));
        doubtful.map(|(patient, _)| patient.clone()).collect()
    }

    async fn ask(
        &self,
        site: &Site,
        patients: &[LocalId],
        before: Option<&[Asked]>,
        ask: Ask<'_>,
    ) -> Brought {
        let mut gathered = Gathered::of(patients);
        let pages = site.pages(&self.plan.exchange, patients, before, ask.deadline, |page| {
            gathered.take(&self.plan, page)
        });
        let (problem, pages) = pages.await;
        Brought { answer: gathered.into_answer(problem), pages }
    }
}

/// What the pages of one question brought so far.
struct Gathered<'p> {
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

/// What an item turned out to be.
enum Item {
    Record(Box<Record>),
    /// Its source took it back.
    Withdrawn(Text),
}

impl<'p> Gathered<'p> {
    fn of(patients: &'p [LocalId]) -> Self {
        let shares = patients.iter().map(|it| (it.as_str(), (it, Share::default())));
        Self { of: shares.collect(), known: HashMap::new(), page: 0, strangers: 0, unreadable: 0 }
    }

    fn take(&mut self, plan: &Fetch, page: &Page<'_>) -> Result<Step, Problem> {
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

    fn into_answer(mut self, problem: Option<Problem>) -> Answer {
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

/// What an item states.
fn record<'e>(plan: &'e Fetch, around: Around<'e>) -> Result<Item, Stop<'e>> {
    let unfit = Stop::Unfit(plan.reference.at.as_str());
    let local = plan.reference.text(around)?.filter(|text| !text.is_empty()).ok_or(unfit)?;
    let reference = format_smolstr!("{}/{local}", plan.fact);
    plan.testify_withdrawn(around);
    if let Some(withdrawn) = &plan.beside.withdrawn
        && withdrawn.holds(around)?
    {
        return Ok(Item::Withdrawn(reference));
    }
    let unfit = |()| {
        blame(&plan.fields, around);
        Stop::Unfit(plan.fact.as_str())
    };
    let fields = plan.fields.make(around)?.ok_or(()).map_err(unfit)?;
    let fact = Out::Tagged(&plan.fact, Box::new(fields.out));
    let mut fact = Fact::deserialize(fact.into_deserializer()).map_err(drop).map_err(unfit)?;
    if let Fact::Person(person) = &mut fact {
        person.birth_date = person.birth_date.take().map(FuzzyDate::as_birth);
    }
    if fact.is_withdrawn() {
        return Ok(Item::Withdrawn(reference));
    }
    if !fact.is_of_use() {
        return Err(unfit(()));
    }
    Ok(Item::Record(Box::new(Record {
        reference,
        recorded: date(plan.beside.recorded.as_ref(), around)?,
        updated: date(plan.beside.updated.as_ref(), around)?,
        identifiers: listed(plan.beside.identifiers.as_ref(), around)?,
        labels: listed(plan.beside.labels.as_ref(), around)?,
        fact,
    })))
}

fn date<'e>(pick: Option<&'e Pick>, around: Around<'e>) -> Result<Option<FuzzyDate>, Stop<'e>> {
    let Some(pick) = pick else { return Ok(None) };
    Ok(pick.text(around)?.and_then(|text| FuzzyDate::parse(&text)))
}

fn listed<'e, T: Deserialize<'e>>(
    rule: Option<&'e Rule>,
    around: Around<'e>,
) -> Result<Vec<T>, Stop<'e>> {
    let Some(made) = rule.map(|rule| rule.make(around)).transpose()?.flatten() else {
        return Ok(Vec::new());
    };
    Vec::deserialize(made.out.into_deserializer()).map_err(|_| Stop::Unfit("labels"))
}

/// The item alone, as a roster and a directory have them.
pub(super) fn around<'e>(page: &Page<'e>, item: &'e Node<'e>) -> Around<'e> {
    Around { walk: page.walk, headers: &page.reply.headers, item, here: item }
}
