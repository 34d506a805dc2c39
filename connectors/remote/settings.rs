//! What a manifest says of a partner that keeps the protocol: all that must be known of it without asking it.

use serde::Deserialize;
use toml::Table;

use crate::mistake::{Mistake, nearest};
use crate::record::Section;
use crate::registry::BuildError;
use crate::settings;

/// The version of the protocol that is spoken here.
pub(super) const PROTOCOL: u32 = 1;

/// The keys of this kind.
pub(super) const KEYS: [&str; 5] =
    ["protocol", "sections", "max_patients", "roster", "event_stream"];

/// The most patients that one question may name.
const MOST_PATIENTS: usize = 100;

/// What can be set for this kind alone, as it is written.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    protocol: Option<u32>,
    sections: Option<Vec<String>>,
    max_patients: usize,
    roster: bool,
    event_stream: bool,
}

impl Default for Written {
    fn default() -> Self {
        let (protocol, sections) = (None, None);
        Self { protocol, sections, max_patients: 1, roster: true, event_stream: false }
    }
}

/// What is known of a partner.
#[derive(Debug)]
pub(super) struct Settings {
    /// The sections that it offers, each once. No other is ever asked for.
    pub(super) sections: Vec<Section>,
    /// How many patients one question may name.
    pub(super) max_patients: usize,
    /// It can list its patients.
    pub(super) roster: bool,
    /// It tells what has changed.
    pub(super) event_stream: bool,
}

impl Settings {
    /// Reads the settings, or says all that is wrong with them.
    pub(super) fn read(table: &Table) -> Result<Self, BuildError> {
        let written: Written = settings::read(table.clone(), &KEYS)?;
        let mut mistakes = Vec::new();
        let mut wrong = |path: &str, why: String, remedy: String| {
            mistakes.push(Mistake { path: path.to_owned(), why, remedy });
        };
        match written.protocol {
            Some(PROTOCOL) => {}
            None => wrong("protocol", "is missing".to_owned(), format!("write {PROTOCOL}")),
            Some(other) => wrong(
                "protocol",
                format!("version {other} of the protocol is not spoken here"),
                format!("write {PROTOCOL}"),
            ),
        }
        let mut sections = Vec::new();
        let names = written.sections.unwrap_or_default();
        if names.is_empty() {
            wrong(
                "sections",
                "is missing: nothing is ever asked that is not offered here".to_owned(),
                "write those that the partner fills, such as [\"MEDICATIONS\"]".to_owned(),
            );
        }
        for (place, name) in names.iter().enumerate() {
            match section(name) {
                Some(section) => sections.push(section),
                None => wrong(
                    &format!("sections[{}]", place + 1),
                    format!("there is no section {name:?} of a patient"),
                    meant(name),
                ),
            }
        }
        if !(1..=MOST_PATIENTS).contains(&written.max_patients) {
            let why = format!("must lie between 1 and {MOST_PATIENTS}");
            wrong("max_patients", why, String::new());
        }
        if !mistakes.is_empty() {
            return Err(BuildError::Mistakes(mistakes));
        }
        sections.sort_unstable();
        sections.dedup();
        let Written { max_patients, roster, event_stream, .. } = written;
        Ok(Self { sections, max_patients, roster, event_stream })
    }
}

/// The section of that name, if it is about patients.
pub(super) fn section(name: &str) -> Option<Section> {
    of_patients().find(|section| section.name() == name)
}

/// The sections that are about patients.
pub(super) fn of_patients() -> impl Iterator<Item = Section> {
    Section::ALL.iter().copied().filter(|section| *section != Section::Services)
}

fn meant(name: &str) -> String {
    let names: Vec<&str> = of_patients().map(Section::name).collect();
    match nearest(name, names.iter().copied()) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("known are {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        Settings::read(&text.parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_said_is_the_least() {
        let least = read("protocol = 1\nsections = ['GOALS', 'ALLERGIES', 'GOALS']").unwrap();
        assert_eq!(least.sections, [Section::Allergies, Section::Goals]);
        assert_eq!((least.max_patients, least.roster, least.event_stream), (1, true, false));
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let told =
            read("protocol = 2\nsections = ['GOALS', 'ALERGIES', 'SERVICES']\nmax_patients = 0")
                .unwrap_err();
        for part in [
            "protocol: version 2",
            "sections[2]: there is no section \"ALERGIES\"",
            "did you mean `ALLERGIES`?",
            "sections[3]",
            "max_patients: must lie between 1 and 100",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(read("protocol = 1").unwrap_err().contains("sections: is missing"));
        assert!(read("protocol = 1\nsections = []").is_err());
    }
}
