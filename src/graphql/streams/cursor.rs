//! Cursors: names of what was shown, by which a stream that comes back knows what it missed.
//!
//! A cursor is a keyed hash of what its viewer was shown. It counts nothing and holds nothing: two events that show the
//! same have the same cursor, and what is hidden leaves no trace in it.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moka::sync::Cache;

use crate::access::Viewer;
use crate::identity::{PersonId, StoreKey};
use crate::view::Marks;

/// For how long it is known what a cursor stood for.
const KEPT_FOR: Duration = Duration::from_mins(10);
/// How many bytes that may take.
const CAPACITY: u64 = 32 * 1024 * 1024;
/// What one mark takes, with its names.
const PER_MARK: usize = 96;

/// Makes cursors, and knows for a while what they stand for.
pub(crate) struct Cursors {
    key: hmac::Key,
    known: Cache<String, Arc<Marks>>,
}

impl Cursors {
    /// Cursors that every node with this key understands.
    pub(crate) fn new(key: &StoreKey) -> Self {
        let weigher = |_: &String, marks: &Arc<Marks>| {
            u32::try_from((marks.len() + 1) * PER_MARK).unwrap_or(u32::MAX)
        };
        let known = Cache::builder().weigher(weigher).max_capacity(CAPACITY);
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key.derive(b"cursors of streams")),
            known: known.time_to_live(KEPT_FOR).build(),
        }
    }

    /// The cursor of what this viewer is shown of that person. `of` says what besides the marks it depends on.
    pub(super) fn name(
        &self,
        viewer: &Viewer,
        person: PersonId,
        of: &[&[u8]],
        marks: &Marks,
    ) -> String {
        let mut hash = hmac::Context::with_key(&self.key);
        let mut add = |part: &[u8]| {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        add(viewer.subject.as_bytes());
        add(viewer.role.name().as_bytes());
        add(person.as_uuid().as_bytes());
        for part in of {
            add(part);
        }
        for ((section, source), mark) in marks {
            add(section.name().as_bytes());
            add(source.as_str().as_bytes());
            add(mark);
        }
        URL_SAFE_NO_PAD.encode(&hash.sign().as_ref()[..16])
    }

    /// Remembers for a while what a cursor stands for.
    pub(super) fn keep(&self, cursor: &str, marks: &Arc<Marks>) {
        self.known.insert(cursor.to_owned(), marks.clone());
    }

    /// What a cursor stands for, if that is still known.
    pub(super) fn marks(&self, cursor: &str) -> Option<Arc<Marks>> {
        self.known.get(cursor)
    }
}
