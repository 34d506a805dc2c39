//! A record as one source said it, shared by every answer that shows it.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{Context, SHA256};
use caregraph_connectors::record::Record;

use super::outcome::{Imprint, imprint};

/// A record as one source said it. A copy costs next to nothing; whoever changes it changes a record of their own.
#[derive(Clone, Debug)]
pub struct Said(Arc<Held>);

#[derive(Clone, Debug)]
struct Held {
    record: Record,
    mark: OnceLock<u32>,
    imprint: OnceLock<Imprint>,
}

impl Said {
    /// The record, to be changed; nobody else sees the change.
    pub fn change(&mut self) -> &mut Record {
        let held = Arc::make_mut(&mut self.0);
        held.mark = OnceLock::new();
        held.imprint = OnceLock::new();
        &mut held.record
    }

    /// What a layer above made of the record, worked out once for as long as it is kept. It must follow from the record
    /// and from what holds as long as the process runs.
    pub fn mark(&self, work_out: impl FnOnce(&Record) -> u32) -> u32 {
        *self.0.mark.get_or_init(|| work_out(&self.0.record))
    }

    /// What tells whether two records state the same.
    pub fn imprint(&self) -> Imprint {
        *self.0.imprint.get_or_init(|| {
            let record = &self.0.record;
            let mut hash = Context::new(&SHA256);
            hash.update(record.reference.as_bytes());
            // Facts are plain data, which can always be written to memory.
            hash.update(&postcard::to_allocvec(&record.fact).unwrap_or_default());
            imprint(hash)
        })
    }
}

/// One and the same, not only alike.
impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl From<Record> for Said {
    fn from(record: Record) -> Self {
        Self(Arc::new(Held { record, mark: OnceLock::new(), imprint: OnceLock::new() }))
    }
}

impl Deref for Said {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.0.record
    }
}

#[cfg(test)]
mod tests {
    use caregraph_connectors::record::{Condition, Fact};

    use super::*;

    fn said() -> Said {
        let fact = Fact::Condition(Condition::default());
        let (identifiers, labels) = (Vec::new(), Vec::new());
        let reference = "Condition/1".into();
        Record { reference, recorded: None, updated: None, identifiers, labels, fact }.into()
    }

    #[test]
    fn a_change_is_seen_by_nobody_else() {
        let kept = said();
        let mut shown = kept.clone();
        shown.change().reference = "Condition/2".into();
        assert_eq!(
            (kept.reference.as_str(), shown.reference.as_str()),
            ("Condition/1", "Condition/2")
        );
    }

    #[test]
    fn a_mark_is_worked_out_once_and_not_for_another_record() {
        let kept = said();
        assert_eq!(kept.mark(|_| 7), 7);
        let mut shown = kept.clone();
        assert_eq!(shown.mark(|_| 8), 7);
        shown.change();
        assert_eq!((shown.mark(|_| 9), kept.mark(|_| 9)), (9, 7));
        // A record of which there is only one is changed in place, and its mark goes all the same.
        shown.change();
        assert_eq!(shown.mark(|_| 10), 10);
    }
}
