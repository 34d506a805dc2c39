//! Listing links, taking a wrong one away for good, and listing those.

use std::fmt;

use uuid::Uuid;

use super::error::IndexError;
use super::ids::{PersonId, RecordKey, Seq, SourceId};
use super::index::PersonIndex;
use super::intake::linkable;
use super::neighbourhood::surroundings;
use super::person::{Identity, Link};
use super::person_store::{PersonWrite, RecordRow, RemovalRow};
use super::placement::write_persons;

/// A link, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonLink {
    /// The person.
    pub person: PersonId,
    /// The link.
    pub link: Link,
}

/// One page of links.
#[derive(Clone, Debug)]
pub struct LinkPage {
    /// Links of persons that have more than one, in the order in which their records became known.
    pub links: Vec<PersonLink>,
    /// Where to go on; `None` after the last page.
    pub next: Option<Seq>,
}

/// A link that an administrator took away.
#[derive(Clone, PartialEq, Eq)]
pub struct RemovedLink {
    /// The record that was taken out of a person.
    pub record: RecordKey,
    /// The source of that record; `None` when it is no longer configured.
    pub source: Option<SourceId>,
    /// When.
    pub at_ms: i64,
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A reason may speak of a person: a debug print shows the type alone.
impl fmt::Debug for RemovedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemovedLink")
    }
}

impl PersonIndex {
    /// One page of the links that join records of different sources.
    pub async fn links(&self, first: usize, after: Option<Seq>) -> Result<LinkPage, IndexError> {
        let core = &self.core;
        let mut rows = core.store.linked_after(after.unwrap_or_default(), first + 1).await?;
        rows.sort_unstable_by_key(|row| row.member.seq);
        let more = rows.len() > first;
        rows.truncate(first);
        let next = rows.last().filter(|_| more).map(|row| row.member.seq);
        let persons: Vec<Seq> = rows.iter().map(|row| row.member.person).collect();
        let persons = core.identities(&persons).await?;
        let mut links = Vec::with_capacity(rows.len());
        for row in &rows {
            if let (Some(link), Some(person)) = (core.link(row)?, persons.get(&row.member.person)) {
                links.push(PersonLink { person: person.id, link });
            }
        }
        Ok(LinkPage { links, next })
    }

    /// Takes a record out of its person and keeps it apart for good from every record that it was one person with.
    ///
    /// Returns who is left: the person of the other records, who keeps their id. Whoever holds that id (a bookmark, a
    /// patient's token) must never be led to the record that was taken out, so that record gets a fresh one.
    pub async fn remove_link(
        &self,
        record: RecordKey,
        by: &str,
        reason: &str,
    ) -> Result<Identity, IndexError> {
        let core = &self.core;
        let mut write = core.store.begin().await?;
        let row = write.records_named(&[record]).await?.pop().ok_or(IndexError::NoSuchLink)?;
        let together = write.companions(&[row.seq]).await?;
        let mut others: Vec<Seq> =
            together.iter().map(|member| member.seq).filter(|seq| *seq != row.seq).collect();
        others.sort_unstable();
        let eldest = *others.first().ok_or(IndexError::NoSuchLink)?;
        let at_ms = super::now_ms();
        let sealed = core.sealer.seal(
            &removal_row(record, at_ms),
            format!("{}\n{reason}", by.replace('\n', " ")).as_bytes(),
        )?;
        write.add_removal(row.seq, &others, at_ms, &sealed).await?;
        let sources = linkable(&write.sources().await?);
        let seeds = others.iter().copied().chain([row.seq]);
        let around = surroundings(&mut *write, &core.sealer, &sources, seeds, Vec::new()).await?;
        let stale = write_persons(&mut *write, &around, &[]).await?;
        let left = write.companions(&[eldest]).await?.pop().ok_or(IndexError::NoSuchLink)?;
        let kept = keep_id(&mut *write, row, eldest).await?;
        write.commit().await?;
        core.shelf.forget(&stale);
        core.shelf.forget(&kept);
        core.identities(&[left.person]).await?.remove(&left.person).ok_or(IndexError::NoSuchLink)
    }

    /// All links that were ever taken away, in order of time.
    pub async fn removed_links(&self) -> Result<Vec<RemovedLink>, IndexError> {
        let mut rows = self.core.store.removals().await?;
        rows.sort_by_key(|row| row.number);
        rows.iter().map(|row| self.removed(row)).collect()
    }

    fn removed(&self, row: &RemovalRow) -> Result<RemovedLink, IndexError> {
        let plain = self.core.sealer.open(&removal_row(row.record, row.at_ms), &row.sealed)?;
        let plain = String::from_utf8(plain).map_err(|_| super::SealError)?;
        let (by, reason) = plain.split_once('\n').ok_or(super::SealError)?;
        let (by, reason) = (by.to_owned(), reason.to_owned());
        let source = self.core.source(row.source);
        Ok(RemovedLink { record: row.record, source, at_ms: row.at_ms, by, reason })
    }
}

/// Hands the id of a person over to the eldest record that stays, when the record that is taken out had given it.
/// Returns the ids that changed their meaning.
async fn keep_id(
    write: &mut dyn PersonWrite,
    mut taken_out: RecordRow,
    eldest: Seq,
) -> Result<Vec<Uuid>, IndexError> {
    if taken_out.seq > eldest {
        return Ok(Vec::new());
    }
    let mut heir = write.records(&[eldest]).await?.pop().ok_or(IndexError::NoSuchLink)?;
    let changed = vec![taken_out.own, heir.own];
    heir.own = taken_out.own;
    taken_out.own = Uuid::new_v4();
    write.add_own_ids(&[(heir.own, heir.seq), (taken_out.own, taken_out.seq)]).await?;
    write.put_records(&[heir, taken_out]).await?;
    Ok(changed)
}

/// The row to which a removal is sealed.
fn removal_row(record: RecordKey, at_ms: i64) -> Vec<u8> {
    let mut row = record.as_bytes().to_vec();
    row.extend_from_slice(&at_ms.to_le_bytes());
    row
}
