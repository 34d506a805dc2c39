//! What is kept of a record, sealed: the source's own id, the names and the birth date. Nothing else is.

use std::fmt;

use caregraph_connectors::connector::LocalId;
use caregraph_connectors::record::{FuzzyDate, Person};

use super::ids::RecordKey;
use super::normal::{Name, plain_birth, words};
use super::seal::{Mac, MacOf, SealError, Sealer};

/// More names than this are no names of one person.
const MOST_NAMES: usize = 6;
/// Letters of a word that the index of names knows.
const START: usize = 3;

/// Who a record is about, as far as we keep it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The source's own id.
    pub local: LocalId,
    /// Birth date, as precise as the source has it.
    pub birth: Option<FuzzyDate>,
    /// Names, the preferred one first.
    pub names: Vec<Name>,
}

/// Personal: a debug print shows the type alone.
impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Facts")
    }
}

impl Facts {
    /// What is kept of `person`.
    pub(crate) fn of(local: LocalId, person: &Person) -> Self {
        let mut names = Vec::new();
        for name in person.names.iter().filter(|name| name.usage.as_deref() != Some("anonymous")) {
            if let Some(name) = Name::of(name)
                && !names.contains(&name)
                && names.len() < MOST_NAMES
            {
                names.push(name);
            }
        }
        Self { local, birth: person.birth_date.as_ref().and_then(plain_birth).cloned(), names }
    }

    /// The form in which it is sealed. Names hold no punctuation, so punctuation can divide them; the local id,
    /// which may hold anything, stands last.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let names: Vec<String> = self
            .names
            .iter()
            .map(|name| {
                let generation = name.generation.as_deref().unwrap_or_default();
                format!("{}|{}|{generation}", name.given.join(" "), name.family.join(" "))
            })
            .collect();
        let birth = self.birth.as_ref().map_or("", FuzzyDate::as_str);
        format!("{birth}\n{}\n{}", names.join(";"), self.local.as_str()).into_bytes()
    }

    /// Reads what [`Facts::to_bytes`] wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        let (birth, rest) = text.split_once('\n')?;
        let (names, local) = rest.split_once('\n')?;
        let names = names.split(';').filter(|name| !name.is_empty());
        Some(Self {
            local: LocalId::new(local),
            birth: FuzzyDate::parse(birth),
            names: names.map(read_name).collect::<Option<_>>()?,
        })
    }

    /// Opens the sealed facts of a record.
    pub(crate) fn open(sealer: &Sealer, record: RecordKey, kept: &[u8]) -> Result<Self, SealError> {
        Self::from_bytes(&sealer.open(record.as_bytes(), kept)?).ok_or(SealError)
    }

    /// True when these two cannot be one person: neither birth date nor name agrees.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        let births_differ = match (&self.birth, &other.birth) {
            (Some(a), Some(b)) => !a.agrees_with(b),
            (None, _) | (_, None) => false,
        };
        births_differ && self.names_differ(other)
    }

    fn names_differ(&self, other: &Self) -> bool {
        let real = |facts: &Self| {
            facts.names.iter().filter(|name| name.exact().is_some()).cloned().collect::<Vec<_>>()
        };
        let (ours, theirs) = (real(self), real(other));
        !ours.is_empty()
            && !theirs.is_empty()
            && !ours.iter().any(|name| theirs.iter().any(|other| name.agrees_with(other)))
    }

    /// Under which hashes a search finds the record: the starts of its names, and its birth date.
    pub(crate) fn terms(&self, sealer: &Sealer) -> Vec<Mac> {
        let mut terms: Vec<Mac> = self
            .names
            .iter()
            .flat_map(Name::all_words)
            .map(|word| name_term(sealer, word))
            .collect();
        terms.extend(
            self.birth.as_ref().and_then(FuzzyDate::as_day).map(|day| birth_term(sealer, day)),
        );
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    /// The name by which search results are ordered.
    pub(crate) fn sort_name(&self) -> String {
        self.names.first().map_or_else(String::new, |name| {
            format!("{} {}", name.family.join(" "), name.given.join(" "))
        })
    }

    /// True when every word of the search fits this record.
    pub(crate) fn matches(&self, search: &[Word]) -> bool {
        search.iter().all(|word| match word {
            Word::Name(start) => self
                .names
                .iter()
                .flat_map(Name::all_words)
                .any(|word| word.starts_with(start.as_str())),
            Word::Birth(day) => self.birth.as_ref().and_then(FuzzyDate::as_day) == Some(day),
        })
    }
}

/// One word of a search.
pub(crate) enum Word {
    /// The start of a name.
    Name(String),
    /// A whole birth date.
    Birth(String),
}

impl Word {
    /// Splits what was typed.
    pub(crate) fn of_text(text: &str) -> Vec<Self> {
        let mut found = Vec::new();
        for part in text.split_whitespace() {
            let date = FuzzyDate::parse(part.trim_matches([',', ';']));
            match date.as_ref().and_then(FuzzyDate::as_day) {
                Some(day) => found.push(Self::Birth(day.to_owned())),
                None => found.extend(words(part).into_iter().map(Self::Name)),
            }
        }
        found
    }

    /// The hash under which the index knows it.
    pub(crate) fn term(&self, sealer: &Sealer) -> Mac {
        match self {
            Self::Name(start) => name_term(sealer, start),
            Self::Birth(day) => birth_term(sealer, day),
        }
    }

    /// False for a word so short that the index knows it only as a whole name, not as the start of one.
    pub(crate) fn is_start(&self) -> bool {
        match self {
            Self::Name(start) => start.chars().count() >= START,
            Self::Birth(_) => true,
        }
    }
}

fn name_term(sealer: &Sealer, word: &str) -> Mac {
    let start = word.char_indices().nth(START).and_then(|(end, _)| word.get(..end)).unwrap_or(word);
    sealer.mac(MacOf::NameStart, &[start.as_bytes()])
}

fn birth_term(sealer: &Sealer, day: &str) -> Mac {
    sealer.mac(MacOf::BirthDate, &[day.as_bytes()])
}

fn read_name(text: &str) -> Option<Name> {
    let mut parts = text.split('|');
    let words =
        |part: &str| part.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let (given, family) = (words(parts.next()?), words(parts.next()?));
    let generation = parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
    Some(Name { given, family, generation })
}
