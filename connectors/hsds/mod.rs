//! The kind `hsds-3`: a directory of community services that speaks Open Referral HSDS 3.0.
//!
//! Such a server has no search by text, eligibility or place, so the whole directory is read in the
//! background and searched here. This file is the connector; [`reader`] follows the pages of the list,
//! [`details`] asks for what the list leaves out, [`wire`] is what arrives, [`map`] makes it ours, and
//! [`catalogue`] is the copy that is searched.
//!
//! Must never know who searches, nor anything about a patient: a directory is asked the same questions
//! whoever the gateway is working for.

mod catalogue;
mod details;
mod hours;
mod kept;
mod lenient;
mod map;
mod page;
mod reader;
mod search;
mod text;
mod wire;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

pub(crate) use self::catalogue::Reading;
pub use self::catalogue::{Catalogue, Hit};
use self::details::Details;
pub(crate) use self::kept::Kept;
use self::reader::{Listing, Reader};
pub use self::search::Matched;
use crate::connector::{Answer, Ask, Connector, Directory, Problem, Share};
use crate::record::{FuzzyDate, Precision, Section, ServiceRecord};
use crate::registry::{BuildError, Io, Kind};
use crate::settings;

/// `hsds-3`.
pub const KIND: Kind = Kind {
    name: "hsds-3",
    about: "a directory of community services that speaks Open Referral HSDS 3.0",
    example: "refresh_minutes = 60\npage_size = 100\n",
    settings: &["refresh_minutes", "page_size"],
    check: |table| settings::mistakes(checked(table.clone())),
    build,
};

/// How long changes alone may be read before the directory is read afresh, every detail of it: what was deleted
/// shows in no list of changes, and not every server dates every change.
const AFRESH_EVERY: Duration = Duration::from_hours(24);

/// The settings that only this kind has.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Minutes between two readings of the directory; also the longest that one may take. Default 60.
    refresh_minutes: u32,
    /// How many services are asked for on one page. Default 100.
    page_size: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self { refresh_minutes: 60, page_size: 100 }
    }
}

struct Hsds {
    io: Io,
    page_size: u16,
    every: Duration,
    kept: Kept,
    /// When the directory was last read afresh. Held while a refresh is under way, so that there is only one.
    afresh: Mutex<Option<Instant>>,
}

fn checked(table: toml::Table) -> Result<Settings, BuildError> {
    let settings: Settings = settings::read(table, KIND.settings)?;
    let wrong = |text: &str| Err(BuildError::Settings(text.to_owned()));
    if settings.refresh_minutes == 0 {
        return wrong("`refresh_minutes` must be at least 1");
    }
    if !(1..=1_000).contains(&settings.page_size) {
        return wrong("`page_size` must be from 1 to 1000");
    }
    Ok(settings)
}

fn build(table: toml::Table, io: Io) -> Result<Arc<dyn Connector>, BuildError> {
    let Settings { refresh_minutes, page_size } = checked(table)?;
    if io.base_url.cannot_be_a_base() {
        return Err(BuildError::Settings("the base URL cannot have a path".to_owned()));
    }
    Ok(Arc::new(Hsds {
        io,
        page_size,
        every: Duration::from_secs(60 * u64::from(refresh_minutes)),
        kept: Kept::default(),
        afresh: Mutex::default(),
    }))
}

#[async_trait]
impl Connector for Hsds {
    fn offers(&self) -> &[Section] {
        &[Section::Services]
    }

    /// A directory knows no patients.
    async fn fetch(&self, ask: Ask<'_>) -> Answer {
        Share::failed(Problem::NotSupported).for_each(ask.patients)
    }

    fn directory(&self) -> Option<&dyn Directory> {
        Some(self)
    }
}

