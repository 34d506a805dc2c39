//! Some of the persons, named by what they have.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::core::Core;
use super::error::IndexError;
use super::ids::{RecordKey, Seq, SourceId};
use super::person_store::{Whereabouts, id_order};

/// Whoever has one of these records, or any record of one of these sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circle {
    /// The records.
    pub records: BTreeSet<RecordKey>,
    /// The sources.
    pub sources: BTreeSet<SourceId>,
}

/// A circle as it is walked through: those who have one of its records are known from the beginning.
pub(super) struct Walk {
    named: Vec<(Uuid, Seq)>,
    sources: Vec<i64>,
}

impl Core {
    /// Begins to walk through a circle.
    pub(super) async fn walk(&self, circle: &Circle) -> Result<Walk, IndexError> {
        let records: Vec<RecordKey> = circle.records.iter().copied().collect();
        let rows = self.store.records_named(&records).await?;
        let seqs: Vec<Seq> = rows.iter().map(|row| row.seq).collect();
        let places = self.store.locate_records(&seqs).await?;
        let present = places.iter().filter(|place| place.present);
        let persons: BTreeSet<Seq> = present.filter_map(|place| place.person).collect();
        let eldest = self.store.locate_records(&Vec::from_iter(persons)).await?;
        // An id that another record took over is not this person's any more.
        let own: Vec<Uuid> = eldest.iter().map(|place| place.own).collect();
        let bearers = self.store.locate(&own).await?;
        let is_eldest = |place: &&Whereabouts| place.present && place.person == Some(place.seq);
        let named = bearers.iter().filter(is_eldest).map(|place| (place.own, place.seq)).collect();
        Ok(Walk { named, sources: self.numbers(&circle.sources) })
    }

    /// The next of a circle after the one of the id `after`, or of all persons, in the order of [`id_order`].
    pub(super) async fn persons_after(
        &self,
        walk: Option<&Walk>,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<(Uuid, Seq)>, IndexError> {
        let mut persons = match walk {
            None => self.store.persons_after(after, limit).await?,
            Some(walk) if walk.sources.is_empty() => Vec::new(),
            Some(walk) => self.store.persons_in_after(&walk.sources, after, limit).await?,
        };
        let is_next = |(id, _): &&(Uuid, Seq)| {
            after.as_ref().is_none_or(|after| id_order(after) < id_order(id))
        };
        persons.extend(walk.iter().flat_map(|walk| &walk.named).filter(is_next));
        persons.sort_unstable_by_key(|(id, _)| id_order(id));
        persons.dedup();
        persons.truncate(limit);
        Ok(persons)
    }
}
