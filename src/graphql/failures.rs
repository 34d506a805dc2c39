//! What becomes of the other roots when one fails or panics: they are answered to their end.
//!
//! The library gives up all roots as soon as one has failed. Which one that is, and how far the others came, would then
//! depend on how long each took, and so on what there is that the viewer must not know of.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo,
};
use async_graphql::{PathSegment, ServerError, ServerResult, Value};
use async_trait::async_trait;
use futures_util::FutureExt as _;

use super::call::Call;
use super::error::ErrorCode;

/// What is said of a root that panicked.
const BROKEN: &str = "Something broke in the gateway, so this could not be answered; it was noted.";

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
        if !is_root {
            return next.run(context, info).await;
        }
        let name = info.name;
        let outcome = AssertUnwindSafe(next.run(context, info)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|_| Err(broken(name)));
        match (outcome, context.data_opt::<Arc<Call>>()) {
            (Err(error), Some(call)) => {
                call.fail(error, may_be_null);
                Ok(None)
            }
            (outcome, _) => outcome,
        }
    }
}

/// The error of a root that panicked. What the panic says is not looked at: it may quote anything.
fn broken(root: &str) -> ServerError {
    let mut error = ErrorCode::Internal.of_request(BROKEN);
    error.path = vec![PathSegment::Field(root.to_owned())];
    error
}
