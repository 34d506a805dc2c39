//! From a selection to a shape.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::{Context, Positioned, ServerError, ServerResult, Variables};

use super::object::{Needs, Object};
use super::output::Output;
use super::plan::{Args, Plan, PlanField, PlanKind, Shape};
use super::serial::Serial;
use super::written::Written;
use crate::access::{AccessMask, FieldClass, Redaction};
use crate::view::access_log::LogPage;
use caregraph_connectors::record::Section;

/// The section that costs sources least.
const SMALLEST: Section = Section::Demographics;

/// The selection sets of one response key; several when a query selects the same field in several places.
pub(crate) type Selections<'q> = Vec<&'q SelectionSet>;

/// The fields that stand behind each response key.
type Keys<'q> = Vec<(&'q str, Vec<&'q Positioned<Field>>)>;

/// Compiles one root field's selection for one mask.
pub(crate) struct Compiler<'q> {
    written: &'q Written,
    /// The root field, as it was written.
    root: &'q Field,
    variables: &'q Variables,
    mask: &'q AccessMask,
    path: Vec<&'static str>,
    sections: BTreeSet<Section>,
    /// Some section must be asked for, whichever.
    needs_any: bool,
    redactions: BTreeSet<Redaction>,
    /// What is planned holds for several patients, and what some of them may have to consent to is told.
    provisional: bool,
    classes: BTreeSet<FieldClass>,
    log: Vec<LogPage>,
    /// Set below a hidden field: its parts need no redaction of their own.
    silent: bool,
}

impl<'q> Compiler<'q> {
    /// Compiles the selection of the field that `context` stands at, as a `T`. `root` is the path of the field.
    pub(crate) fn plan<T: Output>(
        context: &'q Context<'q>,
        mask: &'q AccessMask,
        root: &[&'static str],
    ) -> ServerResult<Plan> {
        Self::of(context, mask, root, false).run::<T>()
    }

    /// The same for several patients: with their [widest](AccessMask::widest) mask.
    pub(crate) fn plan_for_many<T: Output>(
        context: &'q Context<'q>,
        widest: &'q AccessMask,
        root: &[&'static str],
    ) -> ServerResult<Plan> {
        Self::of(context, widest, root, true).run::<T>()
    }

    fn of(
        context: &'q Context<'q>,
        mask: &'q AccessMask,
        root: &[&'static str],
        provisional: bool,
    ) -> Self {
        let written = &**context.data_unchecked::<Arc<Written>>();
        Self {
            root: written.root(context.item.pos).unwrap_or(&context.item.node),
            written,
            variables: &context.query_env.variables,
            mask,
            path: root.to_vec(),
            sections: BTreeSet::new(),
            needs_any: false,
            redactions: BTreeSet::new(),
            provisional,
            classes: BTreeSet::new(),
            log: Vec::new(),
            silent: false,
        }
    }

    fn run<T: Output>(mut self) -> ServerResult<Plan> {
        let field = self.root;
        let args = self.args(field)?;
        let shape = T::compile(&mut self, &args, &vec![&field.selection_set.node])?;
        if self.needs_any && self.sections.is_empty() {
            self.sections.insert(SMALLEST);
        }
        let Self { sections, redactions, classes, log, .. } = self;
        let (serial, length) = (Serial::next(), AtomicUsize::new(0));
        Ok(Plan { serial, shape, sections, redactions, classes, log, length })
    }

    /// The fields selected of a `T`.
    pub(crate) fn object<T: Object>(
        &mut self,
        selections: &Selections<'q>,
    ) -> ServerResult<Vec<PlanField>> {
        let meta = T::meta();
        let keys = self.collect(selections, meta.name, meta.abstracts)?;
        keys.into_iter().map(|(key, fields)| self.field::<T>(key, &fields)).collect()
    }

    fn field<T: Object>(
        &mut self,
        key: &str,
        fields: &[&'q Positioned<Field>],
    ) -> ServerResult<PlanField> {
        let key: Box<str> = format!("\"{key}\":").into();
        let first = &fields[0].node;
        if first.name.node == "__typename" {
            return Ok(PlanField {
                key,
                kind: PlanKind::Typename,
                shape: Shape::Leaf,
                args: Args::default(),
            });
        }
        let meta = T::meta();
        let place = meta.fields.iter().position(|field| field.name == first.name.node.as_str());
        let place = place.ok_or_else(|| unknown(fields[0], meta.name))?;
        let field = &meta.fields[place];
        let args = self.args(first)?;
        let selections: Selections<'q> =
            fields.iter().map(|field| &field.node.selection_set.node).collect();
        self.path.push(field.name.as_str());
        let allowed = self.mask.allows(field.class);
        let below = self.silent;
        self.silent |= !allowed;
        if !below && (!allowed || (self.provisional && self.mask.asks(field.class))) {
            self.redactions.insert(self.mask.redaction(field.class, self.path.join(".")));
        }
        if !self.silent {
            self.note(field.class, field.needs, &args);
        }
        let shape = (field.compile)(self, &args, &selections);
        self.silent = below;
        self.path.pop();
        let kind = if allowed { PlanKind::Shown(place) } else { PlanKind::Withheld(place) };
        Ok(PlanField { key, kind, shape: shape?, args })
    }

    fn note(&mut self, class: FieldClass, needs: Needs, args: &Args) {
        if !matches!(class, FieldClass::Public | FieldClass::Inherit) {
            self.classes.insert(class);
        }
        match needs {
            Needs::Nothing => {}
            Needs::Section(section) => drop(self.sections.insert(section)),
            Needs::AnySection => self.needs_any = true,
            Needs::Log => {
                let page = LogPage::of(args);
                if !self.log.contains(&page) {
                    self.log.push(page);
                }
            }
        }
    }

    /// The fields selected of an object whose output is written by hand: `names` in the order of their places, all of
    /// them visible wherever the object is.
    pub(crate) fn fields(
        &mut self,
        selections: &Selections<'q>,
        name: &'static str,
        names: &'static [&'static str],
        compile: impl Fn(&mut Self, usize, &Args, &Selections<'q>) -> ServerResult<Shape>,
    ) -> ServerResult<Vec<PlanField>> {
        let mut planned = Vec::new();
        for (key, fields) in self.collect(selections, name, &[])? {
            let key: Box<str> = format!("\"{key}\":").into();
            let first = &fields[0].node;
            let place = names.iter().position(|known| *known == first.name.node.as_str());
            let Some(place) = place else {
                if first.name.node != "__typename" {
                    return Err(unknown(fields[0], name));
                }
                planned.push(PlanField {
                    key,
                    kind: PlanKind::Typename,
                    shape: Shape::Leaf,
                    args: Args::default(),
                });
                continue;
            };
            let args = self.args(first)?;
            let below: Selections<'q> =
                fields.iter().map(|field| &field.node.selection_set.node).collect();
            self.path.push(names[place]);
            let shape = compile(self, place, &args, &below);
            self.path.pop();
            planned.push(PlanField { key, kind: PlanKind::Shown(place), shape: shape?, args });
        }
        Ok(planned)
    }

    /// Collects the selected fields by response key, in the order of the query, through all fragments that apply to
    /// the type `name` (GraphQL specification §6.3.2, `CollectFields`).
    pub(crate) fn collect(
        &self,
        selections: &Selections<'q>,
        name: &str,
        abstracts: &[&str],
    ) -> ServerResult<Keys<'q>> {
        let mut keys: Keys<'q> = Vec::new();
        let mut open: Vec<std::slice::Iter<'q, Positioned<Selection>>> = Vec::new();
        let applies = |condition: &str| condition == name || abstracts.contains(&condition);
        for set in selections {
            open.push(set.items.iter());
            while let Some(items) = open.last_mut() {
                let Some(selection) = items.next() else {
                    open.pop();
                    continue;
                };
                if self.written.is_skipped(selection.node.directives(), self.variables) {
                    continue;
                }
                if let Selection::Field(field) = &selection.node {
                    let key = field.node.response_key().node.as_str();
                    match keys.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, fields)) => fields.push(field),
                        None => keys.push((key, vec![field])),
                    }
                } else if let Some(set) = self.fragment(&selection.node, applies)? {
                    open.push(set.items.iter());
                }
            }
        }
        Ok(keys)
    }

