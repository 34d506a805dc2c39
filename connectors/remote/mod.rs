//! The kind `remote`: a partner that keeps a small protocol of ours over HTTP (`docs/remote.md`).
//!
//! Reading order: [`wire`] is every message, [`settings`] what a manifest says of a partner; [`site`] asks, [`fetch`],
//! [`roster`], [`directory`], [`capabilities`] and [`feed`] read what comes, the last by [`sse`]. [`schema`] is all that for others to check.
//!
//! Must never believe what a partner says of itself: what it offers stands in its manifest, and whose a record is, is checked
//! for each.

mod capabilities;
mod directory;
mod feed;
mod fetch;
mod roster;
mod schema;
mod settings;
mod site;
mod sse;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::time::Instant;

use self::directory::Services;
pub use self::schema::of_messages;
use self::settings::Settings;
use self::site::Site;
use crate::connector::{
    Answer, Ask, Connector, Directory, Problem, RosterCursor, RosterPage, Share,
};
use crate::notice::Feed;
use crate::record::Section;
use crate::registry::{BuildError, Io, Kind};

const EXAMPLE: &str = include_str!("example.toml");

/// `remote`.
pub const KIND: Kind = Kind {
    name: "remote",
    about: "a partner's own program that keeps the caregraph remote protocol",
    example: EXAMPLE,
    settings: &settings::KEYS,
    check: |table| crate::settings::mistakes(Settings::read(table)),
    build,
};

/// A partner's program as a source.
struct Remote {
    site: Arc<Site>,
    settings: Settings,
    services: Option<Services>,
    /// It has been found not to contradict its manifest, or what it contradicts has been told.
    is_compared: AtomicBool,
}

#[expect(clippy::needless_pass_by_value, reason = "every kind is built so")]
fn build(settings: toml::Table, io: Io) -> Result<Arc<dyn Connector>, BuildError> {
    let settings = Settings::read(&settings)?;
    let site = Arc::new(Site::of(&io)?);
    let has_services = settings.sections.contains(&Section::Services);
    let services = || Services::new(site.clone(), io.timeout, settings.refresh_every);
    let services = has_services.then(services);
    Ok(Arc::new(Remote { site, settings, services, is_compared: AtomicBool::new(false) }))
}

/// What a partner says of itself, as its manifest would say it: the settings of this kind, in TOML.
pub async fn described(io: &Io) -> Result<String, Problem> {
    let site = Site::of(io).map_err(|_| Problem::Unreachable)?;
    capabilities::described(&site, Instant::now() + io.timeout).await
}

impl Remote {
    /// Compares the partner with its manifest, once; what does not agree is told to operators.
    async fn compare(&self, deadline: Instant) -> Result<(), Problem> {
        if self.is_compared.load(Ordering::Relaxed) {
            return Ok(());
        }
        for wrong in capabilities::contradictions(&self.site, &self.settings, deadline).await? {
            let host = self.site.base.host_str().unwrap_or_default();
            tracing::warn!(host, "a partner contradicts its manifest: {wrong}");
        }
        self.is_compared.store(true, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl Connector for Remote {
    fn offers(&self) -> &[Section] {
        &self.settings.sections
    }

    fn patients_per_ask(&self) -> usize {
        self.settings.max_patients
    }

    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        // Services are nobody's.
        if ask.section == Section::Services || !self.settings.sections.contains(&ask.section) {
            return Share::failed(Problem::NotSupported).for_each(ask.patients);
        }
        fetch::fetch(&self.site, ask).await
    }

    fn feed(&self) -> Option<&dyn Feed> {
        self.settings.event_stream.then_some(&*self.site as &dyn Feed)
    }

    async fn contradictions(&self, deadline: Instant) -> Result<Vec<String>, Problem> {
        let mut wrong = capabilities::contradictions(&self.site, &self.settings, deadline).await?;
        if !capabilities::is_up(&self.site, deadline).await? {
            wrong.push("It says that it is not up; see what it lacks.".to_owned());
        }
        Ok(wrong)
    }

    fn has_roster(&self) -> bool {
        self.settings.roster
    }

    async fn roster(&self, from: &RosterCursor, deadline: Instant) -> Result<RosterPage, Problem> {
        if !self.settings.roster {
            return Err(Problem::NotSupported);
        }
        // Nobody waits for a roster, so this is where there is time for it.
        self.compare(deadline).await?;
        roster::page(&self.site, from, deadline).await
    }

    fn directory(&self) -> Option<&dyn Directory> {
        self.services.as_ref().map(|services| services as &dyn Directory)
    }
}

#[cfg(test)]
mod tests;
