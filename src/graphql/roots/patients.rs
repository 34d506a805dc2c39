//! Patients and what is around them.

use std::collections::BTreeSet;

use async_graphql::{Context, Error, InputObject, Object, ServerError};

use super::{in_resolver, page_size, render};
use crate::access::{AccessMask, FieldClass, Redaction};
use crate::gather::Gathered;
use crate::graphql::classes_directive::access;
use crate::graphql::error::ErrorCode;
use crate::graphql::lookup::{at, broken};
use crate::graphql::node;
use crate::graphql::page::Page;
use crate::graphql::sight::{RoleSight, ViewerSight};
use crate::graphql::stated;
use crate::graphql::viewer::Viewer;
use crate::identity::{Found, Identity, SearchCursor, Sight};
use crate::view::access_log::LogPages;
use crate::view::completeness::Completeness;
use crate::view::connection::{Connection, Entry};
use crate::view::gate::{Compiler, Plan, Rendered};
use crate::view::id::GlobalId;
use crate::view::node::AnyNode;
use crate::view::paging::LARGEST_PAGE;
use crate::view::patient::Patient;
use crate::view::services::{self, CommunityService};
use crate::view::source::Source;

/// What is asked about patients and services.
#[derive(Default)]
pub(crate) struct PatientQuery;

/// An identifier that some system gave to the patient.
#[derive(InputObject)]
struct IdentifierInput {
    /// URI of the system.
    system: String,
    /// The value.
    value: String,
}

#[expect(clippy::unused_async, reason = "the library takes asynchronous resolvers only")]
#[Object]
impl PatientQuery {
    /// The caller.
    #[graphql(directive = access::apply(FieldClass::Public))]
    async fn me(&self, context: &Context<'_>) -> Result<Rendered<Viewer>, ServerError> {
        let (_, call) = at(context);
        let mask = AccessMask::of_role(&call.policy, &call.viewer);
        let plan = Compiler::plan::<Viewer>(context, &mask, &["me"])?;
        Ok(render(&Viewer::of(&call.viewer, &call.policy), &plan))
    }

    /// Anything that has an id.
    #[graphql(directive = access::apply(FieldClass::Public))]
    async fn node(
        &self,
        context: &Context<'_>,
        id: async_graphql::ID,
    ) -> Result<Option<Rendered<AnyNode>>, Error> {
        let found = node::find(context, &[id.0], "node").await?;
        Ok(found.into_iter().next().flatten().map(Rendered::new))
    }

    /// Several things that have ids, in the order of the ids; null for those that there are not, or that you may not see.
    #[graphql(directive = access::apply(FieldClass::Public))]
    async fn nodes(
        &self,
        context: &Context<'_>,
        ids: Vec<async_graphql::ID>,
    ) -> Result<Vec<Option<Rendered<AnyNode>>>, Error> {
        if ids.len() > LARGEST_PAGE {
            return Err(ErrorCode::BadUserInput.error("At most 100 ids can be asked for at once."));
        }
        let ids: Vec<String> = ids.into_iter().map(|id| id.0).collect();
        let found = node::find(context, &ids, "nodes").await?;
        Ok(found.into_iter().map(|json| json.map(Rendered::new)).collect())
    }

