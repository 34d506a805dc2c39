//! Whom of a list to ask about: some from all over it, the same at every run, and in no step in which data may repeat.

use std::time::Duration;

use super::reading::Reading;
use crate::connector::{LocalId, Problem, RosterEntry};

/// So many of those who are listed are asked about, if there are so many.
pub(super) const CAST: usize = 12;
/// So many at most, when few of them have anything.
const MOST: usize = 60;
/// So many at most, when each of them has something.
const KNOWN: usize = 24;
/// Others are asked about until so many have records.
const ENOUGH: usize = 3;
/// A source that is so slow is asked about few.
const LONG: Duration = Duration::from_secs(15);
const FEW: usize = 4;

/// Those who are in use, in an order that has nothing to do with that of the list.
pub(super) fn drawn(people: &[RosterEntry]) -> Vec<LocalId> {
    let active = people.iter().filter(|it| it.active);
    let mut ids: Vec<(u64, &str)> =
        active.map(|it| (scattered(it.id.as_str()), it.id.as_str())).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().take(MOST).map(|(_, id)| LocalId::new(id)).collect()
}

/// A number that is as good as drawn by lot (FNV-1a, and then the bits mixed, since ids differ in their last signs).
fn scattered(id: &str) -> u64 {
    let eat = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325, eat);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Whether another patient is asked about, after these in so much time.
pub(super) fn asks_on(readings: &[Reading], spent: Duration) -> bool {
    let is_closed = |it: &Reading| it.share.problem == Some(Problem::NotSupported);
    let is_telling = |it: &&Reading| it.share.problem.is_some() || !it.share.records.is_empty();
    let asked = readings.len();
    let telling = readings.iter().filter(is_telling).count();
    let full = readings.iter().filter(|it| !it.share.records.is_empty()).count();
    match asked {
        _ if readings.iter().any(is_closed) => false,
        0..FEW => true,
        _ if spent >= LONG => false,
        FEW..CAST => true,
        // What cannot be read of some needs no more of it to be mended.
        _ if telling < ENOUGH => asked < MOST,
        // How a source says that there is nothing is where many err.
        _ => full == asked && asked < KNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Person;

    fn entry(number: usize) -> RosterEntry {
        let id = LocalId::new(format!("{}", 900_100 + number * 7));
        RosterEntry { id, active: true, person: Person::default() }
    }

    #[test]
    fn a_sample_is_the_same_at_every_run_and_keeps_no_step() {
        let people: Vec<RosterEntry> = (0..45).map(entry).collect();
        let ids = drawn(&people);
        assert_eq!(ids.len(), 45);
        let turned: Vec<RosterEntry> = (0..45).rev().map(entry).collect();
        assert_eq!(drawn(&turned), ids);
        // Of data that repeat by any number up to five, each kind is among the first dozen.
        let place = |id: &LocalId| people.iter().position(|it| it.id == *id).unwrap();
        let first: Vec<usize> = ids.iter().take(CAST).map(place).collect();
        for step in 2..=5 {
            let mut kinds: Vec<usize> = first.iter().map(|place| place % step).collect();
            kinds.sort_unstable();
            kinds.dedup();
            assert_eq!(kinds.len(), step, "{first:?}");
        }
    }
}
