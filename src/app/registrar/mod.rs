//! Registered connectors, built and put into force as the register says.

mod keyring;
mod rotation;
mod shadows;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use caregraph_connectors::conformance::{Subject, conform};
use caregraph_connectors::egress::{Egress, Secrets};
use caregraph_connectors::locate::Locator;
use caregraph_connectors::{BuildError, Registry};
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::sleep;

use self::keyring::Keyring;
use crate::app::sources::{built, registered, subject};
use crate::app::yard::{Built, Yard};
use crate::config::{self, ConnectorConfig, Mistakes, Partners};
use crate::gather::{Source, SourceId};
use crate::register::{
    Actor, Change, Declared, Mistake, Register, RegisterError, Registration, Report, State,
    Version, Workshop,
};

/// How long new sources have to tell who their patients are before they are in force.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long after it failed, what is in force is brought in line with the register again.
const TRIES_AGAIN: Duration = Duration::from_secs(30);

/// Builds registered connectors and puts them into force.
pub(super) struct Registrar {
    register: Arc<Register>,
    kinds: Registry,
    egress: Egress,
    /// What holds for all that partners register.
    partners: Partners,
    yard: Arc<Yard>,
    /// Which edition of each registered connector is in force here.
    editions: Mutex<Editions>,
    keyring: Keyring,
}

/// Editions of connectors, by their ids.
type Editions = HashMap<SourceId, Edition>;

/// What is in force of a connector, or is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edition {
    version: u32,
    is_suspended: bool,
    /// How often its credential was changed.
    credentials: usize,
}

impl Edition {
    /// What is to be in force of a connector, if anything is.
    fn of(registration: &Registration) -> Option<(Self, &Version)> {
        let is_suspended = match registration.state() {
            State::Active => false,
            State::Suspended => true,
            State::Draft | State::AwaitingApproval | State::Retired => return None,
        };
        let version = registration.approved()?;
        let is_rotation = |change: &&Change| **change == Change::CredentialRotated;
        let changes = registration.history.iter().map(|entry| &entry.change);
        let credentials = changes.filter(is_rotation).count();
        Some((Self { version: version.number, is_suspended, credentials }, version))
    }

    /// True when they are the same but for what the connector proves itself with.
    fn is_built_as(&self, other: &Self) -> bool {
        (self.version, self.is_suspended) == (other.version, other.is_suspended)
    }
}

impl Registrar {
    /// Puts into force what is registered.
    pub(super) async fn open(
        register: &Arc<Register>,
        kinds: &Registry,
        (egress, partners): (&Egress, Partners),
        yard: Arc<Yard>,
    ) -> Arc<Self> {
        let (register, kinds, egress) = (register.clone(), kinds.clone(), egress.clone());
        let (editions, keyring) = (Mutex::default(), Keyring::default());
        let registrar =
            Arc::new(Self { register, kinds, egress, partners, yard, editions, keyring });
        registrar.settle().await;
        registrar
    }

    /// Follows the register for as long as it is polled.
    pub(super) async fn keep(self: Arc<Self>) {
        let mut changes = self.register.changes();
        loop {
            tokio::select! {
                news = changes.changed() => if news.is_err() { return },
                () = sleep(TRIES_AGAIN) => {}
            }
            self.settle().await;
        }
    }

    /// The registered sources that are in use on this node.
    pub(super) async fn in_use(&self) -> Vec<Arc<Source>> {
        let editions = self.editions.lock().await;
        let used = editions.iter().filter(|(_, edition)| !edition.is_suspended);
        used.filter_map(|(id, _)| self.yard.source(id)).collect()
    }

    /// Takes a connector out of use because of what its source sends.
    pub(super) async fn quarantine(&self, id: &SourceId, reason: String) {
        tracing::error!(source.id = %id, reason, "a registered connector is taken out of use");
        let change = Change::Quarantined { reason };
        match self.register.change(id, Actor::gateway(), change).await {
            // Another node was faster.
            Ok(_) | Err(RegisterError::Objection(_) | RegisterError::Overtaken) => {}
            Err(error) => {
                tracing::error!(source.id = %id, %error, "that it is taken out of use could not be noted; it is tried again");
            }
        }
        self.settle().await;
    }

    /// What the manifest describes, built and not in force yet.
    async fn build(
        &self,
        id: &SourceId,
        manifest: &str,
        edition: Edition,
    ) -> Result<Built, BuildError> {
        let config = self.config(id, manifest).await?;
        let standing = (edition.version, edition.is_suspended);
        let (built, keys) = registered(config, &self.kinds, &self.egress, standing)?;
        self.keyring.add(id, edition.version, keys);
        Ok(built)
    }

    /// What a manifest says, with what the connector proves itself with.
    async fn config(&self, id: &SourceId, manifest: &str) -> Result<ConnectorConfig, BuildError> {
        let unreadable = |error: RegisterError| BuildError::Settings(error.to_string());
        let secrets = self.register.secrets(id).await.map_err(unreadable)?;
        let mut config = config::load_registered(manifest, &self.kinds, &self.partners, &secrets)
            .map_err(|mistakes| BuildError::Settings(mistakes.to_string()))?;
        // What a manifest does not say, or said to somebody else, does not decide whose patients these are.
        config.organization = self.register.get(id).map(|it| it.organization.clone());
        Ok(config)
    }

