//! Fields of one name in an answer must mean one thing (§5.3.2).
//!
//! Fields are gathered level by level, all that may stand under one name at once, so that no pair is looked at twice.
//! The steps are counted all the same.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::types::{BaseType, Field, Selection, SelectionSet, Type};
use async_graphql::{Name, Pos};

use super::Check;
use super::types::{FieldRule, innermost};
use crate::graphql::error::ErrorCode;

/// The most steps; the guard's limit on selections keeps everything that people write far below.
const MOST_STEPS: usize = 500_000;

/// A field where it stands.
#[derive(Clone, Copy)]
struct Standing<'d> {
    field: &'d Field,
    at: Pos,
    parent: &'d str,
    rule: &'d FieldRule,
}

/// Fields by the name that they have in the answer.
type Named<'d> = BTreeMap<&'d Name, Vec<Standing<'d>>>;

/// Why the search ended.
enum End {
    Conflict(Pos),
    TooLong,
}

struct Search<'c, 'd> {
    check: &'c Check<'d>,
    steps: usize,
}

impl Check<'_> {
    pub(super) fn overlaps(&mut self) {
        for (_, operation) in self.document.operations.iter() {
            let Some(root) = self.types.root(operation.node.ty) else { continue };
            let mut search = Search { check: self, steps: 0 };
            let mut named = Named::new();
            let set = &operation.node.selection_set.node;
            let outcome = search
                .gather(set, root, &mut BTreeSet::new(), &mut named)
                .and_then(|()| search.shapes(&named))
                .and_then(|()| search.meanings(&named));
            match outcome {
                Ok(()) => {}
                Err(End::Conflict(at)) => self.fault(
                    at,
                    "Fields stand under one name that do not mean the same; give them different aliases.",
                ),
                Err(End::TooLong) => {
                    let what = "The query selects too many fields under the same names.";
                    self.faults.push(ErrorCode::TooComplex.of_request(what));
                }
            }
        }
    }
}

impl<'d> Search<'_, 'd> {
    fn step(&mut self) -> Result<(), End> {
        self.steps += 1;
        if self.steps > MOST_STEPS { Err(End::TooLong) } else { Ok(()) }
    }

    /// All fields of a selection, those of its fragments among them.
    fn gather(
        &mut self,
        set: &'d SelectionSet,
        parent: &'d str,
        seen: &mut BTreeSet<&'d Name>,
        named: &mut Named<'d>,
    ) -> Result<(), End> {
        for item in &set.items {
            self.step()?;
            match &item.node {
                Selection::Field(field) => {
                    let (at, field) = (field.pos, &field.node);
                    if let Some(rule) = self.check.types.field(parent, &field.name.node) {
                        let standing = Standing { field, at, parent, rule };
                        named.entry(&field.response_key().node).or_default().push(standing);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let inside = condition.map_or(parent, |it| it.node.on.node.as_str());
                    self.gather(&fragment.node.selection_set.node, inside, seen, named)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.check.document.fragments.get(name)
                        && seen.insert(name)
                    {
                        let inside = fragment.node.type_condition.node.on.node.as_str();
                        self.gather(&fragment.node.selection_set.node, inside, seen, named)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What is selected of all these fields together.
    fn below(&mut self, fields: &[Standing<'d>]) -> Result<Named<'d>, End> {
        let mut named = Named::new();
        let mut seen: BTreeMap<&str, BTreeSet<&'d Name>> = BTreeMap::new();
        for standing in fields {
            let ty = innermost(&standing.rule.ty).as_str();
            let set = &standing.field.selection_set.node;
            self.gather(set, ty, seen.entry(ty).or_default(), &mut named)?;
        }
        Ok(named)
    }

    /// Whatever stands under one name must have one shape, even on types that exclude each other.
    fn shapes(&mut self, named: &Named<'d>) -> Result<(), End> {
        for fields in named.values() {
            let Some(first) = fields.first() else { continue };
            for other in fields {
                self.step()?;
                if !self.same_shape(&first.rule.ty, &other.rule.ty) {
                    return Err(End::Conflict(other.at));
                }
            }
            let below = self.below(fields)?;
            self.shapes(&below)?;
        }
        Ok(())
    }

    /// Whatever may stand under one name in one object must be one field with the same arguments.
    fn meanings(&mut self, named: &Named<'d>) -> Result<(), End> {
        for fields in named.values() {
            let mut objects: BTreeMap<&str, Vec<Standing<'d>>> = BTreeMap::new();
            let mut anywhere = Vec::new();
            for standing in fields {
                self.step()?;
                if self.check.types.is_object(standing.parent) {
                    objects.entry(standing.parent).or_default().push(*standing);
                } else {
                    anywhere.push(*standing);
                }
            }
            if objects.is_empty() {
                self.meaning(&anywhere)?;
            }
            for mut group in objects.into_values() {
                group.extend(&anywhere);
                self.meaning(&group)?;
            }
        }
        Ok(())
    }

    fn meaning(&mut self, group: &[Standing<'d>]) -> Result<(), End> {
        let Some(first) = group.first() else { return Ok(()) };
        for other in group {
            self.step()?;
            if first.field.name.node != other.field.name.node
                || !same_arguments(first.field, other.field)
            {
                return Err(End::Conflict(other.at));
            }
        }
        let below = self.below(group)?;
        self.meanings(&below)
    }

    fn same_shape(&self, one: &Type, other: &Type) -> bool {
        one.nullable == other.nullable
            && match (&one.base, &other.base) {
                (BaseType::List(one), BaseType::List(other)) => self.same_shape(one, other),
                (BaseType::Named(one), BaseType::Named(other)) => {
                    let composite = |name| self.check.types.is_composite(name);
                    one == other || (composite(one) && composite(other))
                }
                _ => false,
            }
    }
}

fn same_arguments(one: &Field, other: &Field) -> bool {
    one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|(name, value)| {
            other.get_argument(&name.node).is_some_and(|given| given.node == value.node)
        })
}
