//! What administrators see and do.

use async_graphql::{Context, Error, Object};

use super::{in_resolver, page_size, render};
use crate::access::FieldClass;
use crate::audit::Event;
use crate::graphql::classes_directive::access;
use crate::graphql::error::ErrorCode;
use crate::graphql::lookup::{at, broken};
use crate::identity::{IndexError, Seq};
use crate::view::admin::{self, LinkEntry, RemovedLinkEntry, UnlinkPayload};
use crate::view::completeness::Completeness;
use crate::view::connection::Connection;
use crate::view::gate::{Compiler, Rendered};
use crate::view::id::GlobalId;

/// What an administrator of links does.
const LINKS: &str = "see or remove links between records";

/// What administrators see.
#[derive(Default)]
pub(crate) struct AdminQuery;

#[Object]
impl AdminQuery {
    /// The links between records, in the order in which they were made; for administrators.
    #[graphql(directive = access::apply(FieldClass::LinkAdministration))]
    async fn patient_links(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default_with = "Some(20)")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
    ) -> Result<Option<Rendered<Connection<LinkEntry>>>, Error> {
        let (gateway, call) = at(context);
        let mask = call.of_role(FieldClass::LinkAdministration, LINKS)?;
        let plan = Compiler::plan::<Connection<LinkEntry>>(context, &mask, &["patientLinks"])
            .map_err(in_resolver)?;
        let after = match &after {
            None => None,
            Some(cursor) => Some(Seq(cursor.parse().map_err(|_| {
                ErrorCode::BadUserInput.error("\"after\" is not a cursor of this list.")
            })?)),
        };
        let size = page_size(first);
        let page = gateway.index.links(size, after).await.map_err(|error| broken(&error))?;
        for link in &page.links {
            let class = FieldClass::LinkAdministration;
            call.trail.shows_other(Event::Read, Some(link.person), class);
        }
        let completeness = Completeness::of(&gateway.roster_outcomes());
        Ok(Some(render(&admin::list(page, &gateway.fleet, after.is_none(), completeness), &plan)))
    }

    /// The links that were removed, and stay so; for administrators.
    #[graphql(directive = access::apply(FieldClass::LinkAdministration))]
    async fn removed_links(
        &self,
        context: &Context<'_>,
    ) -> Result<Option<Rendered<Vec<RemovedLinkEntry>>>, Error> {
        let (gateway, call) = at(context);
        let mask = call.of_role(FieldClass::LinkAdministration, LINKS)?;
        let plan = Compiler::plan::<Vec<RemovedLinkEntry>>(context, &mask, &["removedLinks"])
            .map_err(in_resolver)?;
        call.trail.shows_other(Event::Read, None, FieldClass::LinkAdministration);
        let removed = gateway.index.removed_links().await.map_err(|error| broken(&error))?;
        Ok(Some(render(&admin::removed(removed, &gateway.fleet), &plan)))
    }
}

/// What administrators do.
#[derive(Default)]
pub(crate) struct AdminMutation;

#[Object]
impl AdminMutation {
    /// Takes a record out of a patient, for good: the two are never linked again.
    #[graphql(directive = access::apply(FieldClass::LinkAdministration))]
    async fn unlink_patient(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the link.")] link: async_graphql::ID,
        #[graphql(desc = "Why the record is not this patient's.")] reason: String,
    ) -> Result<Option<Rendered<UnlinkPayload>>, Error> {
        let (gateway, call) = at(context);
        let mask = call.of_role(FieldClass::LinkAdministration, LINKS)?;
        if reason.trim().is_empty() {
            return Err(ErrorCode::BadUserInput
                .error("\"reason\" must say why the record is not this patient's."));
        }
        let no_such_link = || ErrorCode::NotFound.error("There is no such link.");
        let Some(GlobalId::Link(person, record)) = GlobalId::decode(&link.0) else {
            return Err(no_such_link());
        };
        let plan = Compiler::plan::<UnlinkPayload>(context, &mask, &["unlinkPatient"])
            .map_err(in_resolver)?;
        let name = Some(record.to_text());
        let attempt = gateway.attempt(call, Event::Unlinked, Some(person), name).await?;
        match gateway.index.remove_link(record, &call.viewer.subject, reason.trim()).await {
            Ok(left) => {
                call.trail.done(&attempt, None);
                Ok(Some(render(&UnlinkPayload::of(left.id, left.links.len()), &plan)))
            }
            Err(IndexError::NoSuchLink) => Err(no_such_link()),
            Err(error) => Err(broken(&error)),
        }
    }
}