    /// What is to be in force and is not, and what is and is not to be.
    async fn differences(&self, editions: &Editions) -> (Vec<(Built, Edition)>, Vec<SourceId>) {
        let all = self.register.all();
        let (mut coming, mut wanted) = (Vec::new(), HashSet::new());
        for (id, registration) in all.iter() {
            let Some((edition, version)) = Edition::of(registration) else { continue };
            wanted.insert(id);
            if editions.get(id).is_some_and(|here| here.is_built_as(&edition)) {
                continue;
            }
            match self.build(id, &version.manifest, edition).await {
                Ok(built) => coming.push((built, edition)),
                Err(error) if edition.is_suspended => {
                    tracing::error!(source.id = %id, version = edition.version, %error, "a suspended connector cannot be built on this node, so it is taken out of force altogether");
                    wanted.remove(id);
                }
                Err(error) => {
                    tracing::error!(source.id = %id, version = edition.version, %error, "a registered connector cannot be built on this node, so what was in force of it stays");
                }
            }
        }
        let going = editions.keys().filter(|id| !wanted.contains(id)).cloned().collect();
        (coming, going)
    }

    /// Puts into force what is to be and is not, and out of force what is not to be.
    async fn swap(&self, editions: &mut Editions) {
        let (coming, going) = self.differences(editions).await;
        if coming.is_empty() && going.is_empty() {
            return;
        }
        let (built, news): (Vec<Built>, Vec<(SourceId, Edition)>) = coming
            .into_iter()
            .map(|(built, edition)| {
                let id = built.source.id.clone();
                (built, (id, edition))
            })
            .unzip();
        match self.yard.change(built, &going, PATIENCE).await {
            Ok(()) => {
                editions.retain(|id, _| !going.contains(id));
                editions.extend(news);
                tracing::info!(
                    connectors = editions.len(),
                    "registered connectors are in force as the register says"
                );
            }
            Err(error) => {
                tracing::error!(%error, "what is in force could not be brought in line with the register; it is tried again");
            }
        }
    }
}

#[async_trait]
impl Workshop for Registrar {
    fn given(&self, manifest: &str) -> BTreeSet<String> {
        config::given_settings(manifest, &self.kinds)
    }

    fn read(&self, manifest: &str, secrets: &Secrets) -> Result<Declared, Vec<Mistake>> {
        let config = config::load_registered(manifest, &self.kinds, &self.partners, secrets)
            .map_err(|mistakes| listed(manifest, mistakes))?;
        let declared = declared(&config);
        match built(config, &self.kinds, &self.egress) {
            Ok(built) => Ok(Declared {
                sections: built
                    .source
                    .connector
                    .offers()
                    .iter()
                    .map(|it| it.name().to_owned())
                    .collect(),
                ..declared
            }),
            Err(error) => {
                let (path, message) = (String::new(), error.to_string());
                Err(vec![Mistake { path, place: None, message }])
            }
        }
    }

    async fn try_out(
        &self,
        registration: &Registration,
        version: u32,
        identifier: Option<SecretString>,
    ) -> Report {
        let Some(manifest) = registration.version(version).map(|it| it.manifest.clone()) else {
            return Report::default();
        };
        let config = self.config(&registration.id, &manifest).await;
        match config.and_then(|config| subject(&config, &self.kinds, &self.egress)) {
            Ok(subject) => conform(&Subject { identifier, ..subject }).await,
            Err(error) => Report::of_failure(&error),
        }
    }

    async fn settle(&self) {
        let mut editions = self.editions.lock().await;
        self.rotate(&mut editions).await;
        self.lift_shadows(&editions);
        self.swap(&mut editions).await;
        self.cast_shadows(&editions).await;
        self.tidy(&editions);
    }
}

fn declared(config: &ConnectorConfig) -> Declared {
    Declared {
        id: config.id.to_string(),
        name: config.name.clone(),
        organization: config.organization.clone(),
        kind: config.kind.clone(),
        patient_id: config
            .settings
            .get("roster")
            .or_else(|| config.settings.get("lookup"))
            .and_then(|it| it.get("id"))
            .and_then(|it| serde_json::to_string(it).ok()),
        endpoint: config.base_url.to_string(),
        sections: Vec::new(),
    }
}

/// What is wrong, in the order of the text.
fn listed(text: &str, Mistakes(all): Mistakes) -> Vec<Mistake> {
    let locator = Locator::of(text);
    let told = |it: config::Mistake| {
        let place = locator.place(&it.path).map(|place| (place.line, place.column));
        Mistake { path: it.path, place, message: it.what }
    };
    let mut mistakes: Vec<Mistake> = all.into_iter().map(told).collect();
    mistakes.sort_by_key(|mistake| mistake.place);
    mistakes
}
