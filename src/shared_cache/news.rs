//! What nodes tell each other, sealed like everything else: what was forgotten.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;
use serde::{Deserialize, Serialize};

use super::seal::{About, Keys};
use crate::gather::{CacheKey, Forgotten, Generation, SourceId};

/// The random name of a running node.
pub(super) type Node = [u8; 16];

/// Something to be forgotten: a section, or all, of what a patient has at a source, or everybody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Forget {
    pub(super) source: SourceId,
    /// Everybody when there is nobody.
    pub(super) patient: Option<LocalId>,
    pub(super) section: Option<Section>,
}

impl Forget {
    /// Every forgetting that takes away what stands under a key.
    pub(super) fn covering(key: &CacheKey) -> [Self; 4] {
        let of = |patient: Option<&LocalId>, section| Self {
            source: key.source.clone(),
            patient: patient.cloned(),
            section,
        };
        let (patient, section) = (Some(&key.patient), Some(key.section));
        [of(patient, section), of(patient, None), of(None, section), of(None, None)]
    }
}

impl From<Forget> for Forgotten {
    fn from(it: Forget) -> Self {
        let Forget { source, patient, section } = it;
        match patient {
            Some(patient) => Self::Patient { source, patient, section },
            None => Self::Source { source, section },
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Wire<'w> {
    from: Node,
    source: &'w str,
    patient: Option<&'w str>,
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
        patient: forget.patient.as_ref().map(LocalId::as_str),
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
    let (source, patient) = (SourceId::new(wire.source), wire.patient.map(LocalId::new));
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
        let source = SourceId::new("clinic");
        for (patient, section) in [
            (Some(LocalId::new("4711")), None),
            (Some(LocalId::new("4711")), Some(Section::Goals)),
            (None, Some(Section::Goals)),
        ] {
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
