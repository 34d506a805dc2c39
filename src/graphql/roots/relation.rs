//! Who stands in which relation to a patient, on record.

use async_graphql::{Context, Error, Object};

use super::{in_resolver, render};
use crate::access::FieldClass;
use crate::graphql::classes_directive::access;
use crate::graphql::lookup::at;
use crate::graphql::relations::{self, Relationship, RelationshipInput};
use crate::view::gate::{Compiler, Rendered};

/// What somebody does who keeps relations.
const KEEPING: &str = "see or record who stands in which relation to a patient";

/// The relations on record.
#[derive(Default)]
pub(crate) struct RelationQuery;

#[Object]
impl RelationQuery {
    /// Who stands in which relation to a patient, on record, the oldest first, ended ones too. Relations that follow
    /// from who somebody is, or that a source states, are not among them.
    #[graphql(directive = access::apply(FieldClass::Relationships))]
    async fn relationships(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the patient.")] patient: async_graphql::ID,
    ) -> Result<Option<Rendered<Vec<Relationship>>>, Error> {
        let (_, call) = at(context);
        let mask = call.of_role(FieldClass::Relationships, KEEPING)?;
        let plan = Compiler::plan::<Vec<Relationship>>(context, &mask, &["relationships"])
            .map_err(in_resolver)?;
        Ok(Some(render(&relations::list(context, &patient).await?, &plan)))
    }
}

/// Recording and ending them.
#[derive(Default)]
pub(crate) struct RelationMutation;

#[Object]
impl RelationMutation {
    /// Records in which relation somebody stands to a patient. It holds with the next decision, on every node.
    #[graphql(directive = access::apply(FieldClass::Relationships))]
    async fn record_relationship(
        &self,
        context: &Context<'_>,
        input: RelationshipInput,
    ) -> Result<Option<Rendered<Relationship>>, Error> {
        let (_, call) = at(context);
        let mask = call.of_role(FieldClass::Relationships, KEEPING)?;
        let plan = Compiler::plan::<Relationship>(context, &mask, &["recordRelationship"])
            .map_err(in_resolver)?;
        Ok(Some(render(&relations::record(context, input).await?, &plan)))
    }

    /// Ends a relation, for good. It holds with the next decision, on every node.
    #[graphql(directive = access::apply(FieldClass::Relationships))]
    async fn end_relationship(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the relationship.")] id: async_graphql::ID,
    ) -> Result<Option<Rendered<Relationship>>, Error> {
        let (_, call) = at(context);
        let mask = call.of_role(FieldClass::Relationships, KEEPING)?;
        let plan = Compiler::plan::<Relationship>(context, &mask, &["endRelationship"])
            .map_err(in_resolver)?;
        Ok(Some(render(&relations::end(context, &id).await?, &plan)))
    }
}
