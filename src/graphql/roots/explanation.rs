//! Why somebody may see something.

use async_graphql::{Context, Error, Object};

use super::{in_resolver, render};
use crate::access::FieldClass;
use crate::graphql::classes_directive::access;
use crate::graphql::explanation::{self, AccessExplanation, ViewerInput};
use crate::graphql::lookup::at;
use crate::view::gate::{Compiler, Rendered};

/// Explanations for privacy auditors.
#[derive(Default)]
pub(crate) struct ExplanationQuery;

#[Object]
impl ExplanationQuery {
    /// What somebody may see of a patient, and why; for privacy auditors. No source is asked.
    #[graphql(directive = access::apply(FieldClass::Explanation))]
    async fn explain_access(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the patient.")] patient: async_graphql::ID,
        #[graphql(
            desc = "A field, as in `patient.medications.nodes.drug` or `Medication.drug`; the patient as a whole when absent."
        )]
        path: Option<String>,
        #[graphql(name = "as", desc = "Who would look.")] who: ViewerInput,
    ) -> Result<Option<Rendered<AccessExplanation>>, Error> {
        let (_, call) = at(context);
        let mask = call.of_role(FieldClass::Explanation, "see why others may see something")?;
        let plan = Compiler::plan::<AccessExplanation>(context, &mask, &["explainAccess"])
            .map_err(in_resolver)?;
        let explained = explanation::explain(context, &patient, path.as_deref(), who).await?;
        Ok(Some(render(&explained, &plan)))
    }
}
