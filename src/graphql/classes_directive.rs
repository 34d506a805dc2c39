//! The directive `@access` on the fields of the roots.

use std::borrow::Cow;

use async_graphql::TypeDirective;
use async_graphql::registry::{MetaDirectiveInvocation, Registry, location_traits};

use crate::access::FieldClass;
use crate::view::gate::{access_directive, register_access};

/// `@access(class: …)`.
#[expect(
    non_camel_case_types,
    reason = "the library takes the directive's name from the path `access::apply`"
)]
pub(super) struct access;

impl access {
    /// The directive for a class.
    pub(super) fn apply(class: FieldClass) -> MetaDirectiveInvocation {
        access_directive(class)
    }
}

impl TypeDirective for access {
    fn name(&self) -> Cow<'static, str> {
        "access".into()
    }

    fn register(&self, registry: &mut Registry) {
        register_access(registry);
    }
}

impl location_traits::Directive_At_FIELD_DEFINITION for access {
    fn check() {}
}
