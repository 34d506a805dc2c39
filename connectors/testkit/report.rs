//! What the suite found.

use std::fmt;

/// How one case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The contract was kept.
    Passed,
    /// It was not.
    Failed,
    /// This dialect has no such thing.
    DoesNotApply,
}

/// One case and its verdict.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was asked for: `ask`, `roster`, `refresh`.
    pub operation: &'static str,
    /// The case.
    pub case: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was expected and what was seen, in one sentence.
    pub said: String,
}

/// All findings on one kind. Its `Display` is a table.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The kind.
    pub kind: &'static str,
    /// One line for each case, in the order in which they were played.
    pub findings: Vec<Finding>,
}

impl Report {
    /// True when no case failed and at least one was played.
    pub fn passed(&self) -> bool {
        self.count(Verdict::Failed) == 0 && self.count(Verdict::Passed) > 0
    }

    /// How many cases ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// The names of the cases that ended so.
    pub fn names(&self, verdict: Verdict) -> Vec<&'static str> {
        let with = |finding: &&Finding| finding.verdict == verdict;
        self.findings.iter().filter(with).map(|finding| finding.case).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.findings.iter().map(|finding| finding.case.len()).max().unwrap_or(0);
        for Finding { operation, case, verdict, said } in &self.findings {
            let mark = match verdict {
                Verdict::Passed => "pass",
                Verdict::Failed => "FAIL",
                Verdict::DoesNotApply => "  – ",
            };
            writeln!(f, "{mark}  {operation:7}  {case:width$}  {said}")?;
        }
        let counts = [Verdict::Passed, Verdict::Failed, Verdict::DoesNotApply];
        let [passed, failed, idle] = counts.map(|verdict| self.count(verdict));
        writeln!(f, "{}: {passed} passed, {failed} failed, {idle} do not apply", self.kind)
    }
}
