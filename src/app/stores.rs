//! Where the gateway remembers: its store, the audit log, and what nodes share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::ExposeSecret;
use tokio::task::JoinHandle;

use super::StartError;
use crate::access::Policy;
use crate::audit::{AuditLog, Body, Event, HeadFile, Outcome};
use crate::config::{AuditConfig, SharedCacheConfig};
use crate::gather::{Fleet, SharedTier, SourceId, Systems};
use crate::identity::{PersonIndex, StoreKey};
use crate::shared_cache::{SharedCache, SharedCacheSetup};
use crate::store::{AuditTables, Store, load_or_create_key};

pub(super) async fn open_store(url: &str) -> Result<Store, StartError> {
    let opened = Store::open(url).await;
    opened.map_err(|cause| StartError::Store { url: without_password(url), cause })
}

/// Opens the index of persons over the sources that list theirs, or that can be asked for one.
pub(super) async fn index(
    store: &Store,
    fleet: &Fleet,
    key: &StoreKey,
) -> Result<PersonIndex, StartError> {
    let listed = fleet.with_patients().filter(|source| source.connector.has_roster());
    let sources = listed.map(|source| source.id.clone()).collect();
    let index = PersonIndex::new(Arc::new(store.clone()), sources, key).await?;
    let looked_up = fleet.with_patients().filter(|source| source.finds_by().is_some());
    let looked_up: Vec<SourceId> = looked_up.map(|source| source.id.clone()).collect();
    index.look_up_in(&looked_up).await?;
    for source in fleet.with_patients() {
        source.roster.connect(index.clone());
    }
    Ok(index)
}

/// Sets up the cache that all nodes share, if there is to be one. It connects in the background.
pub(super) fn shared_cache(
    config: Option<SharedCacheConfig>,
    key: &StoreKey,
    systems: Arc<Systems>,
) -> Result<Option<Arc<SharedCache>>, StartError> {
    let Some(config) = config else { return Ok(None) };
    let own = config.keys.iter().map(|key| hexadecimal(key.expose_secret()).map(StoreKey::new));
    let keys = own.collect::<Option<_>>().ok_or(StartError::Key)?;
    let setup = SharedCacheSetup { urls: config.urls, store_key: key, keys, systems };
    Ok(Some(Arc::new(SharedCache::start(setup)?)))
}

/// The same as gathering knows it.
pub(super) fn shared_tier(cache: Option<&Arc<SharedCache>>) -> Option<Arc<dyn SharedTier>> {
    cache.cloned().map(|cache| cache as Arc<dyn SharedTier>)
}

/// Opens the audit log and begins a chain.
pub(super) async fn open_audit(
    config: &AuditConfig,
    key: &StoreKey,
    policy: &Policy,
) -> Result<(AuditLog, JoinHandle<()>), StartError> {
    let failed = |cause| StartError::Audit { url: without_password(&config.url), cause };
    let tables = AuditTables::open(&config.url).await.map_err(|error| failed(error.into()))?;
    let head = config.head.clone().map(HeadFile::new);
    let start = Body {
        policy: policy.version().to_owned(),
        approvers: policy.approvers().to_vec(),
        ..Body::of(Event::Start, Outcome::Done)
    };
    AuditLog::open(Arc::new(tables), key, head, start).await.map_err(failed)
}

/// The configured key, or the one beside the SQLite file.
pub(crate) fn store_key(
    url: &str,
    key: Option<&secrecy::SecretString>,
) -> Result<StoreKey, StartError> {
    match (key, sqlite_file(url)) {
        (Some(key), _) => {
            Ok(StoreKey::new(hexadecimal(key.expose_secret()).ok_or(StartError::Key)?))
        }
        (None, Some(file)) => Ok(load_or_create_key(&file.with_extension("key"))?),
        (None, None) => Err(StartError::Key),
    }
}

/// The file of a store in SQLite.
pub(crate) fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://")?.split('?').next()?;
    Some(Path::new(path).to_owned())
}

pub(super) fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(key)
}

pub(super) fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            let _ = parsed.set_password(Some("…"));
            parsed.into()
        }
        _ => url.to_owned(),
    }
}
