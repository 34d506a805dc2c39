//! The end of a source's first reading: its keys are written, then its records are linked.
//!
//! Before the last page nobody knows which keys are ambiguous, so nothing is linked by halves. Each step may be
//! broken off and begun again; the phase in the store says where it was.

use std::collections::HashSet;
use std::sync::Arc;

use super::error::IndexError;
use super::facts::Facts;
use super::ids::{Seq, SourceId};
use super::index::Core;
use super::intake::{borne, find, relink};
use super::person_store::{Phase, RecordRow};
use super::seal::Mac;

/// Records whose keys are sorted together: the more, the fewer pages of the store are written twice.
const INDEXED_TOGETHER: usize = 200_000;
/// Keys that are written in one change.
const KEYS_A_CHANGE: usize = 100_000;
/// Records that are read, and linked, at once.
const LINKED_TOGETHER: usize = 2_000;

/// The keys and terms of some records.
#[derive(Default)]
struct Postings {
    records: usize,
    keys: Vec<(Mac, i64, Seq)>,
    terms: Vec<(Mac, Seq)>,
}

impl Postings {
    fn sort(&mut self) {
        self.keys.sort_unstable();
        self.terms.sort_unstable();
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
    row.read_from_ms = Some(from_ms);
    row.full_from_ms = if full { Some(from_ms) } else { row.full_from_ms };
    write.put_source(&row).await?;
    Ok(write.commit().await?)
}

/// Does what is left to do until the source's records are linked. Nothing, when they are or are still being read.
pub(crate) async fn finish(core: &Arc<Core>, source: &SourceId) -> Result<(), IndexError> {
    let rows = core.store.sources().await?;
    let row = find(&rows, source)?;
    if row.phase == Phase::Indexing {
        index(core, row.number).await?;
        advance(core, source, Phase::Indexing, Phase::Linking).await?;
    }
    if matches!(row.phase, Phase::Indexing | Phase::Linking) {
        link(core, row.number).await?;
        advance(core, source, Phase::Linking, Phase::Done).await?;
    }
    Ok(())
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

/// Writes the keys of some records while those of the next are being made.
async fn index(core: &Arc<Core>, source: i64) -> Result<(), IndexError> {
    let (mut postings, mut after) = next_postings(core, source, Seq::default()).await?;
    while let Some(last) = after {
        let next = next_postings(core, source, last);
        ((postings, after), ()) = tokio::try_join!(next, write_postings(core, postings))?;
    }
    write_postings(core, postings).await
}

/// The keys of the next records, and after which to go on.
async fn next_postings(
    core: &Arc<Core>,
    source: i64,
    mut after: Seq,
) -> Result<(Postings, Option<Seq>), IndexError> {
    let mut together = Postings::default();
    while together.records < INDEXED_TOGETHER {
        let rows = core.store.records_after(source, after, LINKED_TOGETHER).await?;
        let Some(last) = rows.iter().map(|row| row.seq).max() else {
            together.sort();
            return Ok((together, None));
        };
        after = last;
        let more = core.aside(move |sealer| postings(sealer, &rows)).await??;
        together.records += more.records;
        together.keys.extend(more.keys);
        together.terms.extend(more.terms);
    }
    together.sort();
    Ok((together, Some(after)))
}

async fn write_postings(core: &Arc<Core>, postings: Postings) -> Result<(), IndexError> {
    for keys in postings.keys.chunks(KEYS_A_CHANGE) {
        let mut write = core.begin_as_keeper().await?;
        write.add_keys(keys).await?;
        write.commit().await?;
    }
    for terms in postings.terms.chunks(KEYS_A_CHANGE) {
        let mut write = core.begin_as_keeper().await?;
        write.add_terms(terms).await?;
        write.commit().await?;
    }
    Ok(())
}

fn postings(sealer: &super::seal::Sealer, rows: &[RecordRow]) -> Result<Postings, IndexError> {
    let mut postings = Postings { records: rows.len(), ..Postings::default() };
    for row in rows {
        postings.keys.extend(borne(row));
        let facts = Facts::open(sealer, row.record, &row.sealed)?;
        postings.terms.extend(facts.terms(sealer).into_iter().map(|term| (term, row.seq)));
    }
    Ok(postings)
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