    /// One patient, by our id or by an identifier that some system gave them; exactly one of the two.
    #[graphql(directive = access::apply(FieldClass::Public))]
    async fn patient(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Our id of the patient.")] id: Option<async_graphql::ID>,
        #[graphql(desc = "An identifier that some system gave the patient.")] identifier: Option<
            IdentifierInput,
        >,
    ) -> Result<Option<Rendered<Patient>>, Error> {
        let (gateway, call) = at(context);
        let found = match (id, identifier) {
            (Some(id), None) => match GlobalId::decode(&id.0) {
                Some(GlobalId::Patient(person)) => {
                    gateway.resolve(&[person]).await?.pop().flatten()
                }
                _ => None,
            },
            (None, Some(identifier)) => find(context, &identifier).await?,
            _ => {
                return Err(ErrorCode::BadUserInput
                    .error("Give either \"id\" or \"identifier\", and not both."));
            }
        };
        let (mut identity, mask) = gateway.admit(call, found).await?;
        let planned = || gateway.plans.plan::<Patient>(context, call, &mask, "patient");
        let plan = gateway.costs.gate.time(planned).map_err(in_resolver)?;
        call.trail.shows(identity.id, &plan.classes, &plan.redactions);
        call.touch(&mask, plan.redactions.clone())?;
        let gathered = gateway
            .gather(call, &[(&identity, &mask)], &plan.sections)
            .await
            .pop()
            .unwrap_or_default();
        gateway.veil([(&mut identity, &mask)]).await?;
        let log = gateway.log_pages(call, identity.id, &mask, plan.log.clone()).await?;
        let patient = gateway.view(identity, gathered, &mask).with_log(log);
        Ok(Some(Rendered::new(gateway.merged.write(&patient, &plan))))
    }

    /// Patients by name or birth date; every word must fit. Everybody, when nothing is searched for.
    #[graphql(directive = access::apply(FieldClass::Public))]
    async fn patients(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Beginnings of names, or a full birth date.")] search: Option<String>,
        #[graphql(desc = "How many, at most 100.", default_with = "Some(20)")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
    ) -> Result<Rendered<Connection<Patient>>, Error> {
        let (gateway, call) = at(context);
        call.trail.searched();
        let mask = AccessMask::widest(&call.policy, &call.viewer);
        let mut plan =
            Compiler::plan_for_many::<Connection<Patient>>(context, &mask, &["patients"])
                .map_err(in_resolver)?;
        let redactions = std::mem::take(&mut plan.redactions);
        call.touch(&mask, redactions.clone())?;
        let after = after.map(SearchCursor::new);
        let mut page = if call.viewer.is_bound_to_a_patient() {
            own(context).await?
        } else if mask.lists_patients() {
            fitting(context, search.as_deref(), page_size(first), after.as_ref()).await?
        } else {
            Page::whole(Vec::new())
        };
        let people: Vec<(&Identity, &AccessMask)> =
            page.people.iter().map(|(identity, mask)| (identity, mask)).collect();
        let logs = show_all(context, &people, &plan, &redactions).await?;
        let gathered = if plan.sections.is_empty() {
            vec![Gathered::default(); people.len()]
        } else {
            gateway.gather(call, &people, &plan.sections).await
        };
        gateway.veil(page.people.iter_mut().map(|(identity, mask)| (identity, &*mask))).await?;
        let window = page.window(after.is_some());
        let known = page.people.into_iter().zip(gathered).zip(logs);
        let entries = known.map(|(((identity, mask), gathered), log)| Entry {
            place: (0, [0; 16]),
            node: gateway.view(identity, gathered, &mask).with_log(log),
        });
        let entries = entries.collect();
        let list = Connection::paged(entries, Completeness::of(&gateway.roster_outcomes()), window);
        Ok(render(&list, &plan))
    }

    /// Community services whose words fit; all, when nothing is searched for.
    #[graphql(directive = access::apply(FieldClass::Public))]
    async fn services(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Words that the service must have, by their beginnings.")] search: Option<
            String,
        >,
        #[graphql(desc = "How many, at most 100.", default_with = "Some(20)")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
    ) -> Result<Rendered<Connection<CommunityService>>, ServerError> {
        // The page is cut by the connection itself, which reads both from the selection.
        let _ = (first, after);
        let (gateway, call) = at(context);
        let mask = AccessMask::of_role(&call.policy, &call.viewer);
        let plan = Compiler::plan::<Connection<CommunityService>>(context, &mask, &["services"])?;
        Ok(render(&services::search(&gateway.fleet, search.as_deref().unwrap_or_default()), &plan))
    }

