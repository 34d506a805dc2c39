//! Whether a source says that some of its records do not hold, and nobody listens.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Trial;
use super::labels::{is_said, telling};
use super::reading::Reading;
use super::report::{Finding, Topic};
use crate::marks::is_void;
use crate::record::Section;

/// A longer text is no code.
const LONGEST: usize = 40;

/// A member that no rule reads: its path from the item on, and whether it said so of any.
type Found = BTreeMap<(Section, String), (String, bool)>;

impl Trial<'_> {
    /// Looks for members that no rule reads and that tell of what was taken back or entered in error.
    pub(super) fn voids(&mut self, readings: &[&Reading]) {
        let mut found = Found::new();
        for reading in readings {
            let wholes = reading.takes.iter().filter_map(|it| self.whole(reading.section, it));
            for whole in wholes {
                telling(&whole, "$", false, &mut |name, value, path, _| {
                    if is_void(name) && is_flag(value) && !self.reads(reading.section, name) {
                        let key = (reading.section, name.to_owned());
                        let known = found.entry(key).or_insert_with(|| (path.to_owned(), false));
                        known.1 |= is_said(value);
                    }
                });
            }
        }
        for ((section, name), (path, is_said)) in &found {
            let finding = unheard(*section, name, path, *is_said);
            let finding = self.placed(finding, *section, "withdrawn");
            self.report.add(finding);
        }
    }
}

fn unheard(section: Section, name: &str, path: &str, is_said: bool) -> Finding {
    let check = format!("{}.withdrawn", section.name());
    let path = path.trim_start_matches('$');
    let remedy = format!(
        "Say when a record does not hold, as in withdrawn = '@{path} == true', with your values (beside `each`, a condition on the item around the part is {{ item = '…' }}); or map it to `status`. When it means something else, write left_out = [{name:?}]."
    );
    if is_said {
        let message = format!(
            "`{name}` seems to say of a record that it does not hold, and no rule reads it, so that the record is shown as valid."
        );
        Finding::failed(Topic::Semantics, &check, message, remedy)
    } else {
        let message = format!(
            "`{name}` sounds as if it said that a record does not hold, and no rule reads it; it was not seen to say so."
        );
        Finding::warned(Topic::Semantics, &check, message, remedy)
    }
}

/// True for what may be yes, no or a code.
fn is_flag(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.chars().count() <= LONGEST,
        Value::Array(_) => false,
        Value::Object(members) => members.keys().all(|name| name.starts_with(['@', '#'])),
    }
}
