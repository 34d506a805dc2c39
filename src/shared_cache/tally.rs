//! How the shared cache does, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use super::seal::Refused;

/// Declares each count once.
macro_rules! counts {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {
        /// How often what happened since the start.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Figures {
            $($(#[doc = $doc])+ pub $name: u64),+
        }

        /// Counts, from any thread.
        #[derive(Default)]
        pub(super) struct Tally {
            $(pub(super) $name: Count),+
        }

        impl Tally {
            pub(super) fn read(&self) -> Figures {
                Figures { $($name: self.$name.0.load(Ordering::Relaxed)),+ }
            }
        }

        impl Figures {
            /// Each figure with its name.
            pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name)),+].into_iter()
            }
        }
    };
}

counts! {
    /// Entries that were found.
    hits,
    /// Entries that were looked for and not there.
    misses,
    /// Entries of another version of this program, or of something else.
    foreign,
    /// Entries that were sealed with a key that is not ours.
    unknown_key,
    /// Entries that were still there, or there again, after they had been forgotten.
    forgotten,
    /// Entries that were changed, or moved to another place.
    tampered,
    /// Entries that were opened and could not be read.
    unreadable,
    /// Entries that were kept.
    kept,
    /// Entries that were not kept, because they had been forgotten since their source was asked.
    outrun,
    /// Entries that were too large to keep.
    too_large,
    /// Times that something was to be done while there was no connection.
    unconnected,
    /// Times that the connection broke, or did not answer in time.
    broken,
    /// Times that it answered with an error.
    refused,
    /// Messages of other nodes.
    heard,
    /// Messages that could not be read.
    unreadable_news,
    /// Times that this node began to hear the others.
    listening,
    /// Times that it could not hear them any more.
    deaf,
}

/// One count.
#[derive(Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn one(&self) {
        self.many(1);
    }

    pub(super) fn many(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }
}

impl Tally {
    pub(super) fn refused_box(&self, why: Refused) {
        match why {
            Refused::Foreign => &self.foreign,
            Refused::UnknownKey => &self.unknown_key,
            Refused::Forgotten => &self.forgotten,
            Refused::Tampered => &self.tampered,
        }
        .one();
    }
}
