//! What nodes tell each other, sealed like everything else: what was forgotten.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;
use serde::{Deserialize, Serialize};

use super::seal::{About, Keys};
use crate::gather::{Forgotten, Generation, SourceId};

/// The random name of a running node.
pub(super) type Node = [u8; 16];

/// Something to be forgotten: a section, or all that a patient has at a source.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Forget {
    pub(super) source: SourceId,
    pub(super) patient: LocalId,
    pub(super) section: Option<Section>,
}

impl From<Forget> for Forgotten {
    fn from(it: Forget) -> Self {
        Self::Patient { source: it.source, patient: it.patient, section: it.section }
    }
}

#[derive(Serialize, Deserialize)]
struct Wire<'w> {
    from: Node,
    source: &'w str,
    patient: &'w str,
    section: Option<&'w str>,
    /// Since 1970.
    at: Duration,
}

/// What a message says to the node that hears it.
#[derive(PartialEq, Eq)]
pub(super) enum News {
    /// Nothing that it does not know: it said so itself.
    Own,
    /// Another node forgot something.
    Of(Forget, SystemTime),
    /// It cannot be read, so that something may have been missed.
    Unreadable,
}

/// The message that tells of it.
pub(super) fn write(keys: &Keys, from: Node, forget: &Forget, at: SystemTime) -> Option<Vec<u8>> {
    let wire = Wire {
        from,
        source: forget.source.as_str(),
        patient: forget.patient.as_str(),
        section: forget.section.map(Section::name),
        at: at.duration_since(UNIX_EPOCH).ok()?,
    };
    keys.seal(&about(), Generation::default(), postcard::to_allocvec(&wire).ok()?)
}

/// Reads a message.
pub(super) fn read(keys: &Keys, own: Node, message: &[u8]) -> News {
    let Ok(plain) = keys.open(&about(), Generation::default(), message) else {
        return News::Unreadable;
    };
    let Ok(wire) = postcard::from_bytes::<Wire<'_>>(&plain) else { return News::Unreadable };
    if wire.from == own {
        return News::Own;
    }
    let section = wire.section.map(|name| Section::ALL.iter().find(|known| known.name() == name));
    let section = match section {
        None => None,
        Some(Some(section)) => Some(*section),
        Some(None) => return News::Unreadable,
    };
    let Some(at) = UNIX_EPOCH.checked_add(wire.at) else { return News::Unreadable };
    let (source, patient) = (SourceId::new(wire.source), LocalId::new(wire.patient));
    News::Of(Forget { source, patient, section }, at)
}

fn about() -> About {
    About::new(&["news"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::StoreKey;

    #[test]
    fn a_message_is_heard_by_others_who_have_the_key() {
        let keys = |byte| Keys::new(&StoreKey::new([byte; 32]), &[]);
        let (source, patient) = (SourceId::new("clinic"), LocalId::new("4711"));
        for section in [None, Some(Section::Goals)] {
            let forget = Forget { source: source.clone(), patient: patient.clone(), section };
            let at = SystemTime::now();
            let message = write(&keys(1), [1; 16], &forget, at).unwrap();
            assert!(!message.windows(4).any(|part| part == b"4711"));
            assert!(read(&keys(1), [2; 16], &message) == News::Of(forget, at));
            assert!(read(&keys(1), [1; 16], &message) == News::Own);
            assert!(read(&keys(2), [2; 16], &message) == News::Unreadable);
            assert!(read(&keys(1), [2; 16], &message[1..]) == News::Unreadable);
        }
    }
}
