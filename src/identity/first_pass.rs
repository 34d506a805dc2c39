//! The end of a source's first reading: its keys are written, then its records are linked.
//!
//! Before the last page nobody knows which keys are ambiguous, so nothing is linked by halves. Each step may be
//! broken off and begun again; the phase in the store says where it was.

use std::collections::HashSet;
use std::sync::Arc;

use super::core::Core;
use super::error::IndexError;
use super::facts::Facts;
use super::ids::{Seq, SourceId};
use super::intake::{borne, find, relink};
use super::person_store::{Phase, RecordRow};
use super::seal::{Mac, Sealer};
use uuid::Uuid;

/// Keys (and search terms) that are sorted together before they are written: the more, the fewer pages of the store
/// are written again and again; each takes 24 bytes of memory.
const SORTED_TOGETHER: usize = 600_000;
/// Keys that are written in one change.
const KEYS_A_CHANGE: usize = 100_000;
/// Records that are read, and linked, at once.
const LINKED_TOGETHER: usize = 2_000;

/// By what records are to be found: gathered, sorted as the store sorts them, and written in large pieces.
struct Postings {
    source: i64,
    own: Vec<(Uuid, Seq)>,
    keys: Vec<(Mac, Seq)>,
    terms: Vec<(Mac, Seq)>,
}

impl Postings {
    fn new(source: i64) -> Self {
        let keys = || Vec::with_capacity(SORTED_TOGETHER);
        Self { source, own: Vec::with_capacity(SORTED_TOGETHER / 4), keys: keys(), terms: keys() }
    }

    fn add(&mut self, sealer: &Sealer, rows: &[RecordRow]) -> Result<(), IndexError> {
        for row in rows {
            let facts = Facts::open(sealer, row.record, &row.sealed)?;
            self.own.push((row.own, row.seq));
            self.keys.extend(borne(row));
            self.terms.extend(facts.terms(sealer).into_iter().map(|term| (term, row.seq)));
        }
        Ok(())
    }

    /// Writes the lists that are longer than this share (in percent) of what is sorted together.
    async fn write(&mut self, core: &Core, share: usize) -> Result<(), IndexError> {
        let enough = SORTED_TOGETHER * share / 100;
        if self.own.len() > enough / 4 {
            self.own.sort_unstable();
            for own in self.own.chunks(KEYS_A_CHANGE) {
                let mut write = core.begin_as_keeper().await?;
                write.add_own_ids(own).await?;
                write.commit().await?;
            }
            self.own.clear();
        }
        if self.keys.len() > enough {
            self.keys.sort_unstable();
            for keys in self.keys.chunks(KEYS_A_CHANGE) {
                let mut write = core.begin_as_keeper().await?;
                write.add_keys(self.source, keys).await?;
                write.commit().await?;
            }
            self.keys.clear();
        }
        if self.terms.len() > enough {
            self.terms.sort_unstable();
            for terms in self.terms.chunks(KEYS_A_CHANGE) {
                let mut write = core.begin_as_keeper().await?;
                write.add_terms(terms).await?;
                write.commit().await?;
            }
            self.terms.clear();
        }
        Ok(())
    }
}

/// Notes that every page of a first reading that began at `from_ms` has been stored.
pub(crate) async fn close_reading(
    core: &Arc<Core>,
    source: &SourceId,
    from_ms: i64,
) -> Result<(), IndexError> {
    let mut write = core.begin_as_keeper().await?;
    let rows = write.sources().await?;
    let mut row = find(&rows, source)?.clone();
    if row.phase == Phase::Reading {
        row.phase = Phase::Indexing;
        (row.read_from_ms, row.full_from_ms) = (Some(from_ms), Some(from_ms));
        write.put_source(&row).await?;
    }
    Ok(write.commit().await?)
}

/// Notes that a later reading that began at `from_ms` has come to its end.
pub(crate) async fn note_reading(
    core: &Arc<Core>,
    source: &SourceId,
    from_ms: i64,
    full: bool,
) -> Result<(), IndexError> {
    let mut write = core.begin_as_keeper().await?;
    let rows = write.sources().await?;
    let mut row = find(&rows, source)?.clone();
    if row.is_looked_up() {
        return Err(IndexError::NotKeeper);
    }
    row.read_from_ms = Some(from_ms);
    row.full_from_ms = if full { Some(from_ms) } else { row.full_from_ms };
    write.put_source(&row).await?;
    Ok(write.commit().await?)
}

/// Does what is left to do until the source's records are linked. Nothing, when they are or are still being read.
pub(crate) async fn finish(core: &Arc<Core>, source: &SourceId) -> Result<(), IndexError> {
    let (number, phase) = where_it_is(core, source).await?;
    if matches!(phase, Phase::Reading | Phase::Done) {
        return Ok(());
    }
    // One source at a time: each holds many keys in memory, and none gains by waiting for the other's changes.
    let _turn = core.finishing.lock().await;
    if phase == Phase::Indexing {
        index(core, number).await?;
        advance(core, source, Phase::Indexing, Phase::Linking).await?;
    }
    link(core, number).await?;
    advance(core, source, Phase::Linking, Phase::Done).await
}

async fn where_it_is(core: &Core, source: &SourceId) -> Result<(i64, Phase), IndexError> {
    let rows = core.store.sources().await?;
    find(&rows, source).map(|row| (row.number, row.phase))
}

async fn advance(
    core: &Arc<Core>,
    source: &SourceId,
    from: Phase,
    to: Phase,
) -> Result<(), IndexError> {
    let mut write = core.begin_as_keeper().await?;
    let rows = write.sources().await?;
    let mut row = find(&rows, source)?.clone();
    if row.phase != from {
        return Err(IndexError::NotKeeper);
    }
    row.phase = to;
    write.put_source(&row).await?;
    Ok(write.commit().await?)
}

/// Writes the keys of all active records.
async fn index(core: &Arc<Core>, source: i64) -> Result<(), IndexError> {
    let mut postings = Postings::new(source);
    let mut after = Some(Seq::default());
    while let Some(from) = after {
        let rows = core.store.records_after(source, from, LINKED_TOGETHER).await?;
        after = rows.iter().map(|row| row.seq).max();
        let more = core.aside(move |sealer| postings.add(sealer, &rows).map(|()| postings));
        postings = more.await??;
        // The lists are written a little before they would have to grow.
        postings.write(core, 95).await?;
    }
    postings.write(core, 0).await
}

/// Links some records while the next are being read.
async fn link(core: &Arc<Core>, source: i64) -> Result<(), IndexError> {
    let mut done: HashSet<Seq> = HashSet::new();
    let mut rows = core.store.records_after(source, Seq::default(), LINKED_TOGETHER).await?;
    while let Some(last) = rows.iter().map(|row| row.seq).max() {
        // A record that was in the surroundings of an earlier one is linked already.
        rows.retain(|row| !done.contains(&row.seq));
        let next = core.store.records_after(source, last, LINKED_TOGETHER);
        let (next, linked) = tokio::try_join!(async { Ok(next.await?) }, relink(core, rows))?;
        done.retain(|seq| *seq > last);
        done.extend(linked.into_iter().filter(|seq| *seq > last));
        rows = next;
    }
    Ok(())
}
