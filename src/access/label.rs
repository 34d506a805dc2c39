//! Why a record deserves more care than others.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Declares the labels once, with the name that policies use and the HL7 codes that mean it.
macro_rules! labels {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal [$($code:literal),*]),+ $(,)?) => {
        /// Why a record deserves more care than others.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Label {
            $($(#[doc = $doc])+ $variant),+
        }

        impl Label {
            /// Every label, in the order of the policy.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in policies.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it means, in a few words.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+)),+ }
            }

            /// The label that an HL7 code of sensitivity or policy means.
            fn of_code(code: &str) -> Option<Self> {
                match code {
                    $($($code => Some(Self::$variant),)*)+
                    _ => None,
                }
            }
        }
    };
}

labels! {
    /// Substance use: disorders, their treatment, their tests.
    SubstanceUse = "SUBSTANCE_USE" ["SUD", "ETH", "ETHUD", "OPIOIDUD"],
    /// Recorded by a federally assisted programme for substance use (42 CFR Part 2).
    Part2 = "PART_2" ["42CFRPart2"],
    /// Mental health, but for the notes of psychotherapy.
    MentalHealth = "MENTAL_HEALTH" ["PSY", "MH", "BH", "EMOTDIS", "COGN"],
    /// Notes of psychotherapy (45 CFR 164.501).
    PsychotherapyNote = "PSYCHOTHERAPY_NOTE" ["PSYTHPN"],
    /// HIV and its treatment.
    Hiv = "HIV" ["HIV"],
    /// Sexual and reproductive health.
    SexualHealth = "SEXUAL_HEALTH" ["SEX", "STD", "PREGNANT"],
    /// Genetic tests and diseases.
    Genetic = "GENETIC" ["GDIS", "SCA", "SICKLE"],
    /// Violence and abuse.
    Violence = "VIOLENCE" ["VIO", "SDV", "DVD", "MST"],
    /// What a minor may keep from their parents.
    Adolescent = "ADOLESCENT" ["ADOL"],
    /// Restricted by its source for a reason that we do not know.
    Restricted = "RESTRICTED" ["TBOO", "TABOO", "SPI", "SSP", "NODSCLCD", "NOAUTH"],
    /// Nobody has said whether it is sensitive.
    Unclassified = "UNCLASSIFIED" [],
}

/// Codes that say nothing of sensitivity: the lower confidentialities, marks for test data and for what was done to a
/// record, and duties of those who receive it.
const HARMLESS: [&str; 17] = [
    "U",
    "L",
    "M",
    "N",
    "HTEST",
    "REDACTED",
    "MASKED",
    "ABSTRED",
    "SUBSETTED",
    "AGGRED",
    "ANONYED",
    "PSEUDED",
    "NORDSCLCD",
    "NORDSLCD",
    "NOREUSE",
    "PROCESSINLINELABEL",
    "RedisclosureProhibitionMark",
];

impl Label {
    /// The label of that name, if it is one that a source may put on a record.
    fn stated(name: &str) -> Option<Self> {
        Self::named(name).filter(|label| *label != Self::Unclassified)
    }

    /// True for a code, or a name of ours, of which it is known what it says of a record.
    pub fn is_known(code: &str) -> bool {
        let is_label = Self::of_code(code).is_some() || Self::stated(code).is_some();
        is_label || matches!(code, "R" | "V") || HARMLESS.contains(&code)
    }

    /// The label of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|label| label.name() == name)
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// Several labels.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct LabelSet(u32);

impl LabelSet {
    /// What the codes that a source put on a record mean (`meta.security`), our own names among them. A code that we do not
    /// know restricts the record: its source meant something by it. The high confidentialities restrict what nothing else explains.
    pub fn of_codes<'a>(codes: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut set, mut restricted) = (Self::default(), false);
        for code in codes {
            match (code, Label::of_code(code).or_else(|| Label::stated(code))) {
                (_, Some(label)) => set = set.with(label),
                ("R", None) => restricted = true,
                (code, None) if HARMLESS.contains(&code) => {}
                _ => set = set.with(Label::Restricted),
            }
        }
        if restricted && set.is_empty() { set.with(Label::Restricted) } else { set }
    }

    /// This set and one label more.
    #[must_use]
    pub const fn with(self, label: Label) -> Self {
        Self(self.0 | label.bit())
    }

    /// All labels of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set but for the others.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// True when it holds all of the others.
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// The set as a number, for names of decisions and for marks on records while the process runs.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// The set of that number.
    pub(crate) const fn of_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// True when it holds none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True when it holds that one.
    pub const fn has(self, label: Label) -> bool {
        self.0 & label.bit() != 0
    }

    /// Its labels.
    pub fn iter(self) -> impl Iterator<Item = Label> {
        Label::ALL.iter().copied().filter(move |label| self.has(*label))
    }
}

impl FromIterator<Label> for LabelSet {
    fn from_iter<I: IntoIterator<Item = Label>>(labels: I) -> Self {
        labels.into_iter().fold(Self::default(), Self::with)
    }
}

impl Serialize for LabelSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Label::name))
    }
}

impl<'de> Deserialize<'de> for LabelSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let label = |name: &String| {
            Label::named(name).ok_or_else(|| de::Error::custom("there is no such label"))
        };
        names.iter().map(label).collect()
    }
}

/// A label tells what somebody suffers from, so a debug print shows how many there are.
impl fmt::Debug for LabelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LabelSet({})", self.0.count_ones())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_labels_and_what_is_unknown_restricts() {
        use Label::{Hiv, Part2, Restricted, SubstanceUse};
        for (codes, expected) in [
            (&[][..], &[][..]),
            (&["N"], &[]),
            (&["R"], &[Restricted]),
            (&["R", "HIV"], &[Hiv]),
            (&["V", "HIV"], &[Hiv, Restricted]),
            (&["R", "OPIOIDUD", "42CFRPart2", "NORDSCLCD"], &[SubstanceUse, Part2]),
            (&["N", "something-of-ours"], &[Restricted]),
            (&["HTEST"], &[]),
            (&["MENTAL_HEALTH"], &[Label::MentalHealth]),
            (&["MENTALHEALTH"], &[Restricted]),
            (&["UNCLASSIFIED"], &[Restricted]),
        ] {
            let labels: LabelSet = expected.iter().copied().collect();
            assert_eq!(LabelSet::of_codes(codes.iter().copied()), labels, "{codes:?}");
        }
    }

    #[test]
    fn every_name_finds_its_label() {
        assert!(Label::ALL.iter().all(|label| Label::named(label.name()) == Some(*label)));
    }
}
