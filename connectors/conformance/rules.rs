//! Which settings of a manifest do not fit what the source sends, and where they stand.

use std::collections::BTreeMap;

use super::Trial;
use super::reading::Reading;
use super::report::{Finding, Topic, Verdict};
use super::stage::{Refusals, Stage, Tallies, Tally};
use crate::connector::Problem;

/// Rules without which there is no item, by how their places end.
const NEEDED: [&str; 4] = [".subject", ".reference", "roster.id", "lookup.id"];

/// Settings that an answer as a whole is not as they say.
const OF_ANSWERS: [&str; 2] = [".success", ".items"];

/// Rules that are run on an answer, and not on its items.
const OF_ENVELOPE: [&str; 2] = [".paging", ".total"];

impl Trial<'_> {
    /// Tells which answers were refused because of which setting; true when there were any.
    pub(super) fn refusals(&mut self, check: &str) -> bool {
        let findings = refused(check, &self.stage.refusals());
        let is_any = !findings.is_empty();
        self.report.findings.extend(findings);
        is_any
    }

    /// The same of one section: with how many patients it was so of.
    pub(super) fn refused_of(&mut self, check: &str, readings: &[Reading]) -> bool {
        let mut counts: BTreeMap<&str, (usize, &(String, String))> = BTreeMap::new();
        for (at, said) in readings.iter().flat_map(|it| &it.refusals) {
            counts.entry(at).or_insert((0, said)).0 += 1;
        }
        let all = readings.len();
        let finding = |(at, (count, (why, remedy))): (&&str, &(usize, &(String, String)))| {
            let message = format!(
                "{} So it was for {count} of the {all} patients who were asked about.",
                sentence(why)
            );
            let remedy = if *count < all && at.ends_with(".format") {
                format!(
                    "The answers about the others can be read: so the server may be failing at times. {}",
                    sentence(remedy)
                )
            } else if *count < all && OF_ANSWERS.iter().any(|end| at.ends_with(end)) {
                format!(
                    "The answers about the others are as the manifest says: so the server may be failing at times, and then it is the server to mend. Where it means such an answer, {remedy}."
                )
            } else {
                sentence(remedy)
            };
            Finding::failed(Topic::Shape, check, message, remedy).at(at)
        };
        let findings: Vec<Finding> = counts.iter().map(finding).collect();
        let is_any = !findings.is_empty();
        self.report.findings.extend(findings);
        is_any
    }

    /// Tells which rules fit no value, or found none.
    pub(super) fn rules(&mut self, readings: &[Vec<Reading>]) {
        let tallies = self.stage.tallies();
        let mut findings = ruled(&tallies);
        findings.extend(self.stage.conditions());
        let unjudged = self.unjudged(&tallies, readings);
        if !unjudged.is_empty() {
            let message = format!(
                "Of {} nothing could be judged: nothing was read there of anybody who was asked about.",
                unjudged.join(", ")
            );
            self.report.add(Finding::skipped(Topic::Shape, "rules", message));
        } else if findings.is_empty() && !tallies.is_empty() {
            let message = "Every rule found something, and all of it fits.";
            self.report.add(Finding::passed(Topic::Shape, "rules", message));
        }
        self.report.findings.extend(findings);
    }

    /// Where no rule was run on any item.
    fn unjudged(&self, tallies: &Tallies, readings: &[Vec<Reading>]) -> Vec<String> {
        let is_offered = |it: &&Reading| it.share.problem != Some(Problem::NotSupported);
        let sections = readings.iter().filter_map(|it| it.iter().find(is_offered).map(|_| it));
        sections.flat_map(|readings| self.unjudged_of(tallies, readings)).collect()
    }

    fn unjudged_of(&self, tallies: &Tallies, readings: &[Reading]) -> Vec<String> {
        let Some(section) = readings.first().map(|it| it.section) else { return Vec::new() };
        let places = self.places(section);
        if places.is_empty() {
            let is_empty = readings.iter().all(|it| it.share.records.is_empty());
            return is_empty.then(|| section.name().to_owned()).into_iter().collect();
        }
        let is_judged = |at: &String| {
            tallies.keys().filter_map(|rule| rule.strip_prefix(at.as_str())).any(|rule| {
                rule.starts_with('.') && !OF_ENVELOPE.iter().any(|key| rule.starts_with(key))
            })
        };
        let without = places.into_iter().filter(|at| !is_judged(at));
        without.map(|at| format!("{} ({at})", section.name())).collect()
    }
}

impl Stage {
    /// Which settings of the manifest did not fit what came since this was asked last.
    pub fn objections(&self) -> Vec<Finding> {
        let mut findings = refused("answers", &self.refusals());
        findings.extend(ruled(&self.tallies()));
        // A condition that does not hold of a few answers is told only where it cannot.
        let never = self.conditions().into_iter().filter(|it| it.verdict == Verdict::Failed);
        findings.extend(never);
        self.forget_rules();
        findings
    }
}

fn refused(check: &str, refusals: &Refusals) -> Vec<Finding> {
    let finding = |(at, (why, remedy)): (&String, &(String, String))| {
        Finding::failed(Topic::Shape, check, sentence(why), sentence(remedy)).at(at)
    };
    refusals.iter().map(finding).collect()
}

