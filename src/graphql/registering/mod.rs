//! Registering connectors, and what becomes of them.

mod credentials;
mod refusal;
mod rules;

use std::sync::Arc;

use async_graphql::{Context, Error, ID, InputObject};
use caregraph_connectors::egress::Secrets;

use super::call::Call;
use super::gateway::Gateway;
use super::inputs::sentence;
use super::lookup::at;
use crate::access::Role;
use crate::audit::Event;
use crate::gather::SourceId;
use crate::register::{Actor, Change, Declared, Mistake, Objection, Registration, misgiven};
use crate::view::connector::{ConnectorPayload, ConnectorSetup, ManifestMistake};
use crate::view::id::GlobalId;

pub(crate) use credentials::{CredentialInput, rotate};

use credentials::{added, fresh, give, give_more};
use refusal::{failed, nobody, objection};
use rules::{chosen, looked_at, may_know, of_another_system, owner};

/// A connector that is to be registered.
#[derive(InputObject)]
pub(crate) struct ConnectorInput {
    /// The manifest: what would stand in a `[[connector]]` block of the configuration, in TOML or in JSON.
    manifest: String,
    /// The secret that its manifest calls "given", if there is one. It is sealed at once, and shown to nobody.
    credential: Option<String>,
    /// The secrets that its manifest calls "given", each by its name, where there are several. They are sealed at once, and
    /// shown to nobody.
    credentials: Option<Vec<CredentialInput>>,
}

/// The connectors that the viewer may know of: those that are configured, which are no business of partners, and those that
/// were registered, each in the order of their ids.
pub(crate) async fn list(context: &Context<'_>) -> Result<Vec<ConnectorSetup>, Error> {
    let (gateway, call) = at(context);
    gateway.register.refresh().await.map_err(|error| failed(&error))?;
    let all = gateway.register.all();
    let mut setups = Vec::new();
    if call.viewer.role != Role::Partner {
        let sources = gateway.fleet.all().iter().filter(|source| !all.contains_key(&source.id));
        setups.extend(sources.map(|source| ConnectorSetup::configured(source)));
    }
    let own = all.values().filter(|registration| may_know(call, registration));
    let source = |id| gateway.fleet.get(id).map(|source| &**source);
    setups.extend(own.map(|it| ConnectorSetup::registered(it, source(&it.id))));
    Ok(setups)
}

/// Registers a connector and tries it.
pub(crate) async fn register(
    context: &Context<'_>,
    input: ConnectorInput,
) -> Result<ConnectorPayload, Error> {
    let (gateway, call) = at(context);
    let ConnectorInput { manifest, credential, credentials } = input;
    let secrets = fresh(credential, credentials)?;
    let mistakes = misgiven(&manifest, &secrets, &gateway.workshop.given(&manifest));
    let declared = match read(gateway, &manifest, &secrets, mistakes) {
        Ok(declared) => declared,
        Err(mistakes) => return Ok(refused(mistakes)),
    };
    let organization = owner(call, &declared)?;
    let id = SourceId::new(declared.id.as_str());
    if gateway.fleet.get(&id).is_some() && gateway.register.get(&id).is_none() {
        return Err(objection(&Objection::Taken));
    }
    make(context, &id, Change::Registered { organization, manifest, declared }).await?;
    if !secrets.is_none() {
        let registration = gateway.register.get(&id).ok_or_else(nobody)?;
        give(context, &registration, &secrets).await?;
    }
    test(context, &id, None, None).await
}

/// Gives a connector its next version and tries it.
pub(crate) async fn update(
    context: &Context<'_>,
    id: &ID,
    manifest: String,
    credentials: Option<Vec<CredentialInput>>,
) -> Result<ConnectorPayload, Error> {
    let (gateway, call) = at(context);
    let registration = known(gateway, call, id).await?;
    let secrets = fresh(None, credentials)?;
    let (all, mistakes) = added(gateway, &registration, &manifest, secrets.clone()).await?;
    let declared = match read(gateway, &manifest, &all, mistakes) {
        Ok(declared) => declared,
        Err(mistakes) => return Ok(refused(mistakes)),
    };
    if let Some(mistake) = of_another_system(&registration, &declared) {
        return Ok(refused(vec![mistake]));
    }
    make(context, &registration.id, Change::Updated { manifest, declared }).await?;
    if !secrets.is_none() {
        let registration = gateway.register.get(&registration.id).ok_or_else(nobody)?;
        give_more(context, &registration, secrets).await?;
    }
    test(context, &registration.id, None, None).await
}

/// Tries a version, the newest one unless another is named.
pub(crate) async fn test(
    context: &Context<'_>,
    id: &SourceId,
    version: Option<i32>,
    identifier: Option<String>,
) -> Result<ConnectorPayload, Error> {
    let (gateway, call) = at(context);
    let registration = gateway.register.get(id).ok_or_else(nobody)?;
    let version = chosen(&registration, version)?;
    // The source is asked about patients, so that this is noted before.
    let attempt = gateway.attempt(call, Event::ConnectorTested, None, Some(id.to_string())).await?;
    let report = gateway.workshop.try_out(&registration, version, identifier.map(Into::into)).await;
    change(gateway, call, id, Change::Tested { version, report }).await?;
    call.trail.done(&attempt, None);
    payload(gateway, call, id)
}

