//! What may be new in a chart, and how one is chosen that nobody has written down yet.

use std::{collections::HashSet, fmt, str::FromStr};

use super::{ChangeError, Deed};
use crate::{
    dice::Dice,
    person::Person,
    terms::{
        drugs::{DRUGS, Drug},
        problems::{PROBLEMS, ProblemTerm},
        substances::{SUBSTANCES, Substance},
    },
};

/// What sort of thing is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// An allergy.
    Allergy,
    /// A diagnosis.
    Condition,
    /// The order of a drug.
    Medication,
}

impl Novelty {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allergy => "allergy",
            Self::Condition => "condition",
            Self::Medication => "medication",
        }
    }

    /// One of these things: the one that is named, else one whose fact is not in `known`. What is sensitive is only written
    /// down when it is named.
    pub(crate) fn choose(
        self,
        person: &Person,
        of: Option<&str>,
        known: &HashSet<String>,
        mut dice: Dice,
    ) -> Result<Deed, ChangeError> {
        let all = self.all(person);
        if let Some(of) = of {
            let found = all.iter().find(|one| one.key == of);
            return found.map(|one| one.deed.clone()).ok_or_else(|| ChangeError::Unknown {
                what: self,
                of: of.to_owned(),
                known: all.iter().map(|one| one.key).collect::<Vec<_>>().join(", "),
            });
        }
        let fact = |one: &Choice| format!("{}/{}", self.as_str(), one.key);
        let mut new: Vec<&Choice> =
            all.iter().filter(|one| !one.is_sensitive && !known.contains(&fact(one))).collect();
        if new.is_empty() {
            return Err(ChangeError::NothingNew(self));
        }
        let at = usize::try_from(dice.below(new.len() as u64)).expect("an index fits");
        Ok(new.swap_remove(at).deed.clone())
    }

    fn all(self, person: &Person) -> Vec<Choice> {
        match self {
            Self::Allergy => SUBSTANCES.iter().map(Choice::of_substance).collect(),
            Self::Condition => {
                let fits = |term: &&ProblemTerm| term.sex.is_none_or(|sex| sex == person.sex);
                PROBLEMS.iter().filter(fits).map(Choice::of_problem).collect()
            }
            Self::Medication => {
                DRUGS.iter().filter(|drug| !drug.treats.is_empty()).map(Choice::of_drug).collect()
            }
        }
    }
}

/// A row of the tables.
struct Choice {
    key: &'static str,
    is_sensitive: bool,
    deed: Deed,
}

impl Choice {
    fn of_substance(substance: &'static Substance) -> Self {
        Self { key: substance.key, is_sensitive: false, deed: Deed::Allergy(substance) }
    }

    fn of_problem(term: &'static ProblemTerm) -> Self {
        let is_sensitive = !term.sensitivity.is_empty();
        Self { key: term.key, is_sensitive, deed: Deed::Condition(term) }
    }

    fn of_drug(drug: &'static Drug) -> Self {
        let is_sensitive = !drug.sensitivity.is_empty();
        Self { key: drug.rxcui, is_sensitive, deed: Deed::Medication(drug) }
    }
}

impl fmt::Display for Novelty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Novelty {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Allergy, Self::Condition, Self::Medication]
            .into_iter()
            .find(|what| what.as_str() == text)
            .ok_or(())
    }
}
