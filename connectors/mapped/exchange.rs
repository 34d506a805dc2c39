//! One kind of question and what its answers mean: which of them hold items, which say that there is nothing, and which are
//! problems.

use std::sync::Arc;

use toml::Value;
use url::Url;

use super::compile::Compiler;
use super::format::Format;
use super::node::Node;
use super::paging::Paging;
use super::part::{At, Part, kind_of};
use super::path::{Condition, Path, Segment, Step};
use super::request::Request;
use super::rule::Rule;
use super::single::Pick;
use super::template::{Values, Variable};
use super::testimony::astray;
use super::walk::{Budget, Walk};
use crate::connector::Problem;
use crate::egress::{Outgoing, Reply};
use crate::witness::Witness;

/// How many items one answer may hold.
pub(super) const ITEMS: usize = 10_000;

/// How many conditions there may be on what an answer means.
const CONDITIONS: usize = 32;

/// A question and its answers.
#[derive(Debug)]
pub(super) struct Exchange {
    /// Where it stands in the manifest.
    pub(super) at: At,
    pub(super) request: Request,
    pub(super) format: Format,
    pub(super) paging: Paging,
    items: Path,
    /// How many of the path's first steps must lead somewhere: else it is no answer to this question.
    sure: usize,
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

/// An answer that holds items.
pub(super) struct Answer<'r> {
    pub(super) walk: Walk<'r, 'r>,
    pub(super) reply: &'r Reply,
    pub(super) items: Vec<&'r Node<'r>>,
}

impl Exchange {
    /// Reads the keys of a question.
    pub(super) fn read(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Self> {
        let format = Format::read(part);
        let request = Request::read(part);
        let paging = Paging::read(part, request.as_ref(), compiler);
        let items = match (part.text("items"), format.items()) {
            (Some(text), _) => compiler.path(text, &part.at.key("items")),
            (None, Some(_)) if part.has("items") => None,
            (None, Some(usual)) => Path::compile(usual).ok(),
            (None, None) => {
                if !part.has("items") {
                    part.missing("items", "write the path to the items, such as \"$.fills[*]\"");
                }
                None
            }
        };
        if items.as_ref().is_some_and(Path::is_deep) {
            part.wrong("items", "`..` may find the same items twice", "name the way to them");
        }
        let none_when = none_when(part, compiler);
        let success = compiler.condition_of(part, "success");
        // For whoever tries the connector: these are left behind on purpose.
        part.texts("left_out");
        let errors = errors(part, compiler);
        let items = items?;
        let sure = items.segments.iter().take_while(|it| matches!(it, Segment::Step(_))).count();
        let (at, request) = (part.at.clone(), request?);
        Some(Self { at, request, format, paging, items, sure, none_when, success, errors })
    }

    /// True when it asks for several patients at once.
    pub(super) fn is_for_many(&self) -> bool {
        self.request.variables().contains(&Variable::Patients)
    }

    /// The request for one page; nothing when a value cannot be written where it belongs.
    pub(super) fn asked(
        &self,
        base: &Url,
        values: &Values<'_>,
        url: Option<&str>,
    ) -> Option<Outgoing> {
        let accept = self.format.accept();
        match url {
            Some(url) => self.request.to(Url::parse(url).ok()?, accept, values),
            None => self.request.filled(base, accept, values),
        }
    }

    /// Takes an answer to pieces; nothing when it says that there is nothing.
    pub(super) fn read_reply<T>(
        &self,
        reply: &Reply,
        witness: Option<&Arc<dyn Witness>>,
        take: impl FnOnce(&Answer<'_>) -> Result<T, Problem>,
    ) -> Result<Option<T>, Problem> {
        if self.none_when.iter().any(|it| matches!(it, Nothing::Status(at) if *at == reply.status))
        {
            return Ok(None);
        }
        let root = self.format.decode(&reply.body);
        let budget = Budget::watched_by(witness);
        if let Some(problem) = self.told(reply, root.as_ref().ok(), &budget)? {
            self.refuse(budget.witness(), "errors", || {
                format!("an answer of status {} is one of these", reply.status)
            });
            return Err(problem);
        }
        if reply.status != 200 {
            return Err(refusal(reply));
        }
        let root = root.inspect_err(|_| {
            self.refuse(budget.witness(), "format", || self.format.flaw(&reply.body));
        })?;
        let walk = Walk { root: &root, budget: &budget };
        let holds = |condition| walk.holds(condition, &root).map_err(|_| Problem::TooMuch);
        for nothing in &self.none_when {
            if let Nothing::When(condition) = nothing
                && holds(condition)?
            {
                return Ok(None);
            }
        }
        if let Some(success) = &self.success
            && !holds(success)?
        {
            self.refuse(budget.witness(), "success", || {
                "this does not hold of an answer".to_owned()
            });
            return Err(Problem::Garbled);
        }
        let items = self.items(walk).inspect_err(|_| {
            self.refuse(budget.witness(), "items", || astray(&self.items, self.sure, &root));
        })?;
        take(&Answer { walk, reply, items }).map(Some)
    }

    /// True when the list is not there because nothing is in it, as in XML.
    fn is_empty_list(&self, walk: Walk<'_, '_>, sure: &[Segment]) -> bool {
        let Format::Xml(xml) = &self.format else { return false };
        let [above @ .., Segment::Step(Step::Name(name))] = sure else { return false };
        let is_there = walk.select(above, walk.root).is_ok_and(|found| found.len() == 1);
        is_there && !above.is_empty() && xml.is_list(name)
    }

    /// A table without what these rules read is another one.
    pub(super) fn need(&mut self, picks: &[&Pick], rules: &[&Rule]) {
        if let Format::Csv(sheet) = &mut self.format {
            let mut members = Vec::new();
            for pick in picks {
                pick.members(&mut members);
            }
            for rule in rules {
                rule.members(&mut members);
            }
            sheet.need(&members);
        }
    }

    /// What an answer tells of itself, whatever its status.
    fn told(
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

    /// The items of an answer. The list that they stand in must be there, even if nothing is in it.
    fn items<'r>(&self, walk: Walk<'r, 'r>) -> Result<Vec<&'r Node<'r>>, Problem> {
        let (sure, rest) = self.items.segments.split_at(self.sure);
        let list = walk.select(sure, walk.root).map_err(|_| Problem::TooMuch)?;
        let [list] = list.as_slice() else {
            return if self.is_empty_list(walk, sure) {
                Ok(Vec::new())
            } else {
                Err(Problem::Garbled)
            };
        };
        let items = match (list, rest) {
            (Node::List(items), []) => items.iter().collect(),
            (Node::Fields(_), []) => vec![*list],
            (Node::List(_) | Node::Fields(_), _) => {
                walk.select(rest, list).map_err(|_| Problem::TooMuch)?
            }
            _ => return Err(Problem::Garbled),
        };
        if items.len() > ITEMS { Err(Problem::TooMuch) } else { Ok(items) }
    }
}

/// What a status other than 200 means.
fn refusal(reply: &Reply) -> Problem {
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
            Value::Integer(number) => match status(*number).filter(|status| *status != 200) {
                Some(status) => all.push(Nothing::Status(status)),
                None => part.notes.add(
                    &at,
                    format!("{number} is no status that means nothing"),
                    "write one such as 404",
                ),
            },
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
