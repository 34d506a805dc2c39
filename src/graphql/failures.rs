//! What becomes of the other roots when one fails: they are answered to their end.
//!
//! The library gives up all roots as soon as one has failed. Which one that is, and how far the others came, would then
//! depend on how long each took, and so on what there is that the viewer must not know of.

use std::sync::Arc;

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo,
};
use async_graphql::{ServerResult, Value};
use async_trait::async_trait;

use super::call::Call;

/// Notes the errors of roots beside the call, and lets the root be null.
pub(super) struct Failures;

impl ExtensionFactory for Failures {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Failures {
    async fn resolve(
        &self,
        context: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let is_root = info.path_node.parent.is_none();
        let may_be_null = !info.return_type.ends_with('!');
        match (next.run(context, info).await, context.data_opt::<Arc<Call>>()) {
            (Err(error), Some(call)) if is_root => {
                call.fail(error, may_be_null);
                Ok(None)
            }
            (outcome, _) => outcome,
        }
    }
}
