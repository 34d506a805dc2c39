//! How far two answers about one patient in one section agree.

use std::collections::BTreeMap;

use caregraph_connectors::record::Record;
use caregraph_connectors::{Problem, Share};

/// How far the answer of the next version agrees with the one of the version in use. Numbers alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// Records that both read alike.
    pub(super) same: usize,
    /// Records that both have and read otherwise.
    pub(super) differing: usize,
    /// Records that only the version in use has.
    pub(super) gone: usize,
    /// Records that only the next version has.
    pub(super) new: usize,
    /// Something went wrong with the next version alone.
    pub(super) is_problem: bool,
    /// Something went wrong with the version in use alone.
    pub(super) is_mended: bool,
}

impl Comparison {
    /// Compares two answers; `None` when one of the versions was not asked, or not for all that it has.
    ///
    /// Where something went wrong, what is missing may be missing for that reason, so that it is not counted as gone or as new
    /// beside it.
    pub(super) fn of(old: &Share, new: &Share) -> Option<Self> {
        if !is_answer(old) || !is_answer(new) {
            return None;
        }
        let mut it = Self::of_records(&old.records, &new.records);
        (it.is_problem, it.is_mended) = match (&old.problem, &new.problem) {
            (None, Some(_)) => (true, false),
            (Some(_), None) => (false, true),
            _ => (false, false),
        };
        if old.problem.is_some() {
            it.new = 0;
        }
        if new.problem.is_some() {
            it.gone = 0;
        }
        Some(it)
    }

    fn of_records(old: &[Record], new: &[Record]) -> Self {
        let (old, mut new) = (by_reference(old), by_reference(new));
        let mut it = Self::default();
        for (reference, mut old) in old {
            let mut new = new.remove(reference).unwrap_or_default();
            let before = old.len();
            old.retain(|record| {
                match new.iter().position(|other| record.is_some() && other == record) {
                    Some(place) => {
                        new.swap_remove(place);
                        false
                    }
                    None => true,
                }
            });
            let differing = old.len().min(new.len());
            it.same += before - old.len();
            it.differing += differing;
            it.gone += old.len() - differing;
            it.new += new.len() - differing;
        }
        it.new += new.into_values().map(|records| records.len()).sum::<usize>();
        it
    }
}

/// All of them as they are kept, by where they stand; `None` for what cannot be written down, which is like nothing. All of a
/// record counts, and not its fact alone: labels decide who sees it.
fn by_reference(records: &[Record]) -> BTreeMap<&str, Vec<Option<Vec<u8>>>> {
    let mut all: BTreeMap<&str, Vec<Option<Vec<u8>>>> = BTreeMap::new();
    for record in records {
        let written = postcard::to_allocvec(record).ok();
        all.entry(record.reference.as_str()).or_default().push(written);
    }
    all
}

/// False when nothing follows about what a version says.
fn is_answer(share: &Share) -> bool {
    !matches!(
        share.problem,
        Some(Problem::NotAsked { .. } | Problem::Suspended | Problem::Unchanged)
    )
}

#[cfg(test)]
mod tests {
    use caregraph_connectors::Rest;
    use caregraph_connectors::record::{Coding, Concept, Condition, Fact};
    use std::time::Duration;

    use super::*;

    fn record(reference: &str, text: &str) -> Record {
        let code = Some(Concept { text: Some(text.into()), ..Concept::default() });
        let fact = Fact::Condition(Condition { code, ..Condition::default() });
        let (identifiers, labels) = (Vec::new(), Vec::new());
        Record {
            reference: reference.into(),
            recorded: None,
            updated: None,
            identifiers,
            labels,
            fact,
        }
    }

    fn share(records: &[Record], problem: Option<Problem>) -> Share {
        Share { records: records.to_vec(), problem, ..Share::default() }
    }

    fn of(old: &[Record], new: &[Record]) -> Comparison {
        Comparison::of(&share(old, None), &share(new, None)).expect("both were asked")
    }

    #[test]
    fn records_are_compared_by_where_they_stand() {
        let old = [record("a", "x"), record("b", "x"), record("c", "x")];
        let new = [record("d", "x"), record("b", "y"), record("a", "x")];
        let expected =
            Comparison { same: 1, differing: 1, gone: 1, new: 1, ..Comparison::default() };
        assert_eq!(of(&old, &new), expected);
        assert_eq!(of(&[], &[]), Comparison::default());
        let labelled = Record { labels: vec![Coding::default()], ..record("a", "x") };
        assert_eq!(
            of(&old[..1], &[labelled]),
            Comparison { differing: 1, ..Comparison::default() }
        );
    }

    #[test]
    fn of_several_records_at_one_place_each_is_counted_once() {
        let old = [record("a", "x"), record("a", "y"), record("a", "z")];
        let new = [record("a", "z"), record("a", "w")];
        let expected = Comparison { same: 1, differing: 1, gone: 1, ..Comparison::default() };
        assert_eq!(of(&old, &new), expected);
        let expected = Comparison { same: 1, differing: 1, new: 1, ..Comparison::default() };
        assert_eq!(of(&new, &old), expected);
        assert_eq!(of(&old, &old), Comparison { same: 3, ..Comparison::default() });
    }

    #[test]
    fn what_is_missing_beside_a_problem_is_not_counted_twice() {
        let (one, two) = ([record("a", "x")], [record("a", "x"), record("b", "x")]);
        let broken = |records: &[Record]| share(records, Some(Problem::Unreadable(1)));
        let same = Comparison { same: 1, ..Comparison::default() };
        let problem = Comparison { is_problem: true, ..same };
        assert_eq!(Comparison::of(&share(&two, None), &broken(&one)), Some(problem));
        let more = Comparison { new: 1, ..problem };
        assert_eq!(Comparison::of(&share(&one, None), &broken(&two)), Some(more));
        let mended = Comparison { is_mended: true, ..same };
        assert_eq!(Comparison::of(&broken(&one), &share(&two, None)), Some(mended));
        assert_eq!(Comparison::of(&broken(&one), &broken(&one)), Some(same));
    }

    #[test]
    fn who_was_not_asked_is_not_compared() {
        let again_in = Duration::from_secs(1);
        for problem in [
            Problem::NotAsked { why: Rest::Crowded, again_in },
            Problem::Suspended,
            Problem::Unchanged,
        ] {
            let (silent, sound) = (share(&[], Some(problem)), share(&[], None));
            assert_eq!(Comparison::of(&silent, &sound), None);
            assert_eq!(Comparison::of(&sound, &silent), None);
        }
    }
}
