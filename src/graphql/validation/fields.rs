//! Fields and their arguments (§5.3, §5.4).

use async_graphql::parser::types::{
    DirectiveLocation, Field, InlineFragment, Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned};
use async_graphql_value::Value;

use super::types::{Inputs, innermost};
use super::values::unknown_value;
use super::{Check, Uses};

impl<'d> Check<'d> {
    /// Everything below; `parent` is absent when a mistake above left it unknown.
    pub(super) fn selections(
        &mut self,
        set: &'d SelectionSet,
        parent: Option<&'d str>,
        uses: &mut Uses<'d>,
    ) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => self.field(&field.node, field.pos, parent, uses),
                Selection::InlineFragment(fragment) => {
                    self.inline_fragment(&fragment.node, fragment.pos, parent, uses);
                }
                Selection::FragmentSpread(spread) => {
                    let location = DirectiveLocation::FragmentSpread;
                    self.directives(&spread.node.directives, location, uses);
                    let name = &spread.node.fragment_name;
                    uses.spreads.push(&name.node);
                    match self.document.fragments.get(&name.node) {
                        None => self.fault(name.pos, "There is no such fragment."),
                        Some(fragment) => {
                            let on = &fragment.node.type_condition.node.on.node;
                            self.spread(spread.pos, on, parent);
                        }
                    }
                }
            }
        }
    }

    fn inline_fragment(
        &mut self,
        fragment: &'d InlineFragment,
        at: Pos,
        parent: Option<&'d str>,
        uses: &mut Uses<'d>,
    ) {
        self.directives(&fragment.directives, DirectiveLocation::InlineFragment, uses);
        let mut inside = parent;
        if let Some(condition) = &fragment.type_condition {
            let on = &condition.node.on;
            self.spread(at, &on.node, parent);
            inside = self.type_condition(on);
        }
        self.selections(&fragment.selection_set.node, inside, uses);
    }

    fn field(&mut self, field: &'d Field, at: Pos, parent: Option<&'d str>, uses: &mut Uses<'d>) {
        self.directives(&field.directives, DirectiveLocation::Field, uses);
        let rule = parent.and_then(|parent| self.types.field(parent, &field.name.node));
        if let (Some(parent), None) = (parent, rule) {
            self.fault(field.name.pos, format!("There is no such field on {parent}."));
        }
        self.arguments(&field.arguments, rule.map(|rule| &rule.arguments), at, uses);
        let below = &field.selection_set.node;
        let Some(rule) = rule else { return self.selections(below, None, uses) };
        let ty = innermost(&rule.ty).as_str();
        match (self.types.is_composite(ty), below.items.is_empty()) {
            (true, true) => {
                self.fault(at, format!("This is of type {ty}: say what you select of it."));
            }
            (false, false) => {
                self.fault(at, format!("This is of type {ty}, of which nothing can be selected."));
            }
            _ => {}
        }
        self.selections(below, Some(ty), uses);
    }

    /// The arguments of a field or a directive; `rules` are absent when it is not known.
    pub(super) fn arguments(
        &mut self,
        arguments: &'d [(Positioned<Name>, Positioned<Value>)],
        rules: Option<&'d Inputs>,
        at: Pos,
        uses: &mut Uses<'d>,
    ) {
        for (place, (name, value)) in arguments.iter().enumerate() {
            if arguments.iter().take(place).any(|(earlier, _)| earlier.node == name.node) {
                self.fault(name.pos, "An argument is given twice.");
            }
            let rule = rules.and_then(|rules| rules.get(name.node.as_str()));
            if rule.is_none() && rules.is_some() {
                self.fault(name.pos, "There is no such argument.");
            }
            match rule {
                Some(rule) => {
                    self.value(&value.node, &rule.ty, rule.has_default, value.pos, uses);
                }
                None => unknown_value(&value.node, value.pos, uses),
            }
        }
        for (name, rule) in rules.into_iter().flatten() {
            let is_given = arguments.iter().any(|(given, _)| given.node == name.as_str());
            if rule.is_required() && !is_given {
                self.fault(at, format!("The argument {name} is missing."));
            }
        }
    }
}
