//! Which addresses a name stands for, and for which ones it stood last.
//!
//! Name servers fail more often than the systems that they name. What a name stood for is therefore used for a while after
//! nobody can tell it any more. What is told is not believed blindly: whoever controls a name could lead us to this very
//! machine, or to the place where a cloud gives its credentials away. A resolver knows for whom it looks, and tells no
//! address that is not within their reach.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::{Instant, timeout};

use crate::reach::{Reach, Refusal};

/// How long the last good addresses are used.
const HOLDS_FOR: Duration = Duration::from_mins(10);

/// How long somebody waits for name servers while there are addresses that were good.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long one look may take in all.
const LONGEST: Duration = Duration::from_secs(10);

/// What looks names up.
#[async_trait]
pub trait Lookup: Send + Sync + 'static {
    /// The addresses that a name stands for now.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The way of the operating system: its file of hosts, and the name servers that it was told.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

#[async_trait]
impl Lookup for System {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// How often names were looked up, and what came of it. Each number only grows.
#[derive(Debug, Default)]
pub struct ResolverFigures {
    looked: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    pinned: AtomicU64,
}

impl ResolverFigures {
    /// Looks that were begun.
    pub fn looked(&self) -> u64 {
        self.looked.load(Ordering::Relaxed)
    }

    /// Looks of which no address came.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Looks of which an address came to which nobody is led.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Questions that were answered with addresses of an earlier look.
    pub fn pinned(&self) -> u64 {
        self.pinned.load(Ordering::Relaxed)
    }
}

/// What a look found. A refusal is boxed, since looks are shared.
type Found = Result<Arc<[IpAddr]>, Arc<Refusal>>;

/// What is known of one name.
#[derive(Default)]
struct Known {
    pin: Option<(Arc<[IpAddr]>, Instant)>,
    /// What came last of it was an address that it may not stand for.
    is_refused: bool,
    /// One look for all who want to know.
    looking: Option<Shared<BoxFuture<'static, Found>>>,
}

/// Resolves names. Cheap to clone.
#[derive(Clone)]
pub struct Resolver(Arc<Inner>);

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

struct Inner {
    reach: Reach,
    lookup: Arc<dyn Lookup>,
    holds_for: Duration,
    patience: Duration,
    /// By name. They are the hosts within reach, so they are few.
    names: Mutex<HashMap<String, Known>>,
    figures: Arc<ResolverFigures>,
}

impl Resolver {
    /// One that knows no name yet, and looks for whoever has that reach.
    pub fn new(lookup: impl Lookup, reach: Reach) -> Self {
        Self::with(lookup, reach, HOLDS_FOR, PATIENCE)
    }

    fn with(lookup: impl Lookup, reach: Reach, holds_for: Duration, patience: Duration) -> Self {
        let (names, figures) = (Mutex::default(), Arc::default());
        let lookup = Arc::new(lookup);
        Self(Arc::new(Inner { reach, lookup, holds_for, patience, names, figures }))
    }

    /// One that looks up in the same way for somebody else, and counts together with this one. What a name was good for is
    /// not shared: it is not the same for both.
    #[must_use]
    pub fn within(&self, reach: Reach) -> Self {
        let Inner { lookup, holds_for, patience, figures, .. } = &*self.0;
        Self(Arc::new(Inner {
            reach,
            lookup: lookup.clone(),
            holds_for: *holds_for,
            patience: *patience,
            names: Mutex::default(),
            figures: figures.clone(),
        }))
    }

    /// For whom it looks.
    pub fn reach(&self) -> &Reach {
        &self.0.reach
    }

    /// What was counted so far.
    pub fn figures(&self) -> &ResolverFigures {
        &self.0.figures
    }

    /// The addresses that a name stands for; those that it stood for last while nobody can tell.
    pub async fn resolve(&self, name: &str) -> Result<Arc<[IpAddr]>, Refusal> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let looking = self.look(&name);
        let found = if self.pin(&name).is_some() {
            // It goes on, and whoever comes next has what it finds.
            timeout(self.0.patience, looking).await.unwrap_or_else(|_| unknown(&name))
        } else {
            looking.await
        };
        found.or_else(|refusal| {
            let pin = self.pin(&name);
            self.0.figures.pinned.fetch_add(u64::from(pin.is_some()), Ordering::Relaxed);
            pin.ok_or_else(|| Arc::unwrap_or_clone(refusal))
        })
    }

    /// The last good addresses, if they may still be used.
    fn pin(&self, name: &str) -> Option<Arc<[IpAddr]>> {
        let names = self.names();
        let (addresses, since) = names.get(name)?.pin.as_ref()?;
        (since.elapsed() < self.0.holds_for).then(|| addresses.clone())
    }

