//! The plain form of what sources say about a person: what must be equal for two spellings to mean the same.
//!
//! Pure functions. Whatever is a stand-in for "we don't know" (`000-00-0000`, `BABY BOY`, `UNKNOWN`) has no plain
//! form, so that it can never join two people.

mod address;
mod contact;
mod identifier;
mod name;
mod words;

pub(super) use address::plain_address;
pub(super) use contact::{plain_email, plain_phone};
pub(super) use identifier::plain_identifier;
pub(super) use name::Name;
pub(super) use words::words;

use caregraph_connectors::record::FuzzyDate;

/// What systems write when they do not know the birth date.
const UNKNOWN_BIRTH: &str = "1900-01-01";

/// The birth date, unless it is a stand-in.
pub(super) fn plain_birth(date: &FuzzyDate) -> Option<&FuzzyDate> {
    (date.as_day() != Some(UNKNOWN_BIRTH) && date.as_str() != "1900").then_some(date)
}

/// The administrative sex, unless it is not known.
pub(super) fn plain_sex(sex: &str) -> Option<String> {
    let sex = sex.trim().to_lowercase();
    (!sex.is_empty() && sex != "unknown").then_some(sex)
}

/// True for words that say that there is nothing to say.
fn says_nothing(word: &str) -> bool {
    const WORDS: [&str; 20] = [
        "none",
        "na",
        "nil",
        "null",
        "unknown",
        "unk",
        "unkn",
        "test",
        "tbd",
        "pending",
        "refused",
        "declined",
        "notavailable",
        "notapplicable",
        "notprovided",
        "notgiven",
        "nonegiven",
        "nokfa",
        "undefined",
        "missing",
    ];
    WORDS.contains(&word) || (word.len() >= 2 && word.bytes().all(|byte| byte == b'x'))
}

/// True when all characters are the same digit and there are at least `least` of them.
fn one_digit_only(text: &str, least: usize) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= least
        && bytes
            .first()
            .is_some_and(|first| first.is_ascii_digit() && bytes.iter().all(|byte| byte == first))
}
