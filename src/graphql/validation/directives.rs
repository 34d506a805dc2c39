//! Directives (§5.7): known, where they may stand, once, with the arguments that they take.

use async_graphql::Positioned;
use async_graphql::parser::types::{Directive, DirectiveLocation, OperationType};

use super::{Check, Uses};

/// Where the directives of an operation stand.
pub(super) const fn of_operation(operation: OperationType) -> DirectiveLocation {
    match operation {
        OperationType::Query => DirectiveLocation::Query,
        OperationType::Mutation => DirectiveLocation::Mutation,
        OperationType::Subscription => DirectiveLocation::Subscription,
    }
}

impl<'d> Check<'d> {
    pub(super) fn directives(
        &mut self,
        directives: &'d [Positioned<Directive>],
        location: DirectiveLocation,
        uses: &mut Uses<'d>,
    ) {
        for (place, directive) in directives.iter().enumerate() {
            let (at, name) = (directive.pos, &directive.node.name.node);
            let Some(rule) = self.types.directive(name) else {
                self.fault(at, "There is no such directive.");
                continue;
            };
            if !rule.locations.contains(&location) {
                self.fault(at, format!("The directive @{name} may not stand here."));
            }
            if directives.iter().take(place).any(|earlier| earlier.node.name.node == *name) {
                self.fault(at, format!("The directive @{name} stands here twice."));
            }
            self.arguments(&directive.node.arguments, Some(&rule.arguments), at, uses);
        }
    }
}