/// Puts a version into use.
pub(crate) async fn approve(
    context: &Context<'_>,
    id: &ID,
    version: Option<i32>,
) -> Result<ConnectorPayload, Error> {
    let (gateway, call) = at(context);
    let registration = known(gateway, call, id).await?;
    let version = looked_at(&registration, version)?;
    settled(context, &registration.id, Change::Approved { version }).await
}

/// Has a version asked in the shadow of the one in use, or no more.
pub(crate) async fn shadow(
    context: &Context<'_>,
    id: &ID,
    version: i32,
    share: f64,
) -> Result<ConnectorPayload, Error> {
    let (gateway, call) = at(context);
    let registration = known(gateway, call, id).await?;
    let version = chosen(&registration, Some(version))?;
    settled(context, &registration.id, Change::Shadowed { version, share }).await
}

/// Takes a connector out of use for now.
pub(crate) async fn suspend(
    context: &Context<'_>,
    id: &ID,
    reason: &str,
) -> Result<ConnectorPayload, Error> {
    stopped(context, id, reason, |reason| Change::Suspended { reason }).await
}

/// Takes a connector out of use for good.
pub(crate) async fn retire(
    context: &Context<'_>,
    id: &ID,
    reason: &str,
) -> Result<ConnectorPayload, Error> {
    stopped(context, id, reason, |reason| Change::Retired { reason }).await
}

async fn stopped(
    context: &Context<'_>,
    id: &ID,
    reason: &str,
    change: impl FnOnce(String) -> Change,
) -> Result<ConnectorPayload, Error> {
    let (gateway, call) = at(context);
    let reason = sentence("reason", reason, "why")?;
    settled(context, &known(gateway, call, id).await?.id, change(reason)).await
}

/// The connector of that id, as far as the viewer may know of it, be it that another node has just registered it.
pub(crate) async fn known(
    gateway: &Gateway,
    call: &Call,
    id: &ID,
) -> Result<Arc<Registration>, Error> {
    let Some(GlobalId::Connector(id)) = GlobalId::decode(&id.0) else { return Err(nobody()) };
    gateway.register.refresh().await.map_err(|error| failed(&error))?;
    gateway.register.get(&id).filter(|it| may_know(call, it)).ok_or_else(nobody)
}

/// Makes a change, and waits until it is in force on this node.
async fn settled(
    context: &Context<'_>,
    id: &SourceId,
    change: Change,
) -> Result<ConnectorPayload, Error> {
    let (gateway, call) = at(context);
    make(context, id, change).await?;
    gateway.workshop.settle().await;
    payload(gateway, call, id)
}

/// Makes a change, which is recorded before and after.
async fn make(context: &Context<'_>, id: &SourceId, change: Change) -> Result<(), Error> {
    let (gateway, call) = at(context);
    let event = match change {
        Change::Registered { .. } => Event::ConnectorRegistered,
        Change::Tested { .. } => Event::ConnectorTested,
        Change::Approved { .. } => Event::ConnectorApproved,
        Change::Shadowed { .. } | Change::ShadowEnded { .. } => Event::ConnectorShadowed,
        Change::Suspended { .. } | Change::Quarantined { .. } | Change::Retired { .. } => {
            Event::ConnectorStopped
        }
        Change::Updated { .. } | Change::CredentialRotated => Event::ConnectorChanged,
    };
    let attempt = gateway.attempt(call, event, None, Some(id.to_string())).await?;
    self::change(gateway, call, id, change).await?;
    call.trail.done(&attempt, None);
    Ok(())
}

async fn change(
    gateway: &Gateway,
    call: &Call,
    id: &SourceId,
    change: Change,
) -> Result<(), Error> {
    let made = gateway.register.change(id, actor(call), change).await;
    made.map(|_| ()).map_err(|error| failed(&error))
}

/// What a manifest declares with these secrets, or all that is wrong: with it, and besides.
fn read(
    gateway: &Gateway,
    manifest: &str,
    secrets: &Secrets,
    mut mistakes: Vec<Mistake>,
) -> Result<Declared, Vec<Mistake>> {
    let declared = gateway.workshop.read(manifest, secrets);
    if let (Ok(declared), []) = (&declared, mistakes.as_slice()) {
        return Ok(declared.clone());
    }
    mistakes.extend(declared.err().into_iter().flatten());
    mistakes.sort_by_key(|mistake| mistake.place);
    Err(mistakes)
}

fn actor(call: &Call) -> Actor {
    Actor {
        subject: Some(call.viewer.subject.clone()),
        organization: call.viewer.organization.clone(),
        is_admin: call.viewer.role == Role::Admin,
    }
}

/// The connector as it stands after a change.
fn payload(gateway: &Gateway, call: &Call, id: &SourceId) -> Result<ConnectorPayload, Error> {
    let registration = gateway.register.get(id).filter(|it| may_know(call, it));
    let source = gateway.fleet.get(id).map(|source| &**source);
    let setup = ConnectorSetup::registered(&*registration.ok_or_else(nobody)?, source);
    let connector = Some(setup.connector.clone());
    Ok(ConnectorPayload { connector, setup: Some(setup), mistakes: Vec::new() })
}

fn refused(mistakes: Vec<Mistake>) -> ConnectorPayload {
    let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let told = |it: Mistake| ManifestMistake {
        line: it.place.map(|(line, _)| number(line)),
        column: it.place.map(|(_, column)| number(column)),
        path: it.path,
        message: it.message,
    };
    let mistakes = mistakes.into_iter().map(told).collect();
    ConnectorPayload { connector: None, setup: None, mistakes }
}
