//! `caregraph connector check`: what is wrong with a connector, without a gateway.

use std::fmt::Write as _;
use std::path::Path;

use caregraph_connectors::builtin;
use caregraph_connectors::conformance::{Finding, Report, Topic, Verdict};
use caregraph_connectors::locate::Locator;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::super::{Failed, print, runtime};
use super::source;
use crate::app;

/// What is checked, and how it is told.
#[derive(Debug, Args)]
pub(in super::super) struct Options {
    #[command(flatten)]
    source: source::Which,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For systems that run tests.
    Junit,
}

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    let source = options.source.read()?;
    let report = runtime()?.block_on(app::try_out(
        &source.config,
        &builtin(),
        options.source.identifier()?,
    ))?;
    let path = options.source.manifest.as_path();
    let locator = Locator::of(&source.text);
    print(&match (options.json, options.format) {
        (true, _) | (_, Format::Json) => serde_json::to_string_pretty(&as_json(&report, &locator))?,
        (_, Format::Junit) => report.junit(source.config.id.as_str()),
        (_, Format::Text) => told(path, &report, &locator),
    });
    match report.count(Verdict::Failed) {
        0 => Ok(()),
        1 => Err(Failed("one check failed".to_owned())),
        failures => Err(Failed(format!("{failures} checks failed"))),
    }
}

/// The report for programs, with the lines of the manifest.
fn as_json(report: &Report, locator: &Locator<'_>) -> Value {
    let finding = |finding: &Finding| {
        let mut value = json!(finding);
        if let Some(place) = finding.path.as_ref().and_then(|path| locator.place(path)) {
            value["line"] = json!(place.line);
            value["column"] = json!(place.column);
        }
        value
    };
    let findings: Vec<Value> = report.findings.iter().map(finding).collect();
    json!({ "passed": report.passed(), "findings": findings })
}

/// The report for people: a line for each check, and what to change below those that are not as they should be.
fn told(path: &Path, report: &Report, locator: &Locator<'_>) -> String {
    let mut text = format!("{}\n", path.display());
    for topic in Topic::ALL {
        let findings = || report.findings.iter().filter(|finding| finding.topic == topic);
        if findings().next().is_some() {
            let _ = writeln!(text, "\n{}", topic.name());
        }
        for finding in findings() {
            line(&mut text, path, finding, locator);
        }
    }
    let counts = [Verdict::Passed, Verdict::Warned, Verdict::Failed, Verdict::Skipped];
    let [passed, warned, failed, skipped] = counts.map(|verdict| report.count(verdict));
    let _ = write!(text, "\n{passed} passed, {warned} to look at, {failed} failed");
    if skipped > 0 {
        let _ = write!(text, ", {skipped} not tried");
    }
    text
}

/// One finding, with the place in the manifest.
pub(super) fn line(text: &mut String, file: &Path, finding: &Finding, locator: &Locator<'_>) {
    let mark = match finding.verdict {
        Verdict::Passed => "ok  ",
        Verdict::Warned => "look",
        Verdict::Failed => "FAIL",
        Verdict::Skipped => "-   ",
    };
    let _ = writeln!(text, "  {mark} {}: {}", finding.check, finding.message);
    if let Some(path) = &finding.path {
        let place = locator.place(path).map(|place| format!("{}:{place}: ", file.display()));
        let _ = writeln!(text, "       {}{path}", place.unwrap_or_default());
    }
    if let Some(remedy) = &finding.remedy {
        let _ = writeln!(text, "       {remedy}");
    }
}
