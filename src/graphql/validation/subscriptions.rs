//! Subscriptions (§5.2.3): one root field, which is known without variables.

use async_graphql::Pos;
use async_graphql::parser::types::{OperationDefinition, OperationType, Selection};

use super::Check;
use crate::view::gate::roots;

impl<'d> Check<'d> {
    /// A subscription has one root field, and nothing that decides whether it is there.
    pub(super) fn single_root(&mut self, operation: &'d OperationDefinition, at: Pos) {
        if operation.ty != OperationType::Subscription {
            return;
        }
        let roots = roots(operation, &self.document.fragments);
        let Some(first) = roots.first() else { return };
        let key = &first.node.response_key().node;
        if roots.iter().any(|it| it.node.response_key().node != *key) {
            self.fault(at, "A subscription has one root field.");
        }
        if roots.iter().any(|it| it.node.name.node.starts_with("__")) {
            self.fault(at, "The root field of a subscription is none of introspection.");
        }
        if self.has_conditions(operation) {
            self.fault(at, "@skip and @include may not stand at the root of a subscription.");
        }
    }

    /// True when a selection at the root has a directive, of which there are only those two.
    fn has_conditions(&self, operation: &'d OperationDefinition) -> bool {
        let mut open: Vec<&Selection> =
            operation.selection_set.node.items.iter().map(|it| &it.node).collect();
        while let Some(selection) = open.pop() {
            if !selection.directives().is_empty() {
                return true;
            }
            let below = match selection {
                Selection::Field(_) => None,
                Selection::InlineFragment(inline) => Some(&inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                    fragment.map(|it| &it.node.selection_set.node)
                }
            };
            open.extend(below.into_iter().flat_map(|set| set.items.iter().map(|it| &it.node)));
        }
        false
    }
}
