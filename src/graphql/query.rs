//! The query root.

use async_graphql::{Context, Error, InputObject, Object, ServerError};

use super::call::Call;
use super::classes_directive::access;
use super::consents::{self, Consent};
use super::error::ErrorCode;
use super::lookup::{at, broken};
use super::node;
use super::viewer::Viewer;
use crate::access::{AccessMask, FieldClass};
use crate::gather::Gathered;
use crate::identity::{Found, Identity, SearchCursor, Seq};
use crate::view::admin::{self, LinkEntry, RemovedLinkEntry};
use crate::view::completeness::Completeness;
use crate::view::connection::{Connection, Entry, Window};
use crate::view::gate::{Compiler, Output, Plan, Rendered, Writer};
use crate::view::id::GlobalId;
use crate::view::node::AnyNode;
use crate::view::paging::{DEFAULT_PAGE, LARGEST_PAGE};
use crate::view::patient::Patient;
use crate::view::services::{self, CommunityService};
use crate::view::source::Source;

/// The query root.
pub(crate) struct Query;

/// An identifier that some system gave to the patient.
#[derive(InputObject)]
struct IdentifierInput {
    /// URI of the system.
    system: String,
    /// The value.
    value: String,
}

/// What can be asked.
#[expect(clippy::unused_async, reason = "the library takes asynchronous resolvers only")]
#[Object]
impl Query {
    /// The caller.
    #[graphql(directive = access::apply(FieldClass::Public))]
    async fn me(&self, context: &Context<'_>) -> Result<Rendered<Viewer>, ServerError> {
        let (_, call) = at(context);
        let mask = AccessMask::of_role(&call.policy, &call.viewer);
        let plan = Compiler::plan::<Viewer>(context, &mask, &["me"])?;
        Ok(render(&Viewer::from(&call.viewer), &plan))
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
        let (identity, mask) = gateway.admit(call, found).await?;
        let mut plan =
            Compiler::plan::<Patient>(context, &mask, &["patient"]).map_err(in_resolver)?;
        call.touch(&mask, std::mem::take(&mut plan.redactions))?;
        let gathered = gateway
            .gather(call, &[(&identity, &mask)], &plan.sections)
            .await
            .pop()
            .unwrap_or_default();
        Ok(Some(render(&gateway.view(identity, gathered, &mask), &plan)))
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
        let mask = AccessMask::of_role(&call.policy, &call.viewer);
        let mut plan = Compiler::plan::<Connection<Patient>>(context, &mask, &["patients"])
            .map_err(in_resolver)?;
        call.touch(&mask, std::mem::take(&mut plan.redactions))?;
        let size = page_size(first);
        let after = after.map(SearchCursor::new);
        let (found, cursors, has_next) = if call.viewer.role.is_bound_to_a_patient() {
            (own(context).await?, Vec::new(), false)
        } else if call.policy.sees_patients(call.viewer.role) {
            let page = gateway
                .index
                .search(search.as_deref(), size, after.as_ref())
                .await
                .map_err(|error| broken(&error))?;
            if !page.exhaustive {
                context.add_error(too_many(context));
            }
            (page.people, page.cursors, page.has_next)
        } else {
            (Vec::new(), Vec::new(), false)
        };
        let cursors = cursors.iter().map(|cursor| cursor.as_str().to_owned());
        let cursors = cursors.chain(std::iter::repeat(String::new()));
        // Whom the viewer may not see is left out with their cursor; the next page begins after them all the same.
        let admitted = gateway.admit_all(call, found.into_iter().map(Some).collect()).await?;
        let (admitted, cursors): (Vec<(Identity, AccessMask)>, Vec<String>) =
            admitted.into_iter().zip(cursors).filter_map(|(known, at)| Some((known?, at))).unzip();
        let people: Vec<(&Identity, &AccessMask)> =
            admitted.iter().map(|(identity, mask)| (identity, mask)).collect();
        for (_, mask) in &people {
            call.oblige(mask);
        }
        let gathered = if plan.sections.is_empty() {
            vec![Gathered::default(); people.len()]
        } else {
            gateway.gather(call, &people, &plan.sections).await
        };
        let window = Window { cursors, has_next, has_previous: after.is_some() };
        let entries = admitted
            .into_iter()
            .zip(gathered)
            .map(|((identity, mask), gathered)| Entry {
                place: (0, [0; 16]),
                node: gateway.view(identity, gathered, &mask),
            })
            .collect();
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
    async fn sources(&self, context: &Context<'_>) -> Result<Rendered<Vec<Source>>, ServerError> {
        let (gateway, call) = at(context);
        let mask = AccessMask::of_role(&call.policy, &call.viewer);
        let plan = Compiler::plan::<Vec<Source>>(context, &mask, &["sources"])?;
        let sources: Vec<Source> = gateway.fleet.all().iter().cloned().map(Source).collect();
        Ok(render(&sources, &plan))
    }

    /// The links between records, in the order in which they were made; for administrators.
    #[graphql(directive = access::apply(FieldClass::LinkAdministration))]
    async fn patient_links(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default_with = "Some(20)")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
    ) -> Result<Option<Rendered<Connection<LinkEntry>>>, Error> {
        let (gateway, call) = at(context);
        let mask = link_administration(call)?;
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
        let mask = link_administration(call)?;
        let plan = Compiler::plan::<Vec<RemovedLinkEntry>>(context, &mask, &["removedLinks"])
            .map_err(in_resolver)?;
        let removed = gateway.index.removed_links().await.map_err(|error| broken(&error))?;
        Ok(Some(render(&admin::removed(removed, &gateway.fleet), &plan)))
    }

