//! What a subscriber has yet to be told.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::notification::Notification;

/// More than this is not remembered of what a subscriber who is away has missed.
const MOST: usize = 1_000;

/// The notifications of one subscription, in their order.
pub(super) struct Mailbag {
    /// The address of the subscription, by which its messages name it.
    pub(super) subscription: String,
    held: Mutex<Held>,
    filled: Notify,
}

struct Held {
    waiting: VecDeque<(Notification, u64)>,
    /// How many events there have been.
    events: u64,
    state: State,
}

/// Where a subscription stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Requested,
    Active,
    /// The subscriber wants none of it.
    Error,
}

impl State {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Error => "error",
        }
    }
}

impl Mailbag {
    pub(super) fn new(subscription: String) -> Self {
        let held = Held { waiting: VecDeque::new(), events: 0, state: State::Requested };
        Self { subscription, held: Mutex::new(held), filled: Notify::new() }
    }

    pub(super) fn put(&self, notification: Notification) {
        let mut held = self.held();
        if held.state == State::Error {
            return;
        }
        held.events += u64::from(matches!(notification, Notification::Event(_)));
        let number = held.events;
        if held.waiting.len() >= MOST {
            held.waiting.clear();
            held.waiting.push_back((Notification::Anything, number));
        } else {
            held.waiting.push_back((notification, number));
        }
        drop(held);
        self.filled.notify_one();
    }

    /// The next notification and the number of events up to it. It stays until it was [`Mailbag::delivered`].
    pub(super) async fn next(&self) -> (Notification, u64) {
        loop {
            if let Some(next) = self.held().waiting.front().cloned() {
                return next;
            }
            self.filled.notified().await;
        }
    }

    /// How many events there have been.
    pub(super) fn events(&self) -> u64 {
        self.held().events
    }

    /// The notification with this number has arrived; more may have been thrown away in the meantime.
    pub(super) fn delivered(&self, number: u64) {
        let mut held = self.held();
        held.state = State::Active;
        if held.waiting.front().is_some_and(|(_, first)| *first == number) {
            held.waiting.pop_front();
        }
    }

    /// The subscription needs no handshake.
    pub(super) fn begin(&self) {
        self.held().state = State::Active;
    }

    /// The subscriber does not take it, and is told nothing more.
    pub(super) fn give_up(&self) {
        let mut held = self.held();
        held.state = State::Error;
        held.waiting.clear();
    }

    pub(super) fn state(&self) -> State {
        self.held().state
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
