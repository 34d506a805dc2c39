//! Conditions of a manifest that can hardly ever hold, since what they look at is not there.

use std::collections::BTreeMap;

use super::report::{Finding, Topic};
use super::stage::Stage;
use crate::witness::Look;

/// What a path of a condition led to so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Looked {
    /// How often it led to nothing, and the condition did not hold either.
    astray: u32,
    /// It led somewhere once, or the condition held.
    is_useful: bool,
    /// Where in the item there is a member of that name.
    elsewhere: Option<String>,
    is_of_part: bool,
}

/// Conditions by where they stand, each with its paths.
pub(super) type Looks = BTreeMap<(String, String), Looked>;

impl Looked {
    pub(super) fn note(&mut self, look: &Look<'_>) {
        self.is_useful |= look.is_useful;
        self.astray += u32::from(!look.is_useful);
        self.is_of_part |= look.is_of_part;
        if self.elsewhere.is_none() {
            self.elsewhere.clone_from(&look.elsewhere);
        }
    }
}

impl Stage {
    /// Tells of conditions whose paths led to nothing whenever they were looked at.
    pub(super) fn conditions(&self) -> Vec<Finding> {
        self.looks().iter().filter_map(|((at, path), looked)| finding(at, path, looked)).collect()
    }
}

fn finding(at: &str, path: &str, looked: &Looked) -> Option<Finding> {
    const CHECK: &str = "rules";
    let Looked { astray, elsewhere, is_of_part, .. } = looked;
    if looked.is_useful {
        return None;
    }
    let astray = format!("In {astray} places `{path}` of this condition leads to nothing");
    let finding = match elsewhere {
        Some(place) if at.contains(".withdrawn") => {
            let whose = if *is_of_part { "the item around the part" } else { "the item" };
            let message = format!(
                "{astray}, so that it never holds and what was taken back is shown; but there is `{place}` in {whose}."
            );
            let remedy = if *is_of_part {
                "Beside `each`, `@` is the part; write withdrawn = { item = '…' } for a condition on the item around it."
                    .to_owned()
            } else {
                format!(
                    "Write `@{}` in its place, if that is meant.",
                    place.trim_start_matches('$')
                )
            };
            Finding::failed(Topic::Semantics, CHECK, message, remedy)
        }
        _ => {
            let message = format!("{astray}, so that it was not seen to hold.");
            let remedy = "See that the path is as the server has it; where that member comes only when the condition holds, it is as it should be.";
            Finding::warned(Topic::Semantics, CHECK, message, remedy)
        }
    };
    Some(finding.at(at))
}
