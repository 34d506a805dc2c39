//! Changed credentials, brought to the connectors that run.
//!
//! Nothing is built anew: copies, guard, roster, services and shadow of a source stay. Whoever asks from now on shows the new
//! ones, and what has begun ends with the old.

use caregraph_connectors::BuildError;

use super::{Edition, Editions, Registrar};
use crate::gather::SourceId;
use crate::register::Registration;

impl Registrar {
    /// Brings credentials that were changed to the connectors of this node.
    pub(super) async fn rotate(&self, editions: &mut Editions) {
        let all = self.register.all();
        for (id, registration) in all.iter() {
            let Some((edition, version)) = Edition::of(registration) else { continue };
            let Some(here) = editions.get_mut(id) else { continue };
            if *here == edition || !here.is_built_as(&edition) {
                continue;
            }
            // A suspended one asks nobody, and is built anew when it is in use again.
            if !edition.is_suspended {
                if let Err(error) = self.replace(id, edition.version, &version.manifest).await {
                    tracing::error!(source.id = %id, version = edition.version, %error, "a changed credential cannot be used on this node, so that the one before stays; it is tried again");
                    continue;
                }
                self.replace_in_shadow(id, registration).await;
                self.yard.try_again(id).await;
                tracing::info!(source.id = %id, "a registered connector shows its changed credential");
            }
            *here = edition;
        }
    }

    async fn replace(&self, id: &SourceId, version: u32, manifest: &str) -> Result<(), BuildError> {
        let missing = || BuildError::Settings(format!("version {version} does not run"));
        let keys = self.keyring.get(id, version).ok_or_else(missing)?;
        let config = self.config(id, manifest).await?;
        keys.replace(&config.credentials, config.tls.as_ref());
        Ok(())
    }

    /// The version in the shadow shows the new one too. It may want a secret that was not given yet.
    async fn replace_in_shadow(&self, id: &SourceId, registration: &Registration) {
        let Some(shadow) = self.yard.source(id).and_then(|source| source.shadow.get()) else {
            return;
        };
        let Some(version) = registration.version(shadow.version()) else { return };
        if let Err(error) = self.replace(id, version.number, &version.manifest).await {
            tracing::error!(source.id = %id, version = version.number, %error, "a changed credential cannot be used by the version in the shadow, so that the one before stays there");
        }
    }

    /// Lets go of what versions proved themselves with that do not run any more.
    pub(super) fn tidy(&self, editions: &Editions) {
        self.keyring.keep(|id, version| {
            let is_in_force = editions.get(id).is_some_and(|it| it.version == version);
            let shadow = || self.yard.source(id).and_then(|source| source.shadow.get());
            is_in_force || shadow().is_some_and(|shadow| shadow.version() == version)
        });
    }
}
