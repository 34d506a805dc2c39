//! Sources that list nobody: their patients are found there one by one, by an identifier that another source of the patient
//! lists.
//!
//! Whom such a source found is taken in as if it had listed them, and linked by the same rules. No roster is read, so every
//! change holds at once and on any node, and nobody is missing from what was read.

use std::collections::BTreeSet;

use caregraph_connectors::LocalId;
use caregraph_connectors::connector::RosterEntry;
use uuid::Uuid;

use super::core::{Core, Writer};
use super::error::IndexError;
use super::facts::Facts;
use super::ids::{RecordKey, Seq, SourceId};
use super::index::PersonIndex;
use super::intake::{changes, find, retire_within, take_in_changes};
use super::now_ms;
use super::packed::unpack_keys;
use super::person::Identity;
use super::person_store::{Phase, RecordRow, SourceRow};
use super::profile::Profile;
use super::seal::Mac;

/// How many records are retired in one change.
const RETIRED_TOGETHER: usize = 500;

impl PersonIndex {
    /// Shows whom these sources, which list nobody, will be found to know. If one of them listed its patients before, they
    /// are all forgotten: nobody has agreed that it is asked about them.
    pub async fn look_up_in(&self, sources: &[SourceId]) -> Result<(), IndexError> {
        let core = &self.core;
        core.register(sources).await?;
        for source in sources {
            core.progress.remove(source);
            from_now_on(core, source).await?;
        }
        core.recall().await?;
        core.shelf.clear();
        Ok(())
    }

    /// True when one of this person's records in other sources than `but` bears the identifier.
    pub async fn bears(
        &self,
        person: &Identity,
        but: &SourceId,
        (system, value): (&str, &str),
    ) -> Result<bool, IndexError> {
        let macs: Vec<Mac> = self.core.identifier_macs(system, value);
        let elsewhere = person.links.iter().filter(|link| link.source != *but);
        let names: Vec<RecordKey> = elsewhere.map(|link| link.record).collect();
        let rows = self.core.store.records_named(&names).await?;
        let mut keys = rows.iter().filter(|row| row.active).flat_map(|row| unpack_keys(&row.keys));
        Ok(keys.any(|key| macs.contains(&key.mac)))
    }

    /// Takes in whom `source` found, if that is this person by the rules of linking, and returns the record. Of somebody
    /// else nothing is kept.
    pub async fn take_found(
        &self,
        source: &SourceId,
        person: &Identity,
        found: &RosterEntry,
    ) -> Result<Option<RecordKey>, IndexError> {
        let core = &self.core;
        let profile = Profile::of(&core.sealer, source, found)?;
        let record = profile.record;
        let profiles = vec![profile];
        core.learn_systems(&profiles, Writer::Anyone).await?;
        let mut write = core.begin(Writer::Anyone).await?;
        let rows = write.sources().await?;
        let row = find(&rows, source)?;
        if !is_settled(row) {
            return Err(IndexError::NotLookedUp(source.clone()));
        }
        let (seen, changes) = changes(core, &mut *write, row.number, profiles).await?;
        let stale = take_in_changes(core, &mut *write, &rows, &changes).await?;
        let together: BTreeSet<Seq> =
            write.companions(&seen).await?.iter().map(|member| member.seq).collect();
        let theirs: Vec<RecordKey> = person.links.iter().map(|link| link.record).collect();
        let theirs = write.records_named(&theirs).await?;
        let is_theirs = |seq: Seq| theirs.iter().any(|row| row.seq == seq && !seen.contains(&seq));
        if !together.into_iter().any(is_theirs) {
            // Never committed, so that it never was.
            return Ok(None);
        }
        write.commit().await?;
        core.shelf.forget(&stale);
        Ok(Some(record))
    }

    /// Forgets whom a source was found to know: these records, and whichever of the source is one person with one of them
    /// now. Returns the ids that the source gave them.
    pub async fn forget_found(
        &self,
        source: &SourceId,
        records: &[RecordKey],
    ) -> Result<Vec<LocalId>, IndexError> {
        let core = &self.core;
        let mut write = core.begin(Writer::Anyone).await?;
        let rows = write.sources().await?;
        // Of a source that is gone nothing is shown; whom one lists by now, it has told by itself.
        let Some(row) = rows.iter().find(|row| row.id == *source && row.is_looked_up()) else {
            return Ok(Vec::new());
        };
        let known = write.records_named(records).await?;
        let mut seqs: BTreeSet<Seq> = known.iter().map(|it| it.seq).collect();
        let together = write.companions(&seqs.iter().copied().collect::<Vec<_>>()).await?;
        seqs.extend(together.iter().map(|member| member.seq));
        let all = write.records(&Vec::from_iter(seqs)).await?;
        let own: Vec<&RecordRow> =
            all.iter().filter(|it| it.source == row.number && it.active).collect();
        let mut ids = Vec::new();
        for record in &own {
            ids.push(Facts::open(&core.sealer, record.record, &record.sealed)?.local);
        }
        let gone: Vec<Seq> = own.iter().map(|it| it.seq).collect();
        let stale = retire_within(core, &mut *write, &rows, source, &gone).await?;
        write.commit().await?;
        core.shelf.forget(&stale);
        Ok(ids)
    }
}

/// True when nothing is left of what such a source may have listed before.
fn is_settled(row: &SourceRow) -> bool {
    row.is_looked_up() && row.read_from_ms.is_none()
}

/// From now on the source lists nobody.
async fn from_now_on(core: &Core, source: &SourceId) -> Result<(), IndexError> {
    let mut write = core.begin(Writer::Anyone).await?;
    let rows = write.sources().await?;
    let mut row = find(&rows, source)?.clone();
    if is_settled(&row) {
        return Ok(());
    }
    // Until all is forgotten, it stands there that something is left.
    (row.phase, row.full_from_ms, row.read_from_ms) = (Phase::Done, None, Some(now_ms()));
    write.put_source(&row).await?;
    write.commit().await?;
    empty(core, source, Phase::Done).await
}

/// From now on the source lists its patients: whom it was found to know before is forgotten, and all are read.
pub(super) async fn no_more(core: &Core, source: &SourceId) -> Result<(), IndexError> {
    let rows = core.store.sources().await?;
    if find(&rows, source)?.is_looked_up() {
        empty(core, source, Phase::Reading).await
    } else {
        Ok(())
    }
}

/// Forgets all that is known of a source, and notes how it goes on.
async fn empty(core: &Core, source: &SourceId, then: Phase) -> Result<(), IndexError> {
    loop {
        let mut write = core.begin(Writer::Anyone).await?;
        let rows = write.sources().await?;
        let mut row = find(&rows, source)?.clone();
        // Another node has been faster.
        if !row.is_looked_up() {
            return Ok(());
        }
        let active = core.store.active_after(row.number, Seq::default(), RETIRED_TOGETHER);
        let gone: Vec<Seq> = active.await?;
        let is_empty = gone.is_empty();
        let stale: Vec<Uuid> = if is_empty {
            (row.phase, row.read_from_ms) = (then, None);
            write.put_source(&row).await?;
            Vec::new()
        } else {
            retire_within(core, &mut *write, &rows, source, &gone).await?
        };
        write.commit().await?;
        core.shelf.forget(&stale);
        if is_empty {
            return Ok(());
        }
    }
}