    /// What a patient decided about their own data, the oldest first, revoked ones too; of what is about data that the
    /// viewer may not see, nothing.
    #[graphql(directive = access::apply(FieldClass::Consents))]
    async fn consents(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Id of the patient.")] patient: async_graphql::ID,
    ) -> Result<Option<Rendered<Vec<Consent>>>, Error> {
        let (_, call) = at(context);
        let mask = AccessMask::of_role(&call.policy, &call.viewer);
        if !mask.allows(FieldClass::Consents) {
            return Err(ErrorCode::Forbidden
                .error("Your role may not see what patients decided about their data."));
        }
        let plan =
            Compiler::plan::<Vec<Consent>>(context, &mask, &["consents"]).map_err(in_resolver)?;
        Ok(Some(render(&consents::list(context, &patient).await?, &plan)))
    }
}

/// The mask of an administrator; anybody else is refused.
pub(super) fn link_administration(call: &Call) -> Result<AccessMask, Error> {
    let mask = AccessMask::of_role(&call.policy, &call.viewer);
    if mask.allows(FieldClass::LinkAdministration) {
        return Ok(mask);
    }
    Err(ErrorCode::Forbidden.error("Only an administrator may see or remove links."))
}

/// Writes a value as planned.
pub(crate) fn render<T: Output>(value: &T, plan: &Plan) -> Rendered<T> {
    let mut out = Writer::new();
    value.write(&plan.shape, &mut out);
    Rendered::new(out.into_json())
}

/// A refusal by the compiler, as a resolver's own.
pub(crate) fn in_resolver(error: ServerError) -> Error {
    Error { message: error.message, source: error.source, extensions: error.extensions }
}

/// How many items a page holds; one that cannot be meant was refused before.
fn page_size(first: Option<i32>) -> usize {
    first.and_then(|first| usize::try_from(first).ok()).unwrap_or(DEFAULT_PAGE)
}

/// Said beside the people who were found, when there may be more.
fn too_many(context: &Context<'_>) -> ServerError {
    let error = ErrorCode::TooComplex
        .of_request("More people fit than were looked at; search for more of the name, or for the birth date too.");
    context.set_error_path(error)
}

/// Who bears the identifier. When several people do, none of them is guessed to be meant.
async fn find(
    context: &Context<'_>,
    identifier: &IdentifierInput,
) -> Result<Option<Identity>, Error> {
    let (gateway, call) = at(context);
    let may_know =
        call.policy.sees_patients(call.viewer.role) && !call.viewer.role.is_bound_to_a_patient();
    match gateway
        .index
        .find(&identifier.system, &identifier.value)
        .await
        .map_err(|error| broken(&error))?
    {
        Found::One(identity) => Ok(Some(identity)),
        Found::Ambiguous if may_know => Err(ErrorCode::Conflict.error(
            "Several patients bear this identifier; search by name and birth date, and ask by id.",
        )),
        Found::Nobody | Found::Ambiguous => Ok(None),
    }
}

/// The one patient whom a patient or a caregiver may see.
async fn own(context: &Context<'_>) -> Result<Vec<Identity>, Error> {
    let (gateway, call) = at(context);
    let Some(GlobalId::Patient(person)) = call.viewer.patient.as_deref().and_then(GlobalId::decode)
    else {
        return Ok(Vec::new());
    };
    Ok(gateway.resolve(&[person]).await?.into_iter().flatten().collect())
}