#[async_trait]
impl Directory for Hsds {
    async fn refresh(&self) -> Result<(), Problem> {
        let mut afresh = self.afresh.lock().await;
        let (old, started) = (self.catalogue(), Instant::now());
        // A reading that outlasts the pause between two would never let the server rest.
        let read = timeout(self.every, self.read(&old, *afresh)).await;
        let (read, is_fresh) = match read.unwrap_or(Err(Problem::Timeout)) {
            Ok((reading, is_fresh)) => (Ok(reading), is_fresh),
            Err(problem) => (Err(problem), false),
        };
        self.kept.take(read).await?;
        if is_fresh {
            *afresh = Some(started);
        }
        let new = self.catalogue();
        tracing::info!(
            services = new.services().len(),
            unreadable = new.unreadable(),
            thin = new.thin(),
            afresh = is_fresh,
            duration_ms = started.elapsed().as_millis(),
            "directory read"
        );
        Ok(())
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        self.kept.catalogue()
    }

    fn refresh_every(&self) -> Duration {
        self.every
    }
}

impl Hsds {
    /// Reads what changed, if that will do, else the whole list, asking again for no detail that did not change.
    /// True beside the reading when nothing of it is older.
    async fn read(
        &self,
        old: &Catalogue,
        afresh: Option<Instant>,
    ) -> Result<(Reading, bool), Problem> {
        let reader = Reader { io: &self.io, page_size: self.page_size };
        let known = afresh.is_some_and(|at| at.elapsed() < AFRESH_EVERY).then_some(old);
        // Whatever was missing from the last reading has no date, so no list of changes brings it.
        if let Some(known) = known.filter(|known| known.flaw().is_none())
            && let Some(changed) = changes(&reader, known).await?
        {
            let reading = Details::new(&reader, Some(known)).complete(changed).await;
            return Ok((merged(known, reading), false));
        }
        let Some(listing) = reader.list(None).await? else { return Err(Problem::Garbled) };
        if listing.entries.is_empty() {
            nothing(&listing)?;
        }
        Ok((Details::new(&reader, known).complete(listing).await, known.is_none()))
    }
}

/// An empty directory is an answer; one of which nothing could be read, or that only claims to hold
/// services, is none, and must not replace the copy that we have.
fn nothing(listing: &Listing) -> Result<(), Problem> {
    match listing.problem() {
        None => Ok(()),
        Some(Problem::Unreadable(_)) => Err(Problem::Garbled),
        Some(other) => Err(other),
    }
}

/// What changed since the newest change that we know of, if the server proves that it understood the question:
/// everything it sends is at least as new, and the service with that newest change is among it.
async fn changes(reader: &Reader<'_>, known: &Catalogue) -> Result<Option<Listing>, Problem> {
    let dated = |service: &&Arc<ServiceRecord>| {
        service.updated.as_ref().is_some_and(|at| at.precision() == Precision::Instant)
    };
    let newest = known.services().iter().filter(dated).max_by(|a, b| a.updated.cmp(&b.updated));
    let Some(newest) = newest else { return Ok(None) };
    let Some(since) = newest.updated.as_ref().and_then(a_second_before) else { return Ok(None) };
    let changed = match reader.list(Some(&since)).await {
        // A server may well refuse what it does not know.
        Err(Problem::Status(_) | Problem::Garbled) => None,
        other => other?,
    };
    Ok(changed.filter(|changed| changed.entries.iter().any(|it| it.record.id == newest.id)))
}

/// Servers differ on whether "after" includes the instant itself.
fn a_second_before(at: &FuzzyDate) -> Option<FuzzyDate> {
    let seconds = at.starts_ms().div_euclid(1_000).checked_sub(1)?;
    OffsetDateTime::from_unix_timestamp(seconds).ok().map(FuzzyDate::of_instant)
}

/// The known services with the changed ones in their places.
fn merged(known: &Catalogue, changed: Reading) -> Reading {
    let again: HashSet<&str> = changed.services.iter().map(|service| service.id.as_str()).collect();
    let same = known.services().iter().filter(|service| !again.contains(service.id.as_str()));
    let services = same.chain(&changed.services).cloned().collect();
    Reading { services, ..changed }
}
