//! Taking in what a source says of its patients, and linking anew whoever it touches.
//!
//! Every function here is one or more changes of the store, each of which leaves the index right.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::core::{Core, Writer};
use super::error::IndexError;
use super::facts::Facts;
use super::ids::{RecordKey, Seq, SourceId};
use super::neighbourhood::surroundings;
use super::packed::{pack_keys, unpack_keys};
use super::person_store::{PersonWrite, Phase, RecordRow, SourceRow};
use super::placement::write_persons;
use super::profile::{LinkKey, Profile};
use super::seal::Mac;
use uuid::Uuid;

/// A record that is new, or says something else than before.
pub(super) struct Change {
    before: Option<RecordRow>,
    after: RecordRow,
    terms: Vec<Mac>,
}

/// Takes in some profiles of one source, all or nothing, and returns which records they are.
pub(crate) async fn take_in(
    core: &Core,
    source: &SourceId,
    profiles: Vec<Profile>,
) -> Result<Vec<Seq>, IndexError> {
    core.learn_systems(&profiles, Writer::Keeper).await?;
    let mut write = core.begin_as_keeper().await?;
    let rows = write.sources().await?;
    let row = find(&rows, source)?;
    if row.is_looked_up() || matches!(row.phase, Phase::Indexing | Phase::Linking) {
        return Err(IndexError::NotKeeper);
    }
    let (seen, changes) = changes(core, &mut *write, row.number, profiles).await?;
    let stale = if row.phase == Phase::Done {
        take_in_changes(core, &mut *write, &rows, &changes).await?
    } else {
        write_records(&mut *write, &changes).await?;
        Vec::new()
    };
    write.commit().await?;
    core.shelf.forget(&stale);
    Ok(seen)
}

/// Retires records that the source no longer has.
pub(crate) async fn retire(core: &Core, source: &SourceId, gone: &[Seq]) -> Result<(), IndexError> {
    let mut write = core.begin_as_keeper().await?;
    let rows = write.sources().await?;
    if find(&rows, source)?.is_looked_up() {
        return Err(IndexError::NotKeeper);
    }
    let stale = retire_within(core, &mut *write, &rows, source, gone).await?;
    write.commit().await?;
    core.shelf.forget(&stale);
    Ok(())
}

/// The same as a part of a change. Returns whose cached answers are stale.
pub(super) async fn retire_within(
    core: &Core,
    write: &mut dyn PersonWrite,
    rows: &[SourceRow],
    source: &SourceId,
    gone: &[Seq],
) -> Result<Vec<Uuid>, IndexError> {
    let row = find(rows, source)?;
    let mut changes = Vec::new();
    for before in write.records(gone).await?.into_iter().filter(|row| row.active) {
        // The hash is blotted out, so that the record counts as changed if it ever comes back.
        let after = RecordRow { active: false, content: Mac::default(), ..before.clone() };
        changes.push(Change { before: Some(before), after, terms: Vec::new() });
    }
    if row.phase == Phase::Done {
        return take_in_changes(core, write, rows, &changes).await;
    }
    write_records(write, &changes).await?;
    Ok(Vec::new())
}

/// Links these records and their surroundings anew. They are of a source whose keys are all written and whose
/// records stay as they are until they are linked.
pub(crate) async fn relink(
    core: &Core,
    records: Vec<RecordRow>,
) -> Result<HashSet<Seq>, IndexError> {
    let mut write = core.begin_as_keeper().await?;
    let sources = linkable(&write.sources().await?);
    let seeds: Vec<Seq> = records.iter().map(|row| row.seq).collect();
    let around = surroundings(&mut *write, &core.sealer, &sources, seeds, records).await?;
    let stale = write_persons(&mut *write, &around, &[]).await?;
    write.commit().await?;
    core.shelf.forget(&stale);
    Ok(around.hood.nodes.iter().map(|node| node.seq).collect())
}

/// Sources all of whose keys are known, so that it can be told what is ambiguous.
pub(crate) fn linkable(rows: &[SourceRow]) -> Vec<i64> {
    rows.iter().filter(|row| row.phase >= Phase::Linking).map(|row| row.number).collect()
}

pub(crate) fn find<'a>(
    rows: &'a [SourceRow],
    source: &SourceId,
) -> Result<&'a SourceRow, IndexError> {
    rows.iter()
        .find(|row| row.id == *source)
        .ok_or_else(|| IndexError::UnknownSource(source.clone()))
}

