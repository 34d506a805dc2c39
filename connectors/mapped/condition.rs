//! What a witness is told of the conditions of a manifest: whether their paths lead to anything in what they are asked of.

use std::fmt::Write as _;

use super::exchange::Exchange;
use super::hint::place_named;
use super::node::Node;
use super::path::{Condition, Filter, Operand, Query, Segment, Step};
use super::plan::Fetch;
use super::rule::Around;
use super::walk::{Budget, Walk};
use crate::witness::{Look, Witness};

impl Fetch {
    /// Tells whether what was taken back can be told from what holds.
    pub(super) fn testify_withdrawn(&self, around: Around<'_>) {
        let Some(witness) = around.walk.budget.witness() else { return };
        if let Some(withdrawn) = &self.beside.withdrawn {
            let at = self.exchange.at.key("withdrawn");
            let (at, of) = if withdrawn.is_of_item {
                (at.key("item"), around.item)
            } else {
                (at, around.here)
            };
            testify(witness, at.as_str(), &withdrawn.when, of, Some(around.item));
        }
    }
}

impl Exchange {
    /// Tells which paths lead somewhere of the conditions on an answer that are meant to hold of some answers only.
    pub(super) fn testify_conditions(&self, walk: Walk<'_, '_>) {
        let Some(witness) = walk.budget.witness() else { return };
        for (place, condition) in self.meaning.conditions() {
            let at = self.at.key("none_when").item(place);
            testify(witness, at.as_str(), condition, walk.root, None);
        }
        if let Some(more) = self.paging.more() {
            let at = self.at.key("paging").key("more");
            testify(witness, at.as_str(), more, walk.root, None);
        }
    }
}

/// Tells it of each path of a condition that is asked of something, which may be a part of an item.
fn testify(
    witness: &dyn Witness,
    at: &str,
    condition: &Condition,
    of: &Node<'_>,
    item: Option<&Node<'_>>,
) {
    // What is done for a witness is not taken from what the answer may cost.
    let budget = Budget::default();
    let walk = Walk { root: of, budget: &budget };
    let holds = walk.holds(condition, of) == Ok(true);
    let mut queries = Vec::new();
    condition.0.queries(&mut queries);
    for query in queries {
        let leads = || walk.select(&query.segments, of).is_ok_and(|found| !found.is_empty());
        let is_useful = holds || leads();
        let named = item.filter(|_| !is_useful).zip(query.name());
        let elsewhere = named.and_then(|(item, name)| place_named(item, name));
        let is_of_part = item.is_some_and(|item| !std::ptr::eq(item, of));
        witness.looked(&Look { at, path: query.written(), is_useful, elsewhere, is_of_part });
    }
}

impl Filter {
    /// The paths that it looks at.
    fn queries<'f>(&'f self, into: &mut Vec<&'f Query>) {
        match self {
            Self::Or(all) | Self::And(all) => all.iter().for_each(|it| it.queries(into)),
            Self::Not(one) => one.queries(into),
            Self::Exists(query) => into.push(query),
            Self::Compare(_, left, right) => {
                left.queries(into);
                right.queries(into);
            }
            Self::Matches(text, _) => text.queries(into),
        }
    }
}

impl Operand {
    fn queries<'f>(&'f self, into: &mut Vec<&'f Query>) {
        match self {
            Self::At(query) | Self::Only(query) | Self::Count(query) => into.push(query),
            Self::Length(of) => of.queries(into),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => {}
        }
    }
}

impl Query {
    /// The last name of the path.
    fn name(&self) -> Option<&str> {
        self.segments.iter().rev().find_map(|segment| match segment {
            Segment::Step(Step::Name(name)) => Some(name.as_str()),
            _ => None,
        })
    }

    /// As it stands in a manifest; what selects is left out.
    fn written(&self) -> String {
        let mut text = String::from(if self.is_from_root { "$" } else { "@" });
        for segment in &self.segments {
            let _ = match segment {
                Segment::Step(Step::Name(name)) if is_plain(name) => write!(text, ".{name}"),
                Segment::Step(Step::Name(name)) => write!(text, "['{name}']"),
                Segment::Step(Step::Place(place)) => write!(text, "[{place}]"),
                Segment::Children(_) => write!(text, "[…]"),
                Segment::Descendants(_) => write!(text, "..[…]"),
            };
        }
        text
    }
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}
