//! Runs paths and conditions over an answer. Every value that is looked at costs a step, and an answer has so many.

use std::cell::Cell;
use std::sync::Arc;

use super::compare::{Value, compare};
use super::node::Node;
use super::path::{Condition, Filter, Operand, Path, Query, Segment, Selector, Step};
use crate::witness::Witness;

/// How many steps may be taken for one answer: the thirty rules of a record take about a hundred, and an answer holds ten
/// thousand records at most.
pub(super) const STEPS: u32 = 2_000_000;

/// How many bytes may be made of one answer.
pub(super) const OUTPUT: u32 = 16 * 1024 * 1024;

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent;

/// How much may still be done for one answer.
#[derive(Debug)]
pub(super) struct Budget {
    steps: Cell<u32>,
    bytes: Cell<u32>,
    /// Who hears which rules fit.
    witness: Option<Arc<dyn Witness>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: Cell::new(STEPS), bytes: Cell::new(OUTPUT), witness: None }
    }
}

impl Budget {
    pub(super) fn watched_by(witness: Option<&Arc<dyn Witness>>) -> Self {
        Self { witness: witness.cloned(), ..Self::default() }
    }

    pub(super) fn witness(&self) -> Option<&dyn Witness> {
        self.witness.as_deref()
    }

    pub(super) fn step(&self, count: usize) -> Result<(), Spent> {
        take(&self.steps, count)
    }

    pub(super) fn output(&self, bytes: usize) -> Result<(), Spent> {
        take(&self.bytes, bytes)
    }

    /// How many steps have been taken.
    #[cfg(test)]
    pub(super) fn taken(&self) -> u32 {
        STEPS - self.steps.get()
    }
}

fn take(from: &Cell<u32>, count: usize) -> Result<(), Spent> {
    let left = u32::try_from(count).ok().and_then(|count| from.get().checked_sub(count));
    from.set(left.unwrap_or(0));
    left.map(|_| ()).ok_or(Spent)
}

/// Where a path starts, and what it may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'n, 'a> {
    pub(super) root: &'n Node<'a>,
    pub(super) budget: &'n Budget,
}

type Found<'n, 'a> = Vec<&'n Node<'a>>;

impl<'n, 'a> Walk<'n, 'a> {
    /// The first value that a path leads to.
    pub(super) fn one(
        self,
        path: &Path,
        from: &'n Node<'a>,
    ) -> Result<Option<&'n Node<'a>>, Spent> {
        // Within a filter, `$` is what the path starts from.
        let walk = Self { root: from, ..self };
        if path.is_singular() {
            return walk.straight(&path.segments, from);
        }
        Ok(self.all(path, from)?.first().copied())
    }

    /// All values that a path leads to.
    pub(super) fn all(self, path: &Path, from: &'n Node<'a>) -> Result<Found<'n, 'a>, Spent> {
        Self { root: from, ..self }.select(&path.segments, from)
    }

    /// Whether a condition holds of a value.
    pub(super) fn holds(self, condition: &Condition, of: &'n Node<'a>) -> Result<bool, Spent> {
        Self { root: of, ..self }.is_so(&condition.0, of)
    }

    /// Follows segments that lead to one value at most.
    fn straight(
        self,
        segments: &[Segment],
        from: &'n Node<'a>,
    ) -> Result<Option<&'n Node<'a>>, Spent> {
        self.budget.step(segments.len() + 1)?;
        let mut at = from;
        for segment in segments {
            let Segment::Step(step) = segment else { return Ok(None) };
            let Some(next) = below(at, step) else { return Ok(None) };
            at = next;
        }
        Ok(Some(at))
    }

    pub(super) fn select(
        self,
        segments: &[Segment],
        from: &'n Node<'a>,
    ) -> Result<Found<'n, 'a>, Spent> {
        let mut found = vec![from];
        for segment in segments {
            let mut next = Vec::new();
            for node in found {
                match segment {
                    Segment::Step(step) => {
                        self.budget.step(1)?;
                        next.extend(below(node, step));
                    }
                    Segment::Children(selectors) => self.children(selectors, node, &mut next)?,
                    Segment::Descendants(selectors) => {
                        self.descendants(selectors, node, &mut next)?;
                    }
                }
            }
            found = next;
        }
        Ok(found)
    }