/// Which profiles are new or changed, and the sequences of all of them.
pub(super) async fn changes(
    core: &Core,
    write: &mut dyn PersonWrite,
    source: i64,
    profiles: Vec<Profile>,
) -> Result<(Vec<Seq>, Vec<Change>), IndexError> {
    // A page may name a patient twice; the last word counts.
    let profiles: BTreeMap<RecordKey, Profile> =
        profiles.into_iter().map(|profile| (profile.record, profile)).collect();
    let names: Vec<RecordKey> = profiles.keys().copied().collect();
    let known = write.records_named(&names).await?;
    let mut known: HashMap<RecordKey, RecordRow> =
        known.into_iter().map(|row| (row.record, row)).collect();
    let mut last = write.last_seq().await?;
    let (mut seen, mut changes) = (Vec::new(), Vec::new());
    for (name, profile) in profiles {
        let before = known.remove(&name);
        let seq = before.as_ref().map_or_else(
            || {
                last.0 += 1;
                last
            },
            |row| row.seq,
        );
        seen.push(seq);
        if before.as_ref().is_none_or(|row| row.content != profile.content) {
            let own = before.as_ref().map_or_else(Uuid::new_v4, |row| row.own);
            let keys = pack_keys(&core.numbered(&profile.keys));
            let (record, active, content, sealed) =
                (name, profile.active, profile.content, profile.sealed);
            let after = RecordRow { seq, source, record, own, active, content, keys, sealed };
            changes.push(Change { before, after, terms: profile.terms });
        }
    }
    Ok((seen, changes))
}

async fn write_records(write: &mut dyn PersonWrite, changes: &[Change]) -> Result<(), IndexError> {
    let rows: Vec<RecordRow> = changes.iter().map(|change| change.after.clone()).collect();
    Ok(write.put_records(&rows).await?)
}

/// Writes changed records with their keys and terms, and links anew all whom that touches: the bearers of every
/// key that came or went, as they were before and as they are after. Returns whose cached answers are stale.
pub(super) async fn take_in_changes(
    core: &Core,
    write: &mut dyn PersonWrite,
    rows: &[SourceRow],
    changes: &[Change],
) -> Result<Vec<Uuid>, IndexError> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let sources = linkable(rows);
    let touched = touched_keys(changes);
    let mut seeds: BTreeSet<Seq> = changes.iter().map(|change| change.after.seq).collect();
    seeds.extend(write.sole_bearers(&touched, &sources).await?.into_iter().map(|(_, seq)| seq));
    write_records(write, changes).await?;
    write_keys(core, write, changes).await?;
    seeds.extend(write.sole_bearers(&touched, &sources).await?.into_iter().map(|(_, seq)| seq));
    let known = changes.iter().map(|change| change.after.clone()).collect();
    let around = surroundings(write, &core.sealer, &sources, seeds, known).await?;
    let retired: Vec<&RecordRow> =
        changes.iter().map(|change| &change.after).filter(|row| !row.active).collect();
    write_persons(write, &around, &retired).await
}

fn touched_keys(changes: &[Change]) -> Vec<Mac> {
    let rows = changes.iter().flat_map(|change| change.before.iter().chain([&change.after]));
    let keys: BTreeSet<Mac> =
        rows.flat_map(|row| unpack_keys(&row.keys)).map(|key| key.mac).collect();
    keys.into_iter().collect()
}

/// Brings keys and terms from what they were to what they are. Retired records have none.
async fn write_keys(
    core: &Core,
    write: &mut dyn PersonWrite,
    changes: &[Change],
) -> Result<(), IndexError> {
    let (mut keys, mut old_keys) = (BTreeSet::new(), BTreeSet::new());
    let (mut terms, mut old_terms) = (BTreeSet::new(), BTreeSet::new());
    let Some(source) = changes.first().map(|change| change.after.source) else { return Ok(()) };
    for Change { before, after, terms: new_terms } in changes {
        if after.active {
            keys.extend(borne(after));
            terms.extend(new_terms.iter().map(|term| (*term, after.seq)));
        }
        if let Some(before) = before.as_ref().filter(|before| before.active) {
            old_keys.extend(borne(before));
            let facts = Facts::open(&core.sealer, before.record, &before.sealed)?;
            old_terms.extend(facts.terms(&core.sealer).into_iter().map(|term| (term, before.seq)));
        }
    }
    let own: Vec<_> = changes.iter().map(|change| (change.after.own, change.after.seq)).collect();
    write.add_own_ids(&own).await?;
    write.drop_keys(source, &missing(&old_keys, &keys)).await?;
    write.add_keys(source, &missing(&keys, &old_keys)).await?;
    write.drop_terms(&missing(&old_terms, &terms)).await?;
    Ok(write.add_terms(&missing(&terms, &old_terms)).await?)
}

/// What is in the first and not in the second.
fn missing(wanted: &BTreeSet<(Mac, Seq)>, present: &BTreeSet<(Mac, Seq)>) -> Vec<(Mac, Seq)> {
    wanted.difference(present).copied().collect()
}

/// The keys of a record as they stand in the index of keys.
pub(crate) fn borne(row: &RecordRow) -> Vec<(Mac, Seq)> {
    unpack_keys(&row.keys).into_iter().map(|key: LinkKey<u32>| (key.mac, row.seq)).collect()
}
