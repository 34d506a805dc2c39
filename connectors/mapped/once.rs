//! Each record once: what stands under one reference says one thing, or nobody can tell what holds.

use std::collections::{BTreeSet, HashMap};

use crate::connector::{Problem, Share};
use crate::record::{Record, Text};

/// What is told of a share with so many items more that cannot be read.
pub(super) fn unreadable(share: &Share, count: u32) -> Option<Problem> {
    Problem::graver(share.problem.clone(), Some(Problem::Unreadable(count)))
}

/// True when both say the same.
pub(super) fn are_same(one: &Record, other: &Record) -> bool {
    let form = |record| serde_json::to_string(record).ok();
    form(one) == form(other)
}

/// Leaves each record once. Of different ones with one reference nobody can tell which holds, so that both are left out.
pub(super) fn once_each(share: &mut Share) {
    let mut kept: Vec<Record> = Vec::with_capacity(share.records.len());
    let mut places: HashMap<Text, usize> = HashMap::new();
    let mut contested = BTreeSet::new();
    for record in std::mem::take(&mut share.records) {
        match places.get(&record.reference).and_then(|place| kept.get(*place).zip(Some(*place))) {
            Some((known, _)) if are_same(known, &record) => {}
            Some((_, place)) => drop(contested.insert(place)),
            None => {
                places.insert(record.reference.clone(), kept.len());
                kept.push(record);
            }
        }
    }
    for place in contested.into_iter().rev() {
        kept.remove(place);
        share.problem = unreadable(share, 2);
    }
    share.records = kept;
}
