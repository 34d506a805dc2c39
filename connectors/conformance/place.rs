//! Where a manifest says what fills a section, so that what is wrong with a section has a place.

use toml::{Table, Value};

use super::Trial;
use super::report::Finding;
use super::stage::Take;
use crate::connector::Problem;
use crate::record::Section;

/// A block of settings that fills a section.
struct Block<'s> {
    at: String,
    settings: &'s Table,
}

impl Trial<'_> {
    /// The blocks that fill a section: tables of a list that name it.
    fn blocks(&self, section: Section) -> Vec<Block<'_>> {
        let lists =
            self.subject.settings.iter().filter_map(|(key, value)| Some((key, value.as_array()?)));
        let blocks = lists.flat_map(|(key, items)| {
            items.iter().enumerate().filter_map(move |(place, item)| {
                let at = format!("{key}[{}]", place + 1);
                item.as_table().map(|settings| Block { at, settings })
            })
        });
        let fills = |it: &Block<'_>| {
            it.settings.get("section").and_then(Value::as_str) == Some(section.name())
        };
        blocks.filter(fills).collect()
    }

    /// The settings of the blocks that fill a section.
    pub(super) fn settings_of(&self, section: Section) -> Vec<&Table> {
        self.blocks(section).into_iter().map(|it| it.settings).collect()
    }

    /// Where the blocks that fill a section stand.
    pub(super) fn places(&self, section: Section) -> Vec<String> {
        self.blocks(section).into_iter().map(|it| it.at).collect()
    }

    /// The same finding with its place: a key of the block that fills the section, or of the first of several.
    pub(super) fn placed(&self, finding: Finding, section: Section, key: &str) -> Finding {
        if finding.remedy.is_none() || finding.path.is_some() {
            return finding;
        }
        match self.blocks(section).as_slice() {
            [] => finding,
            [only] if key.is_empty() => finding.at(&only.at),
            [only] => finding.at(&format!("{}.{key}", only.at)),
            [first, ..] => finding.at(&first.at),
        }
    }

    /// True when a rule says how many patients there are.
    pub(super) fn counts_roster(&self) -> bool {
        self.has_of_roster("total")
    }

    /// True when a rule says who of them is no longer in use.
    pub(super) fn retires(&self) -> bool {
        self.has_of_roster("active")
    }

    fn has_of_roster(&self, key: &str) -> bool {
        let roster = self.subject.settings.get("roster").and_then(Value::as_table);
        roster.is_some_and(|it| it.contains_key(key))
    }

    /// True when a block that fills the section has this switched on.
    pub(super) fn has_on(&self, section: Section, key: &str) -> bool {
        let is_on = |it: &Block<'_>| it.settings.get(key).and_then(Value::as_bool) == Some(true);
        self.blocks(section).iter().any(is_on)
    }

    /// The part of the path of `base_url` that stands there twice in what was asked.
    pub(super) fn doubled(&self, takes: &[Take]) -> Option<String> {
        let base: Vec<&str> = parts(self.subject.io.base_url.path());
        takes.iter().find_map(|take| {
            let asked = parts(take.asked.url.path());
            let behind = asked.strip_prefix(base.as_slice())?;
            let ends = (0..base.len()).filter_map(|from| base.get(from..));
            let twice = ends.into_iter().find(|end| behind.starts_with(end))?;
            Some(twice.join("/"))
        })
    }
}

/// The setting that is to blame for a problem with a section, as a key of its block.
pub(super) fn key_of(problem: &Problem) -> &'static str {
    match problem {
        Problem::WrongPatient(_) => "subject",
        Problem::Unreadable(_) => "fields",
        Problem::Incomplete | Problem::TooMuch => "paging",
        _ => "",
    }
}

/// The setting of the whole source that is to blame for a problem.
pub(super) fn of_source(problem: &Problem) -> Option<&'static str> {
    match problem {
        Problem::Unauthorized => Some("auth"),
        Problem::Unreachable => Some("base_url"),
        Problem::Timeout => Some("timeout_ms"),
        _ => None,
    }
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|it| !it.is_empty()).collect()
}
