//! Subscriptions: who wants to be told what, and the telling. In R4's own form (`rest-hook`), and in that of topics, as the
//! backport of R5's subscriptions to R4 has it.

mod mailbag;
mod notification;
mod postman;
mod wanted;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};

use crate::{change::Made, fault::Fault};
use mailbag::Mailbag;
use notification::Notification;
pub use wanted::SubscriptionError;
use wanted::Wanted;

/// The subscriptions of one system.
pub(super) struct Subscriptions {
    base: String,
    fault: watch::Receiver<Fault>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// How many there ever were.
    count: u64,
    all: Vec<Subscription>,
}

/// Whoever is told.
struct Subscription {
    id: String,
    wanted: Arc<Wanted>,
    mailbag: Arc<Mailbag>,
    postman: JoinHandle<()>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.postman.abort();
    }
}

impl Subscriptions {
    pub(super) fn new(base: &str, fault: watch::Receiver<Fault>) -> Self {
        Self { base: base.to_owned(), fault, kept: Mutex::default() }
    }

    /// Keeps a subscription from now on, and tells its id.
    pub(super) fn add(&self, resource: &Value) -> Result<String, SubscriptionError> {
        let wanted = Arc::new(Wanted::read(resource)?);
        let mut kept = self.kept();
        kept.count += 1;
        let id = kept.count.to_string();
        let address = format!("{}/Subscription/{id}", self.base);
        let mailbag = Arc::new(Mailbag::new(address));
        if wanted.topic.is_some() {
            mailbag.put(Notification::Handshake);
        } else {
            mailbag.begin();
        }
        let postman =
            postman::deliver(Arc::clone(&mailbag), Arc::clone(&wanted), self.fault.clone());
        kept.all.push(Subscription {
            id: id.clone(),
            wanted,
            mailbag,
            postman: tokio::spawn(postman),
        });
        Ok(id)
    }

    /// A subscription as it is shown: without what proves whose its messages are.
    pub(super) fn show(&self, id: &str) -> Option<Value> {
        let kept = self.kept();
        let found = kept.all.iter().find(|it| it.id == id)?;
        let mut resource = found.wanted.shown.clone();
        resource["id"] = json!(id);
        resource["status"] = json!(found.mailbag.state().as_str());
        Some(resource)
    }

    /// Ends a subscription; false when there is none.
    pub(super) fn remove(&self, id: &str) -> bool {
        let mut kept = self.kept();
        let before = kept.all.len();
        kept.all.retain(|it| it.id != id);
        kept.all.len() < before
    }

    /// Tells all who want to know of it.
    pub(super) fn tell(&self, made: Made) {
        let event = Arc::new(notification::Event::of(made));
        for subscription in &self.kept().all {
            if subscription.wanted.is_about(event.kind) {
                subscription.mailbag.put(Notification::Event(Arc::clone(&event)));
            }
        }
    }

    /// Ends all.
    pub(super) fn end(&self) {
        self.kept().all.clear();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
