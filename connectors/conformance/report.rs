//! What came of trying a connector. No patient stands in it, and nothing that its source sent.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::registry::BuildError;

/// What was looked at, in the order in which it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// All that was looked at.
    pub findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What it is about.
    pub topic: Topic,
    /// What was looked at, as a name that stays, such as `MEDICATIONS.complete`.
    pub check: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What was seen, in one sentence.
    pub message: String,
    /// What to change, when it is not as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The setting of the manifest that is to blame, as a path such as `fetch[1].fields.status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Topic {
    /// Whether what comes can be read as the manifest says.
    Shape,
    /// Whether it means what it should: all of it, of the right patient, under names that stay.
    Semantics,
    /// Whether a source that fails is told from one that has nothing.
    Resilience,
    /// Whether anybody learns what is not for them.
    Privacy,
    /// How long it takes.
    Speed,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// It is as it should be.
    Passed,
    /// It may be as it is meant; a person should look at it.
    Warned,
    /// It is not as it should be.
    Failed,
    /// It could not be looked at.
    Skipped,
}

impl Topic {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 5] =
        [Self::Shape, Self::Semantics, Self::Resilience, Self::Privacy, Self::Speed];

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Semantics => "semantics",
            Self::Resilience => "resilience",
            Self::Privacy => "privacy",
            Self::Speed => "speed",
        }
    }
}

impl Report {
    /// A report of why there is no connector to try.
    pub fn of_failure(error: &BuildError) -> Self {
        let failed =
            |why: String, remedy: &str| Finding::failed(Topic::Shape, "manifest", why, remedy);
        let findings = match error {
            BuildError::Mistakes(mistakes) => {
                mistakes.iter().map(|it| failed(it.why.clone(), &it.remedy).at(&it.path)).collect()
            }
            other => vec![failed(other.to_string(), "Mend what the message names.")],
        };
        Self { findings }
    }

    /// True when something was looked at, and nothing failed.
    pub fn passed(&self) -> bool {
        !self.findings.is_empty() && self.count(Verdict::Failed) == 0
    }

    /// How many checks ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The report in the form of `JUnit`, for systems that run tests: one suite a topic.
    pub fn junit(&self, name: &str) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let of = |topic: Topic| self.findings.iter().filter(move |it| it.topic == topic);
        let _ = writeln!(
            text,
            "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\">",
            escaped(name),
            self.findings.len(),
            self.count(Verdict::Failed)
        );
        for topic in Topic::ALL {
            let has = |verdict| of(topic).filter(|it| it.verdict == verdict).count();
            let _ = writeln!(
                text,
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
                topic.name(),
                of(topic).count(),
                has(Verdict::Failed),
                has(Verdict::Skipped)
            );
            of(topic).for_each(|finding| finding.write_case(&mut text));
            text.push_str("  </testsuite>\n");
        }
        text.push_str("</testsuites>");
        text
    }
}

impl Finding {
    fn new(topic: Topic, check: &str, verdict: Verdict, message: String) -> Self {
        Self { topic, check: check.to_owned(), verdict, message, remedy: None, path: None }
    }

    pub(super) fn passed(topic: Topic, check: &str, message: impl Into<String>) -> Self {
        Self::new(topic, check, Verdict::Passed, message.into())
    }

    pub(super) fn skipped(topic: Topic, check: &str, message: impl Into<String>) -> Self {
        Self::new(topic, check, Verdict::Skipped, message.into())
    }

    pub(super) fn warned(
        topic: Topic,
        check: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let finding = Self::new(topic, check, Verdict::Warned, message.into());
        Self { remedy: Some(remedy.into()), ..finding }
    }

    pub(super) fn failed(
        topic: Topic,
        check: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let finding = Self::new(topic, check, Verdict::Failed, message.into());
        Self { remedy: Some(remedy.into()).filter(|it| !it.is_empty()), ..finding }
    }

    /// The same, with the setting that is to blame.
    pub(super) fn at(self, path: &str) -> Self {
        Self { path: Some(path.to_owned()).filter(|it| !it.is_empty()), ..self }
    }

    fn write_case(&self, text: &mut String) {
        let class = self.path.as_deref().unwrap_or(self.topic.name());
        let (check, class) = (escaped(&self.check), escaped(class));
        let (message, remedy) =
            (escaped(&self.message), escaped(self.remedy.as_deref().unwrap_or_default()));
        let inner = match self.verdict {
            Verdict::Passed => String::new(),
            Verdict::Warned => format!("<system-out>{message} {remedy}</system-out>"),
            Verdict::Failed => format!("<failure message=\"{message}\">{remedy}</failure>"),
            Verdict::Skipped => format!("<skipped message=\"{message}\"/>"),
        };
        let _ = writeln!(
            text,
            "    <testcase name=\"{check}\" classname=\"{class}\">{inner}</testcase>"
        );
    }
}

fn escaped(text: &str) -> std::borrow::Cow<'_, str> {
    quick_xml::escape::escape(text)
}
