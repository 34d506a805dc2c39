//! One kind of question and what its answers mean: which of them hold items, which say that there is nothing, and which are
//! problems.

use std::sync::Arc;

use url::Url;

use super::compile::Compiler;
use super::format::Format;
use super::hint::Objection;
use super::meaning::{Meaning, refusal};
use super::node::Node;
use super::paging::Paging;
use super::part::{At, Part};
use super::path::{Path, Segment, Selector, Step};
use super::request::Request;
use super::rule::Rule;
use super::single::Pick;
use super::template::{Values, Variable};
use super::testimony::astray;
use super::walk::{Budget, Walk};
use crate::connector::Problem;
use crate::egress::{Outgoing, Reply};
use crate::parts::Revalidate;
use crate::witness::Witness;

/// How many items one answer may hold.
pub(super) const ITEMS: usize = 10_000;

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
    pub(super) meaning: Meaning,
    /// By what it is asked again, whether it still brings the same.
    pub(super) revalidate: Revalidate,
}

/// An answer that holds items.
pub(super) struct Answer<'r> {
    pub(super) walk: Walk<'r, 'r>,
    pub(super) reply: &'r Reply,
    pub(super) items: Vec<&'r Node<'r>>,
    /// How many stand in the list, with those that `items` leaves out by a filter: so its source counts them.
    pub(super) listed: usize,
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
                // Where the format is none, it is not known whether items must be named.
                if !part.has("items") && !part.has("format") {
                    part.missing("items", "write the path to the items, such as \"$.fills[*]\"");
                }
                None
            }
        };
        if items.as_ref().is_some_and(Path::is_deep) {
            part.wrong("items", "`..` may find the same items twice", "name the way to them");
        }
        let meaning = Meaning::read(part, compiler);
        // For whoever tries the connector: these are left behind on purpose.
        part.texts("left_out");
        let items = items?;
        let sure = items.segments.iter().take_while(|it| matches!(it, Segment::Step(_))).count();
        let (at, request) = (part.at.clone(), request?);
        let revalidate = Revalidate::Never;
        Some(Self { at, request, format, paging, items, sure, meaning, revalidate })
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
        if self.meaning.is_nothing(reply.status) {
            return Ok(None);
        }
        let root = self.format.decode(&reply.body);
        let budget = Budget::watched_by(witness);
        if let Some(problem) = self.meaning.told(reply, root.as_ref().ok(), &budget)? {
            self.refuse(budget.witness(), "errors", || {
                let why = format!("an answer of status {} is one of these", reply.status);
                Objection::new(
                    why,
                    "see whether the server has good reason to say so, or the row means too much",
                )
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
        self.testify_conditions(walk);
        if self.meaning.says_nothing(walk)? {
            return Ok(None);
        }
        if !self.meaning.says_success(walk)? {
            self.refuse(budget.witness(), "success", || {
                let remedy =
                    "write what holds of every good answer; `caregraph connector try` shows one";
                Objection::new("this does not hold of an answer", remedy)
            });
            return Err(Problem::Garbled);
        }
        let (items, listed) = self.items(walk).inspect_err(|_| {
            self.refuse(budget.witness(), "items", || astray(&self.items, self.sure, &root));
        })?;
        self.testify_paging(walk);
        take(&Answer { walk, reply, items, listed }).map(Some)
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

    /// True when `items` leaves some of the list out.
    pub(super) fn is_filtered(&self) -> bool {
        let is_filter = |it: &Selector| matches!(it, Selector::Filter(_));
        self.items.segments.iter().any(|it| match it {
            Segment::Step(_) => false,
            Segment::Children(all) | Segment::Descendants(all) => all.iter().any(is_filter),
        })
    }

    /// The items of an answer, and how many stand in the list. The list must be there, even if nothing is in it.
    fn items<'r>(&self, walk: Walk<'r, 'r>) -> Result<(Vec<&'r Node<'r>>, usize), Problem> {
        let (sure, rest) = self.items.segments.split_at(self.sure);
        let list = walk.select(sure, walk.root).map_err(|_| Problem::TooMuch)?;
        let [list] = list.as_slice() else {
            return if self.is_empty_list(walk, sure) {
                Ok((Vec::new(), 0))
            } else {
                Err(Problem::Garbled)
            };
        };
        let items = match (list, rest) {
            (Node::List(items), []) => items.iter().collect(),
            (Node::Fields(_), []) => vec![*list],
            // The members of one item are no items.
            (Node::Fields(fields), [Segment::Children(_), ..])
                if fields.values().any(|it| !matches!(it, Node::Fields(_) | Node::List(_))) =>
            {
                return Err(Problem::Garbled);
            }
            (Node::List(_) | Node::Fields(_), _) => {
                walk.select(rest, list).map_err(|_| Problem::TooMuch)?
            }
            _ => return Err(Problem::Garbled),
        };
        let listed = match (list, rest) {
            (Node::List(all), [_]) if self.is_filtered() => all.len(),
            _ => items.len(),
        };
        if items.len() > ITEMS { Err(Problem::TooMuch) } else { Ok((items, listed)) }
    }
}
