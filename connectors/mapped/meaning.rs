//! What an answer means beside its items: that there is nothing, that all is well, or that something is wrong.

use toml::Value;

use super::compile::Compiler;
use super::node::Node;
use super::part::{Part, kind_of};
use super::path::Condition;
use super::walk::{Budget, Walk};
use crate::connector::Problem;
use crate::egress::Reply;

/// How many conditions there may be on what an answer means.
const CONDITIONS: usize = 32;

/// By what an answer says more than its items do.
#[derive(Debug)]
pub(super) struct Meaning {
    none_when: Vec<Nothing>,
    success: Option<Condition>,
    errors: Vec<Told>,
}

/// What says that there is nothing here.
#[derive(Debug)]
enum Nothing {
    Status(u16),
    When(Condition),
}

/// What an answer says that is no list.
#[derive(Debug)]
struct Told {
    status: Option<u16>,
    when: Option<Condition>,
    means: Means,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    Busy,
    Unauthorized,
    Incomplete,
    NotOffered,
    Failed,
}

const MEANINGS: [(&str, Means); 5] = [
    ("busy", Means::Busy),
    ("unauthorized", Means::Unauthorized),
    ("incomplete", Means::Incomplete),
    ("not-offered", Means::NotOffered),
    ("failed", Means::Failed),
];

impl Meaning {
    pub(super) fn read(part: &Part<'_>, compiler: &Compiler<'_>) -> Self {
        Self {
            none_when: none_when(part, compiler),
            success: compiler.condition_of(part, "success"),
            errors: errors(part, compiler),
        }
    }

    /// A status that means that there is nothing.
    pub(super) fn is_nothing(&self, status: u16) -> bool {
        self.none_when.iter().any(|it| matches!(it, Nothing::Status(at) if *at == status))
    }

    /// The conditions by which an answer says that there is nothing, with their places.
    pub(super) fn conditions(&self) -> impl Iterator<Item = (usize, &Condition)> {
        self.none_when.iter().enumerate().filter_map(|(place, nothing)| match nothing {
            Nothing::When(condition) => Some((place, condition)),
            Nothing::Status(_) => None,
        })
    }

    /// True when the answer says that there is nothing.
    pub(super) fn says_nothing(&self, walk: Walk<'_, '_>) -> Result<bool, Problem> {
        for nothing in &self.none_when {
            if let Nothing::When(condition) = nothing
                && holds(walk, condition)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// True when all is well.
    pub(super) fn says_success(&self, walk: Walk<'_, '_>) -> Result<bool, Problem> {
        self.success.as_ref().map_or(Ok(true), |success| holds(walk, success))
    }

    /// What an answer tells of itself, whatever its status.
    pub(super) fn told(
        &self,
        reply: &Reply,
        root: Option<&Node<'_>>,
        budget: &Budget,
    ) -> Result<Option<Problem>, Problem> {
        for told in &self.errors {
            let is_status = told.status.is_none_or(|status| status == reply.status);
            let holds = match (&told.when, root) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(when), Some(root)) => {
                    let walk = Walk { root, budget };
                    walk.holds(when, root).map_err(|_| Problem::TooMuch)?
                }
            };
            if is_status && holds {
                return Ok(Some(told.means.problem(reply)));
            }
        }
        Ok(None)
    }
}

fn holds(walk: Walk<'_, '_>, condition: &Condition) -> Result<bool, Problem> {
    walk.holds(condition, walk.root).map_err(|_| Problem::TooMuch)
}

/// What a status other than 200 means.
pub(super) fn refusal(reply: &Reply) -> Problem {
    match reply.status {
        401 | 403 => Problem::Unauthorized,
        429 => Problem::Busy { retry_after: reply.retry_after },
        503 if reply.retry_after.is_some() => Problem::Busy { retry_after: reply.retry_after },
        status => Problem::Status(status),
    }
}

impl Means {
    fn problem(self, reply: &Reply) -> Problem {
        match self {
            Self::Busy => Problem::Busy { retry_after: reply.retry_after },
            Self::Unauthorized => Problem::Unauthorized,
            Self::Incomplete => Problem::Incomplete,
            Self::NotOffered => Problem::NotSupported,
            Self::Failed if reply.status == 200 => Problem::Garbled,
            Self::Failed => Problem::Status(reply.status),
        }
    }
}

fn status(number: i64) -> Option<u16> {
    u16::try_from(number).ok().filter(|status| (100..=599).contains(status))
}

fn none_when(part: &Part<'_>, compiler: &Compiler<'_>) -> Vec<Nothing> {
    let mut all = Vec::new();
    for (place, item) in part.list("none_when").unwrap_or_default().iter().enumerate() {
        let at = part.at.key("none_when").item(place);
        match item {
            Value::Integer(number) => {
                match status(*number).filter(|status| !matches!(status, 200 | 304)) {
                    Some(status) => all.push(Nothing::Status(status)),
                    None => part.notes.add(
                        &at,
                        format!("{number} is no status that means nothing"),
                        "write one such as 404",
                    ),
                }
            }
            Value::String(text) => all.extend(compiler.condition(text, &at).map(Nothing::When)),
            other => {
                let why = format!("must be a status or a condition, and is {}", kind_of(other));
                part.notes.add(&at, why, "write 404 or '@.count == 0'");
            }
        }
    }
    bounded(part, "none_when", all.len());
    all
}

fn errors(part: &Part<'_>, compiler: &Compiler<'_>) -> Vec<Told> {
    let mut all = Vec::new();
    for (place, item) in part.list("errors").unwrap_or_default().iter().enumerate() {
        let at = part.at.key("errors").item(place);
        let Value::Table(table) = item else {
            let why = format!("must be a table, and is {}", kind_of(item));
            part.notes.add(&at, why, "write { status = 423, means = \"busy\" }");
            continue;
        };
        let row = Part::new(table, at, part.notes);
        let status = row.whole("status", 100..=599).and_then(|number| u16::try_from(number).ok());
        let when = compiler.condition_of(&row, "when");
        let names = MEANINGS.map(|(name, _)| name);
        let means = row.one_of("means", &names);
        if !row.has("means") {
            row.missing("means", format!("write one of `{}`", names.join("`, `")));
        }
        if !row.has("status") && !row.has("when") {
            row.missing("when", "say which answers are meant, by status or by a condition");
        }
        row.close();
        if let Some((_, means)) = MEANINGS.iter().find(|(name, _)| Some(*name) == means) {
            all.push(Told { status, when, means: *means });
        }
    }
    bounded(part, "errors", all.len());
    all
}

fn bounded(part: &Part<'_>, key: &str, count: usize) {
    if count > CONDITIONS {
        part.wrong(key, format!("MAPPING_LIMIT: at most {CONDITIONS} rows"), "leave some out");
    }
}
