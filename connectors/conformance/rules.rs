//! Which settings of a manifest do not fit what the source sends, and where they stand.

use std::collections::BTreeMap;

use super::Trial;
use super::report::{Finding, Topic};
use super::stage::{Stage, Tallies, Tally};

/// Rules without which there is no item, by how their places end.
const NEEDED: [&str; 3] = [".subject", ".reference", "roster.id"];

impl Trial<'_> {
    /// Tells which answers were refused because of which setting; true when there were any.
    pub(super) fn refusals(&mut self, check: &str) -> bool {
        let findings = refused(check, &self.stage.refusals());
        let is_any = !findings.is_empty();
        self.report.findings.extend(findings);
        is_any
    }

    /// Tells which rules fit no value, or found none.
    pub(super) fn rules(&mut self) {
        let tallies = self.stage.tallies();
        let findings = ruled(&tallies);
        if findings.is_empty() && !tallies.is_empty() {
            let message = "Every rule found something, and all of it fits.";
            self.report.add(Finding::passed(Topic::Shape, "rules", message));
        }
        self.report.findings.extend(findings);
    }
}

impl Stage {
    /// Which settings of the manifest did not fit what came since this was asked last.
    pub fn objections(&self) -> Vec<Finding> {
        let mut findings = refused("answers", &self.refusals());
        findings.extend(ruled(&self.tallies()));
        self.forget_tallies();
        findings
    }
}

fn refused(check: &str, refusals: &BTreeMap<String, String>) -> Vec<Finding> {
    let finding = |(at, why): (&String, &String)| {
        let remedy = match at.rsplit('.').next() {
            Some("items") => {
                "Write the path to the list as the answer has it; `caregraph connector try` shows the answer."
            }
            Some("format") => {
                "Write the format in which the server answers, or let the server answer in this one."
            }
            Some("success") => "Write what holds of every good answer.",
            Some("errors") => {
                "See whether the server has good reason to say so, or the row means too much."
            }
            Some("paging" | "total") => {
                "Write how pages follow each other as the server has it; each stands below `base_url`."
            }
            _ => "See that this is what the server sends.",
        };
        Finding::failed(Topic::Shape, check, sentence(why), remedy).at(at)
    };
    refusals.iter().map(finding).collect()
}

fn ruled(tallies: &Tallies) -> Vec<Finding> {
    tallies.iter().filter_map(|(at, tally)| finding(at, tally)).collect()
}

fn finding(at: &str, tally: &Tally) -> Option<Finding> {
    let Tally { found, missing, left_out, unfit, alike, needed } = tally;
    let all = found + missing + left_out + unfit;
    let needed = needed.as_deref().unwrap_or("another value");
    let (topic, check) = (Topic::Shape, "rules");
    let finding = if *unfit > 0 {
        let message =
            format!("In {unfit} of {all} places the value does not fit: needed is {needed}.");
        Finding::failed(topic, check, message, fitting(needed))
    } else if *found > 0 {
        return None;
    } else if *left_out > 0 {
        let message = format!(
            "In all of {left_out} places the value was left out, since needed is {needed}."
        );
        Finding::warned(topic, check, message, fitting(needed))
    } else if let Some((name, other)) = alike {
        let message = format!("In {missing} places there is no `{name}`, but there is `{other}`.");
        let remedy = format!("Write `{other}`, if that is meant; or leave the rule out.");
        Finding::failed(topic, check, message, remedy)
    } else if NEEDED.iter().any(|end| at.ends_with(end)) {
        let message = format!("In {missing} places this path leads to nothing.");
        let remedy = "Write where it stands; `caregraph connector try` shows the answer.";
        Finding::failed(topic, check, message, remedy)
    } else {
        let message = format!("In {missing} places this rule found nothing.");
        let remedy = "See that the path is as the answer has it (`caregraph connector try` shows both), or leave the rule out.";
        Finding::warned(topic, check, message, remedy)
    };
    Some(finding.at(at))
}

/// What to write, so that a value fits.
fn fitting(needed: &str) -> &'static str {
    if needed.starts_with("one value that the table has") {
        "Write the other values into the table too, or `otherwise` for what they become."
    } else if needed.starts_with("one of") {
        "Write `table` with what each of your values becomes."
    } else if needed.starts_with("a date") {
        "Write `date` as the answer has it, such as date = \"MM/DD/YYYY\", and `none` for what means that there is none."
    } else if needed.starts_with("a number") {
        "Write `number` as the answer has it, and `none` for what means that there is none."
    } else if needed.starts_with("true or false") {
        "Write table = { Y = true, N = false }, with your values."
    } else if needed.starts_with("a code system") {
        "Write `table` with what your system's names become: a short name or a URI."
    } else {
        "Write the path of a value that is such; `caregraph connector try` shows both."
    }
}

/// With a capital and a stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if words.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}