    /// What a fragment selects, if it applies.
    fn fragment(
        &self,
        selection: &'q Selection,
        applies: impl Fn(&str) -> bool,
    ) -> ServerResult<Option<&'q SelectionSet>> {
        Ok(match selection {
            Selection::Field(_) => None,
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                let applies = condition.is_none_or(|condition| applies(&condition.node.on.node));
                applies.then_some(&fragment.node.selection_set.node)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = self.written.fragments.get(&spread.node.fragment_name.node);
                let unknown = || ServerError::new("Unknown fragment.", Some(spread.pos));
                let fragment = fragment.ok_or_else(unknown)?;
                let applies = applies(&fragment.node.type_condition.node.on.node);
                applies.then_some(&fragment.node.selection_set.node)
            }
        })
    }

    /// Compiles the part of a union that applies to its member `T`.
    pub(crate) fn member<T: Object>(&mut self, selections: &Selections<'q>) -> ServerResult<Shape> {
        Ok(Shape::Object(self.object::<T>(selections)?))
    }

    /// The arguments of a field, with variables and their defaults filled in.
    pub(crate) fn args(&self, field: &Field) -> ServerResult<Args> {
        let mut args = Vec::with_capacity(field.arguments.len());
        for (name, value) in &field.arguments {
            let value = value.node.clone().into_const_with(|variable| {
                Ok::<_, ServerError>(self.written.variable(&variable, self.variables))
            })?;
            args.push((name.node.clone(), value));
        }
        Ok(Args(args))
    }
}

fn unknown(field: &Positioned<Field>, on: &str) -> ServerError {
    ServerError::new(
        format!("There is no field {:?} on {on}.", field.node.name.node),
        Some(field.pos),
    )
}

/// An argument that cannot be meant.
pub(crate) fn bad_input(message: &str) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", "BAD_USER_INPUT");
    error
}
