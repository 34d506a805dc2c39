//! What nodes tell each other, sealed like everything else: what was forgotten.

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

#[derive(Serialize, Deserialize)]
struct Wire<'w> {
    from: Node,
    source: &'w str,
    patient: &'w str,
    section: Option<&'w str>,
}

/// What a message says to the node that hears it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing that it does not know: it said so itself.
    Own,
    /// Another node forgot something.
    Of(Forgotten),
    /// It cannot be read, so that something may have been missed.
    Unreadable,
}

/// The message that tells of it.
pub(super) fn write(keys: &Keys, from: Node, forget: &Forget) -> Option<Vec<u8>> {
    let wire = Wire {
        from,
        source: forget.source.as_str(),
        patient: forget.patient.as_str(),
        section: forget.section.map(Section::name),
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
    News::Of(Forgotten::Patient {
        source: SourceId::new(wire.source),
        patient: LocalId::new(wire.patient),
        section,
    })
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
            let message = write(&keys(1), [1; 16], &forget).unwrap();
            assert!(!message.windows(4).any(|part| part == b"4711"));
            let (source, patient) = (source.clone(), patient.clone());
            let expected = Forgotten::Patient { source, patient, section };
            assert_eq!(read(&keys(1), [2; 16], &message), News::Of(expected));
            assert_eq!(read(&keys(1), [1; 16], &message), News::Own);
            assert_eq!(read(&keys(2), [2; 16], &message), News::Unreadable);
            assert_eq!(read(&keys(1), [2; 16], &message[1..]), News::Unreadable);
        }
    }
}
