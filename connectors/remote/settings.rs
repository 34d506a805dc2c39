//! What a manifest says of a partner that keeps the protocol: all that must be known of it without asking it.

use std::time::Duration;

use serde::Deserialize;
use toml::Table;

use crate::mistake::{Mistake, nearest};
use crate::record::Section;
use crate::registry::BuildError;
use crate::settings;

/// The version of the protocol that is spoken here.
pub(super) const PROTOCOL: u32 = 1;

/// The keys of this kind.
pub(super) const KEYS: [&str; 6] =
    ["protocol", "sections", "max_patients", "roster", "event_stream", "refresh_minutes"];

/// The longest between two readings of a directory: a week.
const MOST_MINUTES: u32 = 10_080;

/// The most patients that one question may name.
pub(super) const MOST_PATIENTS: usize = 100;

/// What can be set for this kind alone, as it is written.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    protocol: Option<u32>,
    sections: Option<Vec<String>>,
    max_patients: usize,
    roster: bool,
    event_stream: bool,
    refresh_minutes: u32,
}

impl Default for Written {
    fn default() -> Self {
        let (protocol, sections) = (None, None);
        let (max_patients, refresh_minutes) = (1, 60);
        Self {
            protocol,
            sections,
            max_patients,
            roster: true,
            event_stream: false,
            refresh_minutes,
        }
    }
}

/// What is known of a partner.
#[derive(Debug)]
pub(super) struct Settings {
    /// The sections that it offers, each once. No other is ever asked for.
    pub(super) sections: Vec<Section>,
    /// How many patients one question may name.
    pub(super) max_patients: usize,
    /// It has patients, and can list them.
    pub(super) roster: bool,
    /// It tells what has changed.
    pub(super) event_stream: bool,
    /// How long to wait between two readings of its directory, if it has one.
    pub(super) refresh_every: Duration,
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
                    format!("there is no section {name:?}"),
                    meant(name),
                ),
            }
        }
        if !(1..=MOST_PATIENTS).contains(&written.max_patients) {
            let why = format!("must lie between 1 and {MOST_PATIENTS}");
            wrong("max_patients", why, String::new());
        }
        if !(1..=MOST_MINUTES).contains(&written.refresh_minutes) {
            let why = format!("must lie between 1 and {MOST_MINUTES}");
            mistakes.push(Mistake {
                path: "refresh_minutes".to_owned(),
                why,
                remedy: String::new(),
            });
        }
        if !mistakes.is_empty() {
            return Err(BuildError::Mistakes(mistakes));
        }
        sections.sort_unstable();
        sections.dedup();
        let Written { max_patients, roster, event_stream, refresh_minutes, .. } = written;
        let roster = roster && sections.iter().any(|section| *section != Section::Services);
        let refresh_every = Duration::from_mins(u64::from(refresh_minutes));
        Ok(Self { sections, max_patients, roster, event_stream, refresh_every })
    }
}

/// The section of that name.
pub(super) fn section(name: &str) -> Option<Section> {
    Section::ALL.iter().copied().find(|section| section.name() == name)
}

/// The sections that are about patients.
pub(super) fn of_patients() -> impl Iterator<Item = Section> {
    Section::ALL.iter().copied().filter(|section| *section != Section::Services)
}

fn meant(name: &str) -> String {
    let names: Vec<&str> = Section::ALL.iter().map(|section| section.name()).collect();
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
        let directory = read("protocol = 1\nsections = ['SERVICES']").unwrap();
        assert!(!directory.roster, "it has no patients");
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let text = "protocol = 2\nsections = ['GOALS', 'ALERGIES', 'STARS']\nmax_patients = 0\nrefresh_minutes = 0";
        let told = read(text).unwrap_err();
        for part in [
            "protocol: version 2",
            "sections[2]: there is no section \"ALERGIES\"",
            "did you mean `ALLERGIES`?",
            "sections[3]",
            "max_patients: must lie between 1 and 100",
            "refresh_minutes: must lie between 1 and 10080",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(read("protocol = 1").unwrap_err().contains("sections: is missing"));
        assert!(read("protocol = 1\nsections = []").is_err());
    }
}
