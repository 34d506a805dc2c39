//! The names under which things stand in Redis: keyed hashes, so that nobody without the store's key can tell, or test,
//! whom they are about.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caregraph_connectors::LocalId;
use caregraph_connectors::record::Section;

use super::news::Forget;
use crate::gather::{CacheKey, SourceId, Systems};
use crate::identity::StoreKey;

/// No two of a billion patients meet by chance.
const PATIENT_LEN: usize = 16;
/// No two of the few things of one patient meet by chance.
const THING_LEN: usize = 9;

/// Where one section of one patient at one source stands.
#[derive(Clone)]
pub(super) struct Place {
    /// The name of the copy.
    pub(super) entry: String,
    /// The name of the generation that the copy must be of.
    pub(super) generation: String,
}

/// Makes names.
pub(super) struct Names {
    key: hmac::Key,
    /// What each source is besides its id: a copy of another system under the same id is not found.
    systems: Arc<Systems>,
}

impl Names {
    /// Names by a store's key.
    pub(super) fn new(key: &StoreKey, systems: Arc<Systems>) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key.derive(b"caregraph cache names"));
        Self { key, systems }
    }

    /// Where that is. What one patient has at one source is kept by one node of a cluster.
    pub(super) fn place(&self, key: &CacheKey) -> Place {
        let patient = self.patient(&key.source, &key.patient);
        let generation = self.generation(&patient, key.section);
        let of_system = [&key.system.0.to_le_bytes(), generation.as_bytes()];
        let entry = format!("{patient}:{}", self.hash("entry", &of_system, THING_LEN));
        Place { entry, generation }
    }

    /// The names under which something stands of a section, or of all: the generations, without which no copy of any
    /// system is believed, and the copies of the systems that are known here.
    pub(super) fn all(
        &self,
        source: &SourceId,
        patient: &LocalId,
        section: Option<Section>,
    ) -> Vec<String> {
        let sections = section.as_ref().map_or(Section::ALL, std::slice::from_ref);
        let named = self.patient(source, patient);
        let mut all: Vec<String> =
            sections.iter().map(|section| self.generation(&named, *section)).collect();
        for system in self.systems.of(source) {
            all.extend(sections.iter().map(|section| {
                let (source, patient) = (source.clone(), patient.clone());
                self.place(&CacheKey { source, system, section: *section, patient }).entry
            }));
        }
        all
    }

    /// What stands for something to be forgotten, in this node's own memory.
    pub(super) fn mark(&self, forget: &Forget) -> [u8; PATIENT_LEN] {
        let (of, patient) = match &forget.patient {
            Some(patient) => ("mark", patient.as_str()),
            None => ("mark of a source", ""),
        };
        let section = forget.section.map_or("", Section::name);
        let parts = [forget.source.as_str().as_bytes(), patient.as_bytes(), section.as_bytes()];
        let mut mark = [0; PATIENT_LEN];
        for (place, byte) in mark.iter_mut().zip(self.mac(of, &parts).as_ref()) {
            *place = *byte;
        }
        mark
    }

    /// Where it stands when a section of a source was last forgotten as a whole.
    pub(super) fn floor(&self, source: &SourceId, section: Section) -> String {
        let parts = [source.as_str().as_bytes(), section.name().as_bytes()];
        format!("caregraph:{}", self.hash("floor", &parts, PATIENT_LEN))
    }

    /// Where a word stands that was noted.
    pub(super) fn word(&self, word: &str) -> String {
        format!("caregraph:{}", self.hash("word", &[word.as_bytes()], PATIENT_LEN))
    }

    /// On which channel nodes tell each other what they forgot.
    pub(super) fn channel(&self) -> String {
        format!("caregraph:{}", self.hash("channel", &[], PATIENT_LEN))
    }

    /// The braces say which part of a name chooses the node of a cluster.
    fn patient(&self, source: &SourceId, patient: &LocalId) -> String {
        let parts = [source.as_str().as_bytes(), patient.as_str().as_bytes()];
        format!("caregraph:{{{}}}", self.hash("patient", &parts, PATIENT_LEN))
    }

    /// It knows nothing of what the source is besides its id, so that a node whose configuration is another forgets too.
    fn generation(&self, patient: &str, section: Section) -> String {
        let parts = [patient.as_bytes(), section.name().as_bytes()];
        format!("{patient}:{}", self.hash("generation", &parts, THING_LEN))
    }

    fn hash(&self, of: &str, parts: &[&[u8]], length: usize) -> String {
        let hash = self.mac(of, parts);
        URL_SAFE_NO_PAD.encode(hash.as_ref().get(..length).unwrap_or_default())
    }

    /// Each part with its length, so that no two lists of parts look alike.
    fn mac(&self, of: &str, parts: &[&[u8]]) -> hmac::Tag {
        let mut hash = hmac::Context::with_key(&self.key);
        for part in [of.as_bytes()].iter().chain(parts) {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.sign()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::gather::System;

    fn names(key: u8) -> Names {
        let systems = Systems::default();
        systems.learn(&SourceId::new("clinic"), System(1));
        Names::new(&StoreKey::new([key; 32]), Arc::new(systems))
    }

    fn key(source: &str, section: Section, patient: &str) -> CacheKey {
        let (source, patient) = (SourceId::new(source), LocalId::new(patient));
        CacheKey { source, system: System(1), section, patient }
    }

    #[test]
    fn no_two_things_have_one_name() {
        let mut all = BTreeSet::new();
        for names in [names(1), names(2)] {
            for (source, patient) in [("clinic", "12"), ("clinic1", "2"), ("clinic", "13")] {
                for section in Section::ALL {
                    let place = names.place(&key(source, *section, patient));
                    assert!(all.insert(place.entry) && all.insert(place.generation));
                }
            }
            assert!(all.insert(names.channel()));
        }
    }

    #[test]
    fn another_system_under_the_same_id_shares_generations_alone() {
        let key = key("clinic", Section::Goals, "12");
        let names = names(1);
        let (one, other) = (names.place(&key), names.place(&CacheKey { system: System(2), ..key }));
        assert_ne!(one.entry, other.entry);
        assert_eq!(one.generation, other.generation);
    }

    #[test]
    fn all_sections_are_in_one_part_of_a_cluster() {
        let names = names(1);
        let all = |source| names.all(&SourceId::new(source), &LocalId::new("12"), None);
        let slots: BTreeSet<String> =
            all("clinic").iter().map(|name| name.split_once('}').unwrap().0.to_owned()).collect();
        assert_eq!((all("clinic").len(), slots.len()), (Section::ALL.len() * 2, 1));
        assert_eq!(all("of no system that is known here").len(), Section::ALL.len());
    }
}