    /// The sources that this gateway knows.
    #[graphql(directive = access::apply(FieldClass::Public))]
    async fn sources(&self, context: &Context<'_>) -> Result<Rendered<Vec<Source>>, Error> {
        let (gateway, call) = at(context);
        let mask = AccessMask::of_role(&call.policy, &call.viewer);
        let mut plan =
            Compiler::plan::<Vec<Source>>(context, &mask, &["sources"]).map_err(in_resolver)?;
        call.touch_public(&mask, std::mem::take(&mut plan.redactions))?;
        let sources: Vec<Source> = gateway.fleet.all().iter().cloned().map(Source).collect();
        Ok(render(&sources, &plan))
    }
}

/// Said beside the people who were found, when there may be more.
fn too_many(context: &Context<'_>) -> ServerError {
    let error = ErrorCode::TooComplex
        .of_request("More people fit than were looked at; search for more of the name, or for the birth date too.");
    context.set_error_path(error)
}

/// A page of those who fit the search, as far as the viewer may see them; that there may be more is said beside it.
async fn fitting(
    context: &Context<'_>,
    search: Option<&str>,
    size: usize,
    after: Option<&SearchCursor>,
) -> Result<Page, Error> {
    let (gateway, call) = at(context);
    let found = gateway.index.search(search, size, after, &ViewerSight { gateway, call }).await;
    let page = Page::of(gateway, call, found.map_err(|error| broken(&error))?).await?;
    if !page.exhaustive {
        context.add_error(too_many(context));
    }
    Ok(page)
}

/// Notes what is shown of each of these people, and reads what is planned of their logs.
async fn show_all(
    context: &Context<'_>,
    people: &[(&Identity, &AccessMask)],
    plan: &Plan,
    redactions: &BTreeSet<Redaction>,
) -> Result<Vec<LogPages>, Error> {
    let (gateway, call) = at(context);
    let mut logs = Vec::with_capacity(people.len());
    for (identity, mask) in people {
        call.oblige(mask);
        let shown = plan.classes.iter().copied().filter(|class| mask.allows(*class)).collect();
        call.trail.shows(identity.id, &shown, redactions);
        logs.push(gateway.log_pages(call, identity.id, mask, plan.log.clone()).await?);
    }
    Ok(logs)
}

/// Who bears the identifier. When several people do, none of them is guessed to be meant.
async fn find(
    context: &Context<'_>,
    identifier: &IdentifierInput,
) -> Result<Option<Identity>, Error> {
    let (gateway, call) = at(context);
    let may_know =
        call.policy.sees_patients(call.viewer.role) && !call.viewer.is_bound_to_a_patient();
    let bearer = async |sight: &dyn Sight| {
        let found = gateway.index.find(&identifier.system, &identifier.value, sight).await;
        found.map_err(|error| broken(&error))
    };
    match bearer(&ViewerSight { gateway, call }).await? {
        Found::One(identity) => Ok(Some(identity)),
        Found::Ambiguous if may_know => {
            call.trail.missed();
            Err(ErrorCode::Conflict.error(
                "Several patients bear this identifier; search by name and birth date, and ask by id.",
            ))
        }
        // Perhaps a source states a relation of the viewer to the one who bears it.
        Found::Nobody if stated::count(call) => match bearer(&RoleSight { gateway, call }).await? {
            Found::One(identity) => Ok(Some(identity)),
            Found::Nobody | Found::Ambiguous => Ok(None),
        },
        Found::Nobody | Found::Ambiguous => Ok(None),
    }
}

/// The one patient whom a patient or a caregiver may see.
async fn own(context: &Context<'_>) -> Result<Page, Error> {
    let (gateway, call) = at(context);
    let own = async_graphql::ID(call.viewer.patient.clone().unwrap_or_default());
    let found = gateway.bearer(&own).await?;
    let people = gateway.admit_all(call, vec![found]).await?.into_iter().flatten().collect();
    Ok(Page::whole(people))
}