fn ruled(tallies: &Tallies) -> Vec<Finding> {
    tallies.iter().filter_map(|(at, tally)| finding(at, tally)).collect()
}

fn finding(at: &str, tally: &Tally) -> Option<Finding> {
    let Tally { found, missing, left_out, unfit, alike, needed, written, .. } = tally;
    let all = found + missing + left_out + unfit;
    let needed = needed.as_deref().unwrap_or("another value");
    let seen = written.as_ref().map(|it| format!("; one is written as {it}")).unwrap_or_default();
    let (topic, check) = (Topic::Shape, "rules");
    let is_needed = !at.contains(".fields.") && NEEDED.iter().any(|end| at.ends_with(end));
    let finding = if *unfit > 0 {
        let message =
            format!("In {unfit} of {all} places the value does not fit: needed is {needed}{seen}.");
        Finding::failed(topic, check, message, fitting(needed, written.as_deref()))
    } else if *found > 0 && *missing > 0 && is_needed {
        let message = format!("This path leads to nothing in {missing} of {all} places.");
        let remedy = "Let the server write it in each; or leave out by a filter of `items` what is no such item.";
        Finding::failed(topic, check, message, remedy)
    } else if *found > 0 {
        return None;
    } else if *left_out > 0 {
        let message = format!(
            "In all of {left_out} places the value was left out, since needed is {needed}{seen}."
        );
        Finding::warned(topic, check, message, fitting(needed, written.as_deref()))
    } else if let Some((name, other)) = alike {
        let message = format!("In {missing} places there is no `{name}`, but there is `{other}`.");
        let remedy = format!("Write `{other}`, if that is meant; or leave the rule out.");
        Finding::failed(topic, check, message, remedy)
    } else if is_needed {
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

/// What to write, so that a value fits. `written`: how one that does not is written.
fn fitting(needed: &str, written: Option<&str>) -> String {
    let remedy = if needed.starts_with("one value that the table has, in upper") {
        "Write the table's values in lower case and case = \"lower\" beside it; or each as the answer has it."
    } else if needed.starts_with("one value that the table has") {
        "Write the other values into the table too, or `otherwise` for what they become; `caregraph connector try --patients 20` shows those that do not fit."
    } else if needed.starts_with("one of") {
        "Write `table` with what each of your values becomes; `caregraph connector try --patients 20` shows those that do not fit."
    } else if needed.starts_with("a date") {
        return dated(written);
    } else if needed.starts_with("a number") {
        "Write `number` as the answer has it, as in number = \"1.234,5\", and `none` for what means that there is none."
    } else if needed.starts_with("true or false") {
        "Write table = { Y = true, N = false }, with your values."
    } else if needed.starts_with("a code system") {
        "Write `table` with what your system's names become: a short name or a URI."
    } else {
        "Write the path of a value that is such; `caregraph connector try` shows both."
    };
    remedy.to_owned()
}

/// Dates by the form in which they are written, and what is said of them in a manifest.
const DATES: [(&str, &str); 13] = [
    ("9999-99-99", "Leave `date` out: 2026-03-04 is read without it."),
    ("99/99/9999", "Write date = \"MM/DD/YYYY\" or \"DD/MM/YYYY\", as your system means it."),
    ("9/9/9999", "Write date = \"M/D/YYYY\" or \"D/M/YYYY\", as your system means it."),
    ("99.99.9999", "Write date = \"DD.MM.YYYY\"."),
    ("9.9.9999", "Write date = \"D.M.YYYY\"."),
    ("99-99-9999", "Write date = \"MM-DD-YYYY\" or \"DD-MM-YYYY\", as your system means it."),
    ("99999999", "Write date = \"YYYYMMDD\"."),
    ("9999/99/99", "Write date = \"YYYY/MM/DD\"."),
    ("9999999999", "Write date = \"epoch-s\"."),
    ("9999999999999", "Write date = \"epoch-ms\"."),
    ("99-aaa-9999", "Write date = \"DD-MMM-YYYY\"."),
    ("9999-99-99 99:99:99", "Write date = \"YYYY-MM-DD hh:mm:ss\"."),
    ("9999-99-99 99:99", "Write date = \"YYYY-MM-DD hh:mm\"."),
];

fn dated(written: Option<&str>) -> String {
    let form = written.unwrap_or_default();
    let known = DATES.iter().find(|(known, _)| *known == form).map(|(_, remedy)| *remedy);
    let is_short = matches!(form, "99/99/99" | "99.99.99" | "99-99-99");
    let remedy = match known {
        _ if form.starts_with("/aaaa(") => "Write date = \"net\".",
        _ if is_short => "Let the server write years of four digits: those of two are not read.",
        Some(remedy) => remedy,
        None => "Write `date` as the answer has it, such as date = \"MM/DD/YYYY\".",
    };
    format!(
        "{remedy} Where all values must be written alike and some are not, mend the server; write `none` for what means that there is none."
    )
}

/// With a capital and a stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if words.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}
