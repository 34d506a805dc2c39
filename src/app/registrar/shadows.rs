//! Next versions of registered connectors, asked in the shadow of those in use as the register says.
//!
//! The source in use is the same before, during and after it: its copies, its guard and what was read of it stay.

use super::{Actor, Change, Edition, Editions, Registrar};
use crate::app::sources::in_shadow;
use crate::gather::{Shadow, SourceId};
use crate::register::{RegisterError, Registration, Shadowed};
use caregraph_connectors::BuildError;

impl Registrar {
    /// Asks no version in the shadow any more that is not to be asked.
    pub(super) fn lift_shadows(&self, editions: &Editions) {
        for (id, edition) in editions {
            let Some(source) = self.yard.source(id) else { continue };
            let Some(shadow) = source.shadow.get() else { continue };
            let wanted = self.register.get(id).and_then(|it| wanted(&it, *edition));
            if wanted.is_none_or(|wanted| wanted.entry != shadow.entry) {
                source.shadow.set(None);
            }
        }
    }

    /// Asks the versions in the shadow that are to be asked.
    pub(super) async fn cast_shadows(&self, editions: &Editions) {
        for (id, edition) in editions {
            let Some(source) = self.yard.source(id) else { continue };
            let registration = self.register.get(id);
            let Some((registration, wanted)) =
                registration.and_then(|it| wanted(&it, *edition).map(|wanted| (it, wanted)))
            else {
                continue;
            };
            if source.shadow.get().is_some_and(|shadow| shadow.entry == wanted.entry) {
                continue;
            }
            let version = wanted.version;
            match self.shadow(&registration, wanted).await {
                Ok(shadow) => {
                    source.shadow.set(Some(shadow));
                    tracing::info!(source.id = %id, version, share = wanted.share, "a version is asked in the shadow of the one in use");
                }
                Err(error) => {
                    tracing::error!(source.id = %id, version, %error, "a version cannot be built on this node, so it is not asked in the shadow here");
                }
            }
        }
    }

    async fn shadow(
        &self,
        registration: &Registration,
        Shadowed { version, share, entry }: Shadowed,
    ) -> Result<Shadow, BuildError> {
        let missing = || BuildError::Settings(format!("there is no version {version}"));
        let manifest = &registration.version(version).ok_or_else(missing)?.manifest;
        let config = self.config(&registration.id, manifest).await?;
        let (source, keys) = in_shadow(config, &self.kinds, &self.egress, version)?;
        self.keyring.add(&registration.id, version, keys);
        Ok(Shadow::new(source, share, entry))
    }

    /// Asks a version no more in the shadow because of what it answers. The one in use stays.
    pub(in crate::app) async fn end_shadow(&self, id: &SourceId, version: u32, reason: String) {
        tracing::error!(source.id = %id, version, reason, "a version is no longer asked in the shadow");
        let change = Change::ShadowEnded { version, reason };
        match self.register.change(id, Actor::gateway(), change).await {
            // Another node was faster.
            Ok(_) | Err(RegisterError::Objection(_) | RegisterError::Overtaken) => {}
            Err(error) => {
                tracing::error!(source.id = %id, %error, "that it is no longer asked in the shadow could not be noted; it is tried again");
            }
        }
        self.lift_shadows(&*self.editions.lock().await);
    }
}

/// What is to be asked in the shadow of what is in force here, as long as that is what is to be in force.
fn wanted(registration: &Registration, edition: Edition) -> Option<Shadowed> {
    let (now, _) = Edition::of(registration)?;
    registration.shadow().filter(|_| now.is_built_as(&edition))
}
