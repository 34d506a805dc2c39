//! Seeing in an emergency what is hidden otherwise.

use async_graphql::{Context, Error, Object};

use super::{in_resolver, render};
use crate::access::{AccessMask, FieldClass};
use crate::graphql::break_glass::{self, BreakGlassInput, BrokenGlass};
use crate::graphql::classes_directive::access;
use crate::graphql::lookup::at;
use crate::graphql::words::ReviewOutcome;
use crate::view::gate::{Compiler, Rendered};

/// The glasses that were broken.
#[derive(Default)]
pub(crate) struct BreakGlassQuery;

#[Object]
impl BreakGlassQuery {
    /// Who broke the glass, the oldest first: of their own record for patients, of everybody for privacy auditors.
    #[graphql(directive = access::apply(FieldClass::BreakGlass))]
    async fn broken_glasses(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only those of which the review is to be done.", default)] to_review: bool,
    ) -> Result<Option<Rendered<Vec<BrokenGlass>>>, Error> {
        let (_, call) = at(context);
        let mask = call.of_role(FieldClass::BreakGlass, "see who broke the glass")?;
        let plan = Compiler::plan::<Vec<BrokenGlass>>(context, &mask, &["brokenGlasses"])
            .map_err(in_resolver)?;
        Ok(Some(render(&break_glass::list(context, to_review).await?, &plan)))
    }
}

/// Breaking it, and reviewing that.
#[derive(Default)]
pub(crate) struct BreakGlassMutation;

#[Object]
impl BreakGlassMutation {
    /// Opens one patient in an emergency, for an hour: what the policy opens to whoever breaks the glass, whatever the
    /// patient denied unless they denied it even for emergencies, and without a relation. It is recorded, the patient
    /// can see it, and a privacy auditor reviews it. Whose role may do it, the policy says.
    #[graphql(directive = access::apply(FieldClass::Public))]
    async fn break_glass(
        &self,
        context: &Context<'_>,
        input: BreakGlassInput,
    ) -> Result<Option<Rendered<BrokenGlass>>, Error> {
        let (_, call) = at(context);
        let mask = AccessMask::of_role(&call.policy, &call.viewer);
        let plan =
            Compiler::plan::<BrokenGlass>(context, &mask, &["breakGlass"]).map_err(in_resolver)?;
        Ok(Some(render(&break_glass::break_it(context, input).await?, &plan)))
    }

    /// Records what the review of a broken glass came to. Nobody reviews themselves.
    #[graphql(directive = access::apply(FieldClass::BreakGlassReview))]
    async fn review_broken_glass(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the broken glass.")] id: async_graphql::ID,
        #[graphql(desc = "Whether it was right.")] outcome: ReviewOutcome,
        #[graphql(desc = "Why.")] note: String,
    ) -> Result<Option<Rendered<BrokenGlass>>, Error> {
        let (_, call) = at(context);
        let mask = call.of_role(FieldClass::BreakGlassReview, "review who broke the glass")?;
        let plan = Compiler::plan::<BrokenGlass>(context, &mask, &["reviewBrokenGlass"])
            .map_err(in_resolver)?;
        let reviewed = break_glass::review(context, &id, outcome.0, &note).await?;
        Ok(Some(render(&reviewed, &plan)))
    }
}
