//! What an answer says about the source that gave it.

use std::time::Duration;

use caregraph_connectors::{Answer, Problem, Share};

/// What an answer says about its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is up and answers, whatever it says.
    Sound,
    /// It is down, too slow or broken.
    Fault,
    /// It asks to be left alone for a while.
    Busy(Option<Duration>),
    /// Nothing: it was not given the time that it needs.
    Nothing,
}

impl Verdict {
    /// The verdict on a whole answer: a source fails when it fails for most of the patients that it was asked about.
    pub(super) fn of(answer: &Answer, had_time: bool) -> Self {
        let (mut faults, mut nothings) = (0, 0);
        let mut busy: Option<Option<Duration>> = None;
        for share in answer.values() {
            match share.problem.as_ref().map_or(Self::Sound, |problem| Self::on(problem, had_time))
            {
                Self::Sound => {}
                Self::Fault => faults += 1,
                Self::Nothing => nothings += 1,
                Self::Busy(wait) => busy = Some(busy.unwrap_or_default().max(wait)),
            }
        }
        match busy {
            Some(wait) => Self::Busy(wait),
            None if faults * 2 > answer.len() => Self::Fault,
            None if (faults + nothings) * 2 > answer.len() => Self::Nothing,
            None => Self::Sound,
        }
    }

    /// The verdict on one problem.
    pub(super) fn on(problem: &Problem, had_time: bool) -> Self {
        match problem {
            Problem::Timeout if had_time => Self::Fault,
            Problem::Timeout | Problem::Suspended | Problem::NotAsked { .. } => Self::Nothing,
            Problem::Unreachable | Problem::Garbled => Self::Fault,
            Problem::Status(status) if is_failure(*status) => Self::Fault,
            Problem::Busy { retry_after } => Self::Busy(*retry_after),
            Problem::Status(_)
            | Problem::Unauthorized
            | Problem::TooMuch
            | Problem::Unreadable(_)
            | Problem::WrongPatient(_)
            | Problem::Incomplete
            | Problem::Unchanged
            | Problem::NotSupported => Self::Sound,
        }
    }
}

/// True when asking once more may bring what is missing. What a source says about a question it says again; what broke
/// on the way may arrive.
pub(super) fn is_passing(share: &Share) -> bool {
    share.problem.as_ref().is_some_and(|problem| {
        matches!(problem, Problem::Unreachable)
            || matches!(problem, Problem::Status(status) if is_failure(*status))
    })
}

/// True when repeating the question would bring the same answer over and over, because of what it holds, and nothing of
/// it can be used. Half a chart that says so is no poison; a chart with somebody else's records in it is.
pub(super) fn is_poison(share: &Share) -> bool {
    let is_useless = matches!(share.problem, Some(Problem::Garbled | Problem::TooMuch));
    matches!(share.problem, Some(Problem::WrongPatient(_)))
        || (is_useless && share.records.is_empty())
}

/// A server's failure; that it does not know how (501, 505) is an answer.
fn is_failure(status: u16) -> bool {
    (500..=599).contains(&status) && !matches!(status, 501 | 505)
}

#[cfg(test)]
mod tests {
    use caregraph_connectors::LocalId;

    use super::*;

    fn verdict(problems: &[Option<Problem>], had_time: bool) -> Verdict {
        let share =
            |problem: &Option<Problem>| Share { problem: problem.clone(), ..Share::default() };
        let shares = problems.iter().map(share).enumerate();
        Verdict::of(
            &shares.map(|(id, share)| (LocalId::new(id.to_string()), share)).collect(),
            had_time,
        )
    }

    #[test]
    fn a_source_that_answers_is_up_whatever_it_says() {
        for problem in [
            Problem::Status(404),
            Problem::Status(501),
            Problem::Unauthorized,
            Problem::NotSupported,
            Problem::Unreadable(3),
            Problem::WrongPatient(1),
            Problem::TooMuch,
            Problem::Incomplete,
        ] {
            assert_eq!(verdict(&[Some(problem.clone())], true), Verdict::Sound, "{problem:?}");
        }
        assert_eq!(verdict(&[None], true), Verdict::Sound);
    }

    #[test]
    fn a_source_that_is_down_fails_when_it_had_its_time() {
        for problem in
            [Problem::Unreachable, Problem::Garbled, Problem::Status(503), Problem::Timeout]
        {
            assert_eq!(verdict(&[Some(problem.clone())], true), Verdict::Fault, "{problem:?}");
        }
        assert_eq!(verdict(&[Some(Problem::Timeout)], false), Verdict::Nothing);
    }

    #[test]
    fn most_of_the_patients_decide_and_the_longest_wait_counts() {
        let (bad, busy) = (Some(Problem::Unreachable), |seconds| {
            Some(Problem::Busy { retry_after: Some(Duration::from_secs(seconds)) })
        });
        assert_eq!(verdict(&[bad.clone(), None], true), Verdict::Sound);
        assert_eq!(verdict(&[bad.clone(), bad.clone(), None], true), Verdict::Fault);
        let longest = Verdict::Busy(Some(Duration::from_secs(5)));
        assert_eq!(verdict(&[busy(2), bad, busy(5), None], true), longest);
    }
}
