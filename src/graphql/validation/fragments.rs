//! Fragments (§5.5): on types that there are, where they can apply, used, and without circles.

use std::collections::{BTreeSet, HashMap};

use async_graphql::parser::types::{DirectiveLocation, Selection};
use async_graphql::{Name, Pos, Positioned};

use super::{Check, Uses};

/// What each fragment uses.
pub(super) type Fragments<'d> = HashMap<&'d Name, Uses<'d>>;

impl<'d> Check<'d> {
    /// Checks every fragment by itself.
    pub(super) fn fragments(&mut self) -> Fragments<'d> {
        let mut found = Fragments::new();
        let mut fragments: Vec<_> = self.document.fragments.iter().collect();
        fragments.sort_by_key(|(_, fragment)| fragment.pos);
        for (name, fragment) in fragments {
            let mut uses = Uses::default();
            let fragment = &fragment.node;
            self.directives(&fragment.directives, DirectiveLocation::FragmentDefinition, &mut uses);
            let parent = self.type_condition(&fragment.type_condition.node.on);
            self.selections(&fragment.selection_set.node, parent, &mut uses);
            found.insert(name, uses);
        }
        found
    }

    /// The type that a fragment is on, if something can be selected of it.
    pub(super) fn type_condition(&mut self, on: &'d Positioned<Name>) -> Option<&'d str> {
        let name = on.node.as_str();
        if self.types.is_composite(name) {
            return Some(name);
        }
        self.fault(
            on.pos,
            match self.types.kind(name) {
                None => "There is no such type.".to_owned(),
                Some(_) => format!("Nothing can be selected of {name}."),
            },
        );
        None
    }

    /// A fragment on `on` where `parent` stands must be able to apply.
    pub(super) fn spread(&mut self, at: Pos, on: &Name, parent: Option<&str>) {
        let Some(parent) = parent else { return };
        let both = self.types.is_composite(on) && self.types.is_composite(parent);
        if both && !self.types.overlap(on, parent) {
            self.fault(at, format!("Nothing is both {parent} and {on}."));
        }
    }

    /// What a definition uses, with all that it uses through fragments.
    pub(super) fn with_fragments(own: Uses<'d>, fragments: &Fragments<'d>) -> Uses<'d> {
        let mut all = own;
        let mut seen: BTreeSet<&Name> = BTreeSet::new();
        let mut open = all.spreads.clone();
        while let Some(name) = open.pop() {
            let Some(uses) = fragments.get(name).filter(|_| seen.insert(name)) else { continue };
            all.variables.extend(&uses.variables);
            open.extend(&uses.spreads);
        }
        all.spreads = seen.into_iter().collect();
        all
    }

    /// Every fragment must be used by an operation, and none by itself.
    pub(super) fn reachable(&mut self, fragments: &Fragments<'d>) {
        let mut used = BTreeSet::new();
        for (_, operation) in self.document.operations.iter() {
            let mut open = vec![&operation.node.selection_set.node];
            while let Some(set) = open.pop() {
                for item in &set.items {
                    match &item.node {
                        Selection::Field(field) => open.push(&field.node.selection_set.node),
                        Selection::InlineFragment(inline) => {
                            open.push(&inline.node.selection_set.node);
                        }
                        Selection::FragmentSpread(spread) => {
                            used.insert(&spread.node.fragment_name.node);
                        }
                    }
                }
            }
        }
        let direct = Uses { spreads: used.into_iter().collect(), ..Uses::default() };
        let used = Self::with_fragments(direct, fragments).spreads;
        for (name, fragment) in &self.document.fragments {
            if used.binary_search(&name).is_err() {
                self.fault(fragment.pos, "A fragment is not used.");
            }
            let Some(own) = fragments.get(name) else { continue };
            let own = Uses { spreads: own.spreads.clone(), ..Uses::default() };
            if Self::with_fragments(own, fragments).spreads.contains(&name) {
                self.fault(fragment.pos, "A fragment contains itself.");
            }
        }
    }
}