    fn children(
        self,
        selectors: &[Selector],
        of: &'n Node<'a>,
        into: &mut Found<'n, 'a>,
    ) -> Result<(), Spent> {
        for selector in selectors {
            match selector {
                Selector::Step(step) => {
                    self.budget.step(1)?;
                    into.extend(below(of, step));
                }
                Selector::All => {
                    let children = of.children();
                    self.budget.step(children.len() + 1)?;
                    into.extend(children);
                }
                Selector::Slice(from, to, step) => self.slice((*from, *to, *step), of, into)?,
                Selector::Filter(filter) => {
                    for child in of.children() {
                        self.budget.step(1)?;
                        if self.is_so(filter, child)? {
                            into.push(child);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// No deeper than an answer may be nested.
    fn descendants(
        self,
        selectors: &[Selector],
        of: &'n Node<'a>,
        into: &mut Found<'n, 'a>,
    ) -> Result<(), Spent> {
        self.children(selectors, of, into)?;
        of.children().into_iter().try_for_each(|child| self.descendants(selectors, child, into))
    }

    fn slice(
        self,
        (from, to, step): (Option<i64>, Option<i64>, i64),
        of: &'n Node<'a>,
        into: &mut Found<'n, 'a>,
    ) -> Result<(), Spent> {
        let Node::List(items) = of else { return Ok(()) };
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let counted = |place: i64| if place < 0 { length.saturating_add(place) } else { place };
        let (mut at, end) = if step >= 0 {
            let start = counted(from.unwrap_or(0)).clamp(0, length);
            (start, counted(to.unwrap_or(length)).clamp(0, length))
        } else {
            let start = counted(from.unwrap_or(length - 1)).clamp(-1, length - 1);
            (start, to.map_or(-1, |to| counted(to).clamp(-1, length - 1)))
        };
        while step != 0 && if step > 0 { at < end } else { at > end } {
            self.budget.step(1)?;
            into.extend(of.item(at));
            at = at.saturating_add(step);
        }
        Ok(())
    }

    fn is_so(self, filter: &Filter, at: &'n Node<'a>) -> Result<bool, Spent> {
        self.budget.step(1)?;
        match filter {
            Filter::Or(all) => {
                for one in all {
                    if self.is_so(one, at)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Filter::And(all) => {
                for one in all {
                    if !self.is_so(one, at)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Filter::Not(one) => Ok(!self.is_so(one, at)?),
            Filter::Exists(query) => Ok(!self.query(query, at)?.is_empty()),
            Filter::Compare(how, left, right) => {
                let (left, right) = (self.value(left, at)?, self.value(right, at)?);
                self.budget.step(left.size() + right.size())?;
                Ok(compare(*how, &left, &right))
            }
            Filter::Matches(text, pattern) => {
                let value = self.value(text, at)?;
                let Value::Text(text) = value else { return Ok(false) };
                self.budget.step(text.len())?;
                Ok(pattern.is_match(text))
            }
        }
    }

    fn query(self, query: &Query, at: &'n Node<'a>) -> Result<Found<'n, 'a>, Spent> {
        self.select(&query.segments, if query.is_from_root { self.root } else { at })
    }

    #[expect(clippy::cast_precision_loss, reason = "no answer holds so many values")]
    fn value<'v>(self, operand: &'v Operand, at: &'n Node<'a>) -> Result<Value<'v, 'a>, Spent>
    where
        'n: 'v,
    {
        Ok(match operand {
            Operand::Null => Value::Null,
            Operand::Bool(value) => Value::Bool(*value),
            Operand::Number(number) => Value::Number(*number),
            Operand::Text(text) => Value::Text(text),
            Operand::At(query) | Operand::Only(query) => match self.query(query, at)?.as_slice() {
                [one] => Value::of(one),
                _ => Value::Nothing,
            },
            Operand::Count(query) => Value::Number(self.query(query, at)?.len() as f64),
            Operand::Length(of) => match self.value(of, at)? {
                Value::Text(text) => {
                    self.budget.step(text.len())?;
                    Value::Number(text.chars().count() as f64)
                }
                Value::Many(Node::List(items)) => Value::Number(items.len() as f64),
                Value::Many(Node::Fields(fields)) => Value::Number(fields.len() as f64),
                _ => Value::Nothing,
            },
        })
    }
}

pub(super) fn below<'n, 'a>(node: &'n Node<'a>, step: &Step) -> Option<&'n Node<'a>> {
    match step {
        Step::Name(name) => node.member(name),
        Step::Place(place) => node.item(*place),
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
