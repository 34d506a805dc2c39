//! What is kept, as bytes: postcard, then LZ4.
//!
//! Neither says what it holds, so these bytes mean something only to the program that wrote them: whoever stores them
//! also stores [`caregraph_connectors::MODEL`], and reads nothing of another one.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use caregraph_connectors::Share;
use serde::{Deserialize, Serialize};

use crate::gather::Kept;

/// More than this is not unpacked, whatever the bytes promise.
const LARGEST: usize = 64 * 1024 * 1024;
/// The length before compression stands in front.
const LENGTH: usize = size_of::<u32>();

#[derive(Serialize, Deserialize)]
struct Stored<'s> {
    /// Since 1970, like the two after it.
    fetched_at: Duration,
    asked_at: Duration,
    read_at: Duration,
    share: Cow<'s, Share>,
}

/// Packs; `None` when it is too large, or was fetched before there was time.
pub(super) fn pack(kept: &Kept) -> Option<Vec<u8>> {
    let since = |at: SystemTime| at.duration_since(UNIX_EPOCH).ok();
    let stored = Stored {
        fetched_at: since(kept.fetched_at)?,
        asked_at: since(kept.asked_at)?,
        read_at: since(kept.read_at)?,
        share: Cow::Borrowed(&kept.share),
    };
    let plain = postcard::to_allocvec(&stored).ok()?;
    let length = u32::try_from(plain.len()).ok().filter(|_| plain.len() <= LARGEST)?;
    let mut packed = vec![0; LENGTH + lz4_flex::block::get_maximum_output_size(plain.len())];
    let (front, rest) = packed.split_at_mut(LENGTH);
    front.copy_from_slice(&length.to_le_bytes());
    let end = LENGTH + lz4_flex::block::compress_into(&plain, rest).ok()?;
    packed.truncate(end);
    Some(packed)
}

/// Reads what [`pack`] wrote; `None` when it did not.
pub(super) fn unpack(packed: &[u8]) -> Option<Kept> {
    let (length, compressed) = packed.split_first_chunk::<LENGTH>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    // LZ4 makes at most 255 bytes of one.
    if length > LARGEST || length / 255 > compressed.len() {
        return None;
    }
    let mut plain = vec![0; length];
    if lz4_flex::block::decompress_into(compressed, &mut plain).ok()? != length {
        return None;
    }
    let (stored, rest) = postcard::take_from_bytes::<Stored<'_>>(&plain).ok()?;
    let at = |since: Duration| SystemTime::checked_add(&UNIX_EPOCH, since);
    let (fetched_at, asked_at) = (at(stored.fetched_at)?, at(stored.asked_at)?);
    let read_at = at(stored.read_at)?;
    let share = stored.share.into_owned();
    rest.is_empty().then_some(Kept { share, fetched_at, asked_at, read_at })
}
