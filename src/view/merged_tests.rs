use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use caregraph_connectors::record::{Condition, Fact, Record, Section};
use uuid::Uuid;

use super::*;
use crate::access::{CodeRules, Policy, Role, Viewer};
use crate::gather::{Cache as Copies, Fetched, Keeping, Outcome, Said, Source, SourceState};
use crate::identity::Identity;
use crate::view::Labelling;
use crate::view::gate::{Args, PlanField, PlanKind, Shape};
use crate::view::testing::{source, source_keeping};

fn said() -> Said {
    let fact = Fact::Condition(Condition::default());
    let (identifiers, labels) = (Vec::new(), Vec::new());
    Record { reference: "c-1".into(), recorded: None, updated: None, identifiers, labels, fact }
        .into()
}

fn copy(source: &Arc<Source>, said: &Said) -> Fetched {
    let outcome = Outcome {
        source: source.clone(),
        state: SourceState::Cached,
        message: None,
        fetched_at: Some(SystemTime::UNIX_EPOCH),
        latency: None,
        timing: None,
        withdrawn: 0,
    };
    Fetched { outcome, records: vec![said.clone()] }
}

fn snapshot(fetched: Fetched) -> Snapshot {
    let identity = Identity { id: PersonId::new(Uuid::nil()), links: Vec::new() };
    Snapshot::new(identity, BTreeMap::from([(Section::Conditions, vec![fetched])]))
}

fn mask(role: Role) -> AccessMask {
    AccessMask::of_role(&Policy::default_policy(), &Viewer::somebody(role))
}

/// Shows one after the other; how often one had to be merged.
fn merges<const N: usize>(shown: [(Fetched, AccessMask); N]) -> usize {
    let fleet = Fleet::new(Vec::new(), Copies::new(0, None));
    let labelling = Labelling::new(CodeRules::built_in(), BTreeMap::new());
    let merged = Merged::new(1 << 20);
    let looks = shown.len() as u64;
    for (fetched, mask) in shown {
        let see = |snapshot| View::new(snapshot, &mask, &labelling);
        merged.patient(snapshot(fetched), &mask, &fleet, see);
    }
    let (times, reuses) = merged.figures();
    assert_eq!(times + reuses, looks);
    usize::try_from(times).expect("there are few")
}

#[test]
fn the_same_copies_are_merged_once() {
    let (lakeside, said) = (source("lakeside"), said());
    let fetched = copy(&lakeside, &said);
    let mask = mask(Role::PrimaryCare);
    assert_eq!(merges([(fetched.clone(), mask.clone()), (fetched, mask)]), 1);
}

#[test]
fn whatever_could_be_told_apart_is_merged_anew() {
    let (lakeside, said) = (source("lakeside"), said());
    let known = copy(&lakeside, &said);
    let other = |change: fn(&mut Fetched)| {
        let mut other = known.clone();
        change(&mut other);
        other
    };
    for changed in [
        other(|it| it.records = vec![self::said()]),
        other(|it| it.records.clear()),
        other(|it| it.outcome.state = SourceState::Stale),
        other(|it| it.outcome.message = Some("It is slow.".into())),
        other(|it| it.outcome.fetched_at = Some(SystemTime::now())),
        other(|it| it.outcome.withdrawn = 1),
        other(|it| it.outcome.source = source("lakeside")),
    ] {
        let mask = mask(Role::PrimaryCare);
        assert_eq!(merges([(known.clone(), mask.clone()), (changed, mask)]), 2);
    }
}

#[test]
fn a_view_is_shown_to_nobody_with_another_mask() {
    let (lakeside, said) = (source("lakeside"), said());
    let fetched = copy(&lakeside, &said);
    let shown = [Role::PrimaryCare, Role::Coordinator].map(|role| (fetched.clone(), mask(role)));
    assert_eq!(merges(shown), 2);
}

/// Shows what a source said just now, twice the same, then something that took longer, and then the copy.
fn merges_of_live(keeping: Keeping) -> usize {
    let copy = copy(&source_keeping("lakeside", keeping), &said());
    let live = |ms| {
        let mut live = copy.clone();
        live.outcome.latency = Some(Duration::from_millis(ms));
        live
    };
    let mask = mask(Role::PrimaryCare);
    merges([live(3), live(3), live(4), copy.clone()].map(|it| (it, mask.clone())))
}

#[test]
fn whoever_waited_for_the_same_answer_of_a_source_is_shown_the_same_view() {
    assert_eq!(merges_of_live(Keeping::with(BTreeMap::new())), 3);
    assert_eq!(merges_of_live(Keeping::NOTHING), 4, "nothing is kept of such a source");
}

/// What is written of a patient when their id is asked for.
fn plan_of_id() -> Plan {
    let kind = PlanKind::Shown(0);
    let field =
        PlanField { key: "\"id\":".into(), kind, shape: Shape::Leaf, args: Args::default() };
    Plan::writing(Shape::Object(vec![field]))
}

#[test]
fn what_was_written_of_a_chart_by_a_plan_is_not_written_again() {
    let fleet = Fleet::new(Vec::new(), Copies::new(0, None));
    let labelling = Labelling::new(CodeRules::built_in(), BTreeMap::new());
    let (merged, lakeside, said) = (Merged::new(1 << 20), source("lakeside"), said());
    let mask = mask(Role::PrimaryCare);
    let show = |fetched| {
        merged.patient(snapshot(fetched), &mask, &fleet, |it| View::new(it, &mask, &labelling))
    };
    let kept = || {
        merged.written.run_pending_tasks();
        merged.written.entry_count()
    };
    let (one, other) = (plan_of_id(), plan_of_id());
    let first = merged.write(&show(copy(&lakeside, &said)), &one);
    assert_eq!(kept(), 0, "it may never be shown again");
    for (plan, known) in [(&one, 1), (&one, 1), (&other, 2), (&one, 2)] {
        assert_eq!(merged.write(&show(copy(&lakeside, &said)), plan), first);
        assert_eq!(kept(), known);
    }
    merged.write(&show(copy(&lakeside, &self::said())), &one);
    assert_eq!(kept(), 2, "another chart is written anew");
}
