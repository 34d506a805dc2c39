//! Opaque ids that name anything in the graph.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::gate::Id;
use crate::gather::SourceId;
use crate::identity::{PersonId, RecordKey};
use caregraph_connectors::record::Section;

/// A 128-bit name of one record of one source: the start of SHA-256 over both.
pub(crate) type RecordHash = [u8; 16];

/// What an id names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GlobalId {
    /// A patient.
    Patient(PersonId),
    /// A merged thing of one section of one patient, named by one of its contributors. Any contributor names it, so
    /// an id stays good when another record joins.
    Thing(Section, PersonId, RecordHash),
    /// A community service.
    Service(SourceId, String),
    /// A source.
    Source(SourceId),
    /// A source's connector.
    Connector(SourceId),
    /// A link between a patient and a record of a source.
    Link(PersonId, RecordKey),
    /// What a patient decided about their data.
    Consent(PersonId, Uuid),
    /// That a source may be asked for a patient by an identifier.
    Lookup(PersonId, Uuid),
    /// In which relation somebody stands to a patient.
    Relation(PersonId, Uuid),
    /// That somebody broke the glass. It does not tell for whom: auditors see it.
    BreakGlass(Uuid),
}

const PATIENT: u8 = 1;
const SERVICE: u8 = 2;
const SOURCE: u8 = 3;
const CONNECTOR: u8 = 4;
const LINK: u8 = 5;
const CONSENT: u8 = 6;
const RELATION: u8 = 7;
const BREAK_GLASS: u8 = 8;
const LOOKUP: u8 = 9;
/// Sections follow from here, in the order of [`Section::ALL`], which only ever grows at its end.
const SECTIONS: u8 = 32;

impl GlobalId {
    /// The id as it stands in the graph.
    pub(crate) fn encode(&self) -> Id {
        let bytes = match self {
            Self::Patient(person) => [&[PATIENT], &person.as_uuid().as_bytes()[..]].concat(),
            Self::Thing(section, person, hash) => {
                [&[SECTIONS + place(*section)], &person.as_uuid().as_bytes()[..], &hash[..]]
                    .concat()
            }
            Self::Service(source, id) => {
                [&[SERVICE], source.as_str().as_bytes(), b"\n", id.as_bytes()].concat()
            }
            Self::Source(source) => [&[SOURCE], source.as_str().as_bytes()].concat(),
            Self::Connector(source) => [&[CONNECTOR], source.as_str().as_bytes()].concat(),
            Self::Link(person, record) => {
                [&[LINK], &person.as_uuid().as_bytes()[..], &record.as_bytes()[..]].concat()
            }
            Self::Consent(person, id) => entry(CONSENT, person, id),
            Self::Lookup(person, id) => entry(LOOKUP, person, id),
            Self::Relation(person, id) => entry(RELATION, person, id),
            Self::BreakGlass(id) => [&[BREAK_GLASS], &id.as_bytes()[..]].concat(),
        };
        Id(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What that id names; `None` when it is not one of ours.
    pub(crate) fn decode(id: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
        let (tag, rest) = bytes.split_first()?;
        let source = || std::str::from_utf8(rest).ok().map(SourceId::new);
        match *tag {
            PATIENT => Some(Self::Patient(person(rest)?)),
            SERVICE => {
                let (source, id) = std::str::from_utf8(rest).ok()?.split_once('\n')?;
                Some(Self::Service(SourceId::new(source), id.to_owned()))
            }
            SOURCE => Some(Self::Source(source()?)),
            CONNECTOR => Some(Self::Connector(source()?)),
            LINK => {
                let (who, record) = rest.split_at_checked(16)?;
                Some(Self::Link(person(who)?, RecordKey::new(record.try_into().ok()?)))
            }
            CONSENT | RELATION | LOOKUP => {
                let (who, id) = rest.split_at_checked(16)?;
                let (who, id) = (person(who)?, Uuid::from_slice(id).ok()?);
                Some(match *tag {
                    CONSENT => Self::Consent(who, id),
                    LOOKUP => Self::Lookup(who, id),
                    _ => Self::Relation(who, id),
                })
            }
            BREAK_GLASS => Some(Self::BreakGlass(Uuid::from_slice(rest).ok()?)),
            tag => {
                let section = *Section::ALL.get(usize::from(tag.checked_sub(SECTIONS)?))?;
                let (who, hash) = rest.split_at_checked(16)?;
                Some(Self::Thing(section, person(who)?, hash.try_into().ok()?))
            }
        }
    }
}

fn entry(tag: u8, person: &PersonId, id: &Uuid) -> Vec<u8> {
    [&[tag], &person.as_uuid().as_bytes()[..], &id.as_bytes()[..]].concat()
}

fn place(section: Section) -> u8 {
    let place = Section::ALL.iter().position(|known| *known == section).unwrap_or_default();
    u8::try_from(place).unwrap_or_default()
}

fn person(bytes: &[u8]) -> Option<PersonId> {
    Some(PersonId::new(Uuid::from_slice(bytes).ok()?))
}

/// The name of a record of a source.
pub(crate) fn record_hash(source: &SourceId, reference: &str) -> RecordHash {
    let text = [source.as_str().as_bytes(), b"\n", reference.as_bytes()].concat();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text);
    let mut hash = [0; 16];
    hash.copy_from_slice(&digest.as_ref()[..16]);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_id_comes_back_as_it_went() {
        let person = PersonId::new(Uuid::from_u128(7));
        let ids = [
            GlobalId::Patient(person),
            GlobalId::Service(SourceId::new("commons"), "food-1".to_owned()),
            GlobalId::Source(SourceId::new("lakeside")),
            GlobalId::Connector(SourceId::new("lakeside")),
            GlobalId::Link(person, RecordKey::new([9; 16])),
            GlobalId::Consent(person, Uuid::from_u128(8)),
            GlobalId::Lookup(person, Uuid::from_u128(8)),
            GlobalId::Relation(person, Uuid::from_u128(8)),
            GlobalId::BreakGlass(Uuid::from_u128(8)),
        ];
        let things = Section::ALL.iter().map(|section| GlobalId::Thing(*section, person, [5; 16]));
        for id in ids.into_iter().chain(things) {
            assert_eq!(GlobalId::decode(&id.encode().0), Some(id));
        }
    }

    #[test]
    fn what_is_no_id_of_ours_names_nothing() {
        for text in ["", "x", "AQ", "////", "AQIDBA", &"A".repeat(500)] {
            assert_eq!(GlobalId::decode(text), None, "{text}");
        }
    }
}
