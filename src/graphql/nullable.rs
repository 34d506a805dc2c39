//! An error at a field that may be null makes that field null, and nothing else (specification §6.4.4).
//!
//! The library hands it on to the parent instead, which at the root would blank all that was asked beside it.

use std::sync::Arc;

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo,
};
use async_graphql::{ServerResult, Value};

use super::call::Call;

/// Keeps errors where they belong.
pub(super) struct Nullable;

impl ExtensionFactory for Nullable {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for Nullable {
    async fn resolve(
        &self,
        context: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let may_be_null = !info.return_type.ends_with('!');
        match next.run(context, info).await {
            Err(error) if may_be_null => match context.data_opt::<Arc<Call>>() {
                Some(call) => {
                    call.add_error(error);
                    Ok(None)
                }
                None => Err(error),
            },
            resolved => resolved,
        }
    }
}