    /// The look that is under way, or else a new one. It is finished whether anybody waits for it or not.
    fn look(&self, name: &str) -> Shared<BoxFuture<'static, Found>> {
        let mut names = self.names();
        let known = names.entry(name.to_owned()).or_default();
        if let Some(looking) = &known.looking {
            return looking.clone();
        }
        let (resolver, of) = (self.clone(), name.to_owned());
        let task = tokio::spawn(async move {
            let found = resolver.find(&of).await;
            resolver.note(&of, &found);
            found
        });
        let of = name.to_owned();
        let looking =
            task.map(move |found| found.unwrap_or_else(|_| unknown(&of))).boxed().shared();
        known.looking = Some(looking.clone());
        looking
    }

    async fn find(&self, name: &str) -> Found {
        let figures = &self.0.figures;
        figures.looked.fetch_add(1, Ordering::Relaxed);
        let found = timeout(LONGEST, self.0.lookup.lookup(name)).await;
        let addresses = found.ok().and_then(Result::ok).filter(|addresses| !addresses.is_empty());
        let Some(addresses) = addresses else {
            figures.failed.fetch_add(1, Ordering::Relaxed);
            return unknown(name);
        };
        // Who mixes such an address in among good ones is not believed the others either.
        for address in &addresses {
            if let Err(refusal) = self.0.reach.check_address(name, *address) {
                figures.refused.fetch_add(1, Ordering::Relaxed);
                return Err(Arc::new(refusal));
            }
        }
        Ok(addresses.into())
    }

    fn note(&self, name: &str, found: &Found) {
        let mut names = self.names();
        let known = names.entry(name.to_owned()).or_default();
        known.looking = None;
        let is_refused = |refusal: &Refusal| !matches!(refusal, Refusal::Unresolved(_));
        let refusal = found.as_ref().err().filter(|refusal| is_refused(refusal));
        let was_refused = std::mem::replace(&mut known.is_refused, refusal.is_some());
        if let (Some(refusal), false) = (refusal, was_refused) {
            tracing::warn!(server.name = name, "a source is not asked: its URL {refusal}");
        }
        if let Ok(addresses) = found {
            known.pin = Some((addresses.clone(), Instant::now()));
        }
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown(name: &str) -> Found {
    Err(Arc::new(Refusal::Unresolved(name.to_owned())))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Says one thing after the other, and then that it does not know.
    struct Script(Mutex<VecDeque<Say>>);

    enum Say {
        These(&'static [&'static str]),
        Fails,
        Hangs,
    }

    #[async_trait]
    impl Lookup for Script {
        async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            let say = self.0.lock().unwrap().pop_front();
            match say {
                Some(Say::These(these)) => Ok(these.iter().map(|it| it.parse().unwrap()).collect()),
                Some(Say::Hangs) => std::future::pending().await,
                Some(Say::Fails) | None => Err(io::ErrorKind::NotFound.into()),
            }
        }
    }

    fn resolver(holds_for: Duration, says: impl IntoIterator<Item = Say>) -> Resolver {
        let script = Script(Mutex::new(says.into_iter().collect()));
        let reach = Reach::of_gateway(Arc::default());
        Resolver::with(script, reach, holds_for, Duration::from_millis(5))
    }

    async fn ask(resolver: &Resolver) -> Option<String> {
        let found = resolver.resolve("fhir.example").await.ok()?;
        Some(found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[tokio::test]
    async fn f12_a_name_that_nobody_can_tell_stands_for_what_it_stood_for_last() {
        let says = [
            Say::These(&["192.0.2.1"]),
            Say::These(&["192.0.2.2", "192.0.2.3"]),
            Say::Fails,
            Say::These(&[]),
            Say::Hangs,
        ];
        let resolver = resolver(HOLDS_FOR, says);
        assert_eq!(ask(&resolver).await.as_deref(), Some("192.0.2.1"));
        for _ in 0..4 {
            assert_eq!(ask(&resolver).await.as_deref(), Some("192.0.2.2 192.0.2.3"));
        }
        let figures = resolver.figures();
        assert_eq!((figures.looked(), figures.failed(), figures.pinned()), (5, 2, 3));
        // The look that hangs is one for all who come.
        assert_eq!(ask(&resolver).await.as_deref(), Some("192.0.2.2 192.0.2.3"));
        assert_eq!((figures.looked(), figures.pinned()), (5, 4));
    }

    #[tokio::test]
    async fn f12_what_was_good_too_long_ago_or_never_is_not_used() {
        let never = resolver(HOLDS_FOR, [Say::Fails]);
        assert_eq!(ask(&never).await, None);
        let long_ago = resolver(Duration::ZERO, [Say::These(&["192.0.2.1"]), Say::Fails]);
        assert_eq!(ask(&long_ago).await.as_deref(), Some("192.0.2.1"));
        assert_eq!(ask(&long_ago).await, None);
        assert_eq!(long_ago.figures().pinned(), 0);
    }

    #[tokio::test]
    async fn f12_a_name_that_is_turned_to_this_machine_leads_nobody_there() {
        for bad in [&["127.0.0.1"][..], &["192.0.2.9", "169.254.169.254"]] {
            let turning = (0..1_000).flat_map(|_| [Say::These(&["192.0.2.1"]), Say::These(bad)]);
            let resolver = resolver(HOLDS_FOR, turning);
            for _ in 0..2_000 {
                assert_eq!(ask(&resolver).await.as_deref(), Some("192.0.2.1"));
            }
            let figures = resolver.figures();
            assert_eq!((figures.refused(), figures.pinned()), (1_000, 1_000));
        }
        let alone = resolver(HOLDS_FOR, [Say::These(&["127.0.0.1"])]);
        assert_eq!(ask(&alone).await, None, "never, when it was never good");
    }

    #[tokio::test]
    async fn whoever_leaves_leaves_the_look_to_the_others() {
        let resolver = resolver(HOLDS_FOR, [Say::These(&["192.0.2.1"])]);
        drop(resolver.look("fhir.example"));
        assert_eq!(ask(&resolver).await.as_deref(), Some("192.0.2.1"));
        assert_eq!(resolver.figures().looked(), 1);
        // However it is written, it is one name.
        assert_eq!(resolver.resolve("FHIR.example.").await.unwrap().len(), 1);
        assert_eq!(resolver.figures().pinned(), 1);
    }
}
