//! How long a copy may be shown, by section.
//!
//! The longest windows, those for a source that cannot be asked, follow what may go wrong: a medicine or an allergy that
//! was entered a quarter of an hour ago changes what is prescribed now; a laboratory result of the last hour changes what
//! is done today; who somebody is and how they are insured hardly changes within a day. What is written down after the
//! event, such as documents and procedures, lies between. Bookings and stays change while people wait for them.

use std::collections::BTreeMap;
use std::time::Duration;

use caregraph_connectors::record::Section;

/// For how long after a source was asked a copy of its answer may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// As it is, without asking the source.
    pub fresh: Duration,
    /// As it is, while the source is asked in the background. Not shorter than `fresh`.
    pub while_revalidating: Duration,
    /// When the source was asked and failed. Not shorter than the one before.
    pub if_error: Duration,
    /// How long a source that failed is not asked again for the same.
    pub negative: Duration,
}

/// How a copy of a certain age may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Shown as it is.
    Fresh,
    /// Shown as it is, and fetched anew.
    Aging,
    /// Shown when the source fails.
    Old,
    /// Never shown.
    Gone,
}

impl Windows {
    /// The longest that any of them may be set to.
    pub const LONGEST: Duration = Duration::from_hours(24);
    /// The longest that a failure may be remembered.
    pub const LONGEST_NEGATIVE: Duration = Duration::from_secs(30);

    /// Nothing is shown twice.
    pub const NONE: Self = Self {
        fresh: Duration::ZERO,
        while_revalidating: Duration::ZERO,
        if_error: Duration::ZERO,
        negative: Duration::ZERO,
    };

    /// What is sane for a section.
    pub const fn of(section: Section) -> Self {
        let (fresh_s, while_revalidating_s, if_error_s) = match section {
            Section::Medications | Section::Allergies => (30, 2 * 60, 15 * 60),
            Section::Observations
            | Section::Encounters
            | Section::Appointments
            | Section::CareTeam
            | Section::Referrals => (60, 5 * 60, 60 * 60),
            Section::Conditions
            | Section::Immunizations
            | Section::Procedures
            | Section::Documents
            | Section::CarePlans
            | Section::Goals => (60, 5 * 60, 4 * 60 * 60),
            Section::Demographics | Section::Coverage | Section::Services => {
                (5 * 60, 30 * 60, 24 * 60 * 60)
            }
        };
        Self {
            fresh: Duration::from_secs(fresh_s),
            while_revalidating: Duration::from_secs(while_revalidating_s),
            if_error: Duration::from_secs(if_error_s),
            negative: Duration::from_secs(2),
        }
    }

    /// How a copy of that age may be used.
    pub(super) fn standing(&self, age: Duration) -> Standing {
        if age < self.fresh {
            Standing::Fresh
        } else if age < self.while_revalidating {
            Standing::Aging
        } else if age < self.if_error {
            Standing::Old
        } else {
            Standing::Gone
        }
    }
}

/// What is kept of one source's answers, section by section.
#[derive(Clone, Debug)]
pub struct Keeping(Option<BTreeMap<Section, Windows>>);

impl Keeping {
    /// Nothing: every question is asked.
    pub const NOTHING: Self = Self(None);

    /// These windows, and the sane ones for the other sections.
    pub const fn with(windows: BTreeMap<Section, Windows>) -> Self {
        Self(Some(windows))
    }

    /// The windows of a section; `None` when nothing is kept.
    pub fn of(&self, section: Section) -> Option<Windows> {
        let known = self.0.as_ref()?;
        Some(known.get(&section).copied().unwrap_or_else(|| Windows::of(section)))
    }
}

impl Default for Keeping {
    fn default() -> Self {
        Self::with(BTreeMap::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sane_is_in_order_and_never_longer_than_what_is_safe() {
        for section in Section::ALL.iter().copied() {
            let windows = Windows::of(section);
            assert!(windows.fresh <= windows.while_revalidating, "{section:?}");
            assert!(windows.while_revalidating <= windows.if_error, "{section:?}");
            assert!(windows.if_error <= Windows::LONGEST, "{section:?}");
            assert!(windows.negative <= Windows::LONGEST_NEGATIVE, "{section:?}");
        }
        let minutes = |section| Windows::of(section).if_error.as_secs() / 60;
        assert_eq!(minutes(Section::Medications), 15);
        assert_eq!(minutes(Section::Allergies), 15);
        assert_eq!(minutes(Section::Observations), 60);
        assert_eq!(minutes(Section::Demographics), 24 * 60);
    }

    #[test]
    fn a_copy_ages_through_its_windows() {
        let windows = Windows::of(Section::Medications);
        for (age_s, standing) in [
            (0, Standing::Fresh),
            (29, Standing::Fresh),
            (30, Standing::Aging),
            (120, Standing::Old),
            (899, Standing::Old),
            (900, Standing::Gone),
        ] {
            assert_eq!(windows.standing(Duration::from_secs(age_s)), standing, "{age_s} s");
        }
    }
}
