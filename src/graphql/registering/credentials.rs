//! The secrets of a connector, as they are given and changed.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{Context, Error, ID, InputObject};
use caregraph_connectors::egress::Secrets;

use super::super::gateway::Gateway;
use super::super::inputs::bad;
use super::super::lookup::at;
use super::refusal::{failed, nobody};
use super::{actor, known, payload, read, refused};
use crate::audit::Event;
use crate::register::{Mistake, Registration, kept_already, misgiven};
use crate::view::connector::ConnectorPayload;

/// The longest secret: a bundle of authorities has some dozens of certificates.
const LONGEST: usize = 64 * 1024;

/// How many secrets are given at once, and the longest name of one.
const MOST: usize = 8;
const LONGEST_NAME: usize = 64;

/// One of several secrets of a connector.
#[derive(InputObject)]
pub(crate) struct CredentialInput {
    /// The setting of the manifest that says "given": `auth.token`, `auth.password`, `auth.key`, `auth.client_secret`,
    /// `tls.cert`, `tls.key` or `tls.ca`.
    name: String,
    /// The secret; certificates and keys in PEM.
    secret: String,
}

/// The secrets that somebody gives. No complaint repeats what was written.
pub(super) fn fresh(
    credential: Option<String>,
    credentials: Option<Vec<CredentialInput>>,
) -> Result<Secrets, Error> {
    let one = credential.filter(|secret| !secret.is_empty());
    let several = credentials.unwrap_or_default();
    if one.is_some() && !several.is_empty() {
        return Err(bad(
            "Give either \"credential\", the one secret, or \"credentials\", each by its name.",
        ));
    }
    let is_too_long = |secret: &str| secret.len() > LONGEST;
    if let Some(secret) = one {
        if is_too_long(&secret) {
            return Err(bad(&format!("\"credential\" must have at most {LONGEST} bytes.")));
        }
        return Ok(Secrets::One(secret.into()));
    }
    if several.len() > MOST {
        return Err(bad(&format!("\"credentials\" must be at most {MOST}.")));
    }
    let mut named = BTreeMap::new();
    for (place, CredentialInput { name, secret }) in several.into_iter().enumerate() {
        let at = format!("\"credentials[{place}]\"");
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Err(bad(&format!("{at} needs a name of at most {LONGEST_NAME} bytes.")));
        }
        if secret.is_empty() || is_too_long(&secret) {
            return Err(bad(&format!("{at} needs a secret of at most {LONGEST} bytes.")));
        }
        if named.insert(name, secret.into()).is_some() {
            return Err(bad(&format!("{at} has the name of one before; give each once.")));
        }
    }
    Ok(if named.is_empty() { Secrets::None } else { Secrets::Named(named) })
}

/// The secrets of a connector with those that come with its next version, and what is wrong with these. One that is there
/// already may be what the version in use shows, so that it is not changed on the way.
pub(super) async fn added(
    gateway: &Gateway,
    registration: &Registration,
    manifest: &str,
    fresh: Secrets,
) -> Result<(Secrets, Vec<Mistake>), Error> {
    let kept = gateway.register.secrets(&registration.id).await.map_err(|error| failed(&error))?;
    let theirs = gateway.workshop.given(manifest);
    let mut mistakes = misgiven(manifest, &fresh, &theirs);
    let live = live(gateway, registration);
    let is_there = |setting: &&String| {
        let is_kept = match &kept {
            Secrets::None => false,
            Secrets::One(_) => live.contains(*setting),
            Secrets::Named(all) => all.contains_key(*setting),
        };
        is_kept && fresh.of(setting).is_some()
    };
    mistakes.extend(kept_already(manifest, theirs.iter().filter(is_there)));
    // One alone is not that of a setting which nobody meant when it was given.
    let is_of_more = theirs.len() > 1 && !theirs.is_subset(&live);
    let kept = if is_of_more { kept.named(&live) } else { kept };
    Ok((kept.but(&live, fresh, &theirs), mistakes))
}

/// Keeps the secrets that came with the version that is now the newest, beside what there is by now.
pub(super) async fn give_more(
    context: &Context<'_>,
    registration: &Registration,
    fresh: Secrets,
) -> Result<(), Error> {
    let (gateway, _) = at(context);
    let kept = gateway.register.secrets(&registration.id).await.map_err(|error| failed(&error))?;
    let live = live(gateway, registration);
    give(context, registration, &kept.but(&live, fresh, &live)).await
}

/// The settings that say "given" in the versions that are in use, or may be next.
fn live(gateway: &Gateway, registration: &Registration) -> BTreeSet<String> {
    let shadow = registration.shadow().and_then(|shadow| registration.version(shadow.version));
    let versions = [registration.approved(), shadow, registration.newest()];
    let given = versions.into_iter().flatten().map(|it| gateway.workshop.given(&it.manifest));
    given.flatten().collect()
}

/// Changes what a connector proves itself with: all of it, or the secrets that are named. It is kept only if the version in
/// use, or else the newest, can be run with it.
pub(crate) async fn rotate(
    context: &Context<'_>,
    id: &ID,
    credential: Option<String>,
    credentials: Option<Vec<CredentialInput>>,
) -> Result<ConnectorPayload, Error> {
    let (gateway, call) = at(context);
    let fresh = fresh(credential, credentials)?;
    if fresh.is_none() {
        return Err(bad(
            "Give \"credential\", the one secret, or \"credentials\", each by its name.",
        ));
    }
    let registration = known(gateway, call, id).await?;
    let version = registration.approved().or(registration.newest()).ok_or_else(nobody)?;
    let own = gateway.workshop.given(&version.manifest);
    let live = live(gateway, &registration);
    let judged_by = if matches!(fresh, Secrets::One(_)) { &own } else { &live };
    let mistakes = misgiven(&version.manifest, &fresh, judged_by);
    let kept = gateway.register.secrets(&registration.id).await.map_err(|error| failed(&error))?;
    let all = kept.but(&live, fresh, &own);
    if let Err(mistakes) = read(gateway, &version.manifest, &all, mistakes) {
        return Ok(refused(mistakes));
    }
    give(context, &registration, &all).await?;
    gateway.workshop.settle().await;
    payload(gateway, call, &registration.id)
}

/// Keeps what a connector proves itself with, unless it was changed since it was looked at; that is recorded before and
/// after.
pub(super) async fn give(
    context: &Context<'_>,
    looked_at: &Registration,
    secrets: &Secrets,
) -> Result<(), Error> {
    let (gateway, call) = at(context);
    let object = Some(looked_at.id.to_string());
    let attempt = gateway.attempt(call, Event::ConnectorChanged, None, object).await?;
    let made = gateway.register.rotate(looked_at, actor(call), secrets).await;
    made.map_err(|error| failed(&error))?;
    call.trail.done(&attempt, None);
    Ok(())
}
