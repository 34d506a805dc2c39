//! How a call to a source ended, as one of a few kinds.

use caregraph_connectors::{Answer, Problem};

/// Declares the kinds once, with their names.
macro_rules! endings {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal),+ $(,)?) => {
        /// How a call ended; of an answer about several patients, what was worst. The later, the worse.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Ending {
            $($(#[doc = $doc])+ $variant),+
        }

        impl Ending {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in metrics and traces.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

endings! {
    /// In full.
    Ok = "ok",
    /// What it said before still holds.
    Unchanged = "unchanged",
    /// The source does not offer the section after all.
    NotSupported = "not_supported",
    /// It says itself that its list is incomplete.
    Incomplete = "incomplete",
    /// Some records could not be read.
    Unreadable = "unreadable",
    /// It sent more than is taken.
    TooMuch = "too_much",
    /// It was not asked.
    NotAsked = "not_asked",
    /// It asked us to slow down.
    Busy = "busy",
    /// It refuses our credentials.
    Unauthorized = "unauthorized",
    /// It answered with another HTTP status.
    Status = "status",
    /// Not in time.
    Timeout = "timeout",
    /// It could not be reached.
    Unreachable = "unreachable",
    /// What it sent cannot be read.
    Garbled = "garbled",
    /// It sent records of somebody else.
    WrongPatient = "wrong_patient",
}

/// How many kinds there are.
pub(super) const KINDS: usize = Ending::ALL.len();

impl Ending {
    /// How a call ended that brought this answer.
    pub(in crate::gather) fn of(answer: &Answer) -> Self {
        let problems = answer.values().filter_map(|share| share.problem.as_ref());
        problems.map(Self::on).max().unwrap_or(Self::Ok)
    }

    fn on(problem: &Problem) -> Self {
        match problem {
            Problem::Timeout => Self::Timeout,
            Problem::Unreachable => Self::Unreachable,
            Problem::Unauthorized => Self::Unauthorized,
            Problem::Busy { .. } => Self::Busy,
            Problem::Status(_) => Self::Status,
            Problem::Garbled => Self::Garbled,
            Problem::TooMuch => Self::TooMuch,
            Problem::Unreadable(_) => Self::Unreadable,
            Problem::WrongPatient(_) => Self::WrongPatient,
            Problem::Incomplete => Self::Incomplete,
            Problem::NotSupported => Self::NotSupported,
            Problem::Unchanged => Self::Unchanged,
            Problem::Suspended | Problem::NotAsked { .. } => Self::NotAsked,
        }
    }
}

#[cfg(test)]
mod tests {
    use caregraph_connectors::{LocalId, Share};

    use super::*;

    #[test]
    fn the_worst_of_several_patients_counts() {
        let share = |problem| Share { problem, ..Share::default() };
        let mut answer = Answer::from([(LocalId::new("a"), share(None))]);
        assert_eq!(Ending::of(&answer), Ending::Ok);
        answer.insert(LocalId::new("b"), share(Some(Problem::Incomplete)));
        answer.insert(LocalId::new("c"), share(Some(Problem::WrongPatient(1))));
        answer.insert(LocalId::new("d"), share(Some(Problem::Timeout)));
        assert_eq!(Ending::of(&answer), Ending::WrongPatient);
    }
}
