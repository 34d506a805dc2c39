//! Allergies and intolerances.

use std::borrow::Cow;

use super::concept::Concept;
use super::conditions::Verification;
use super::connection::{Connection, Entry, item};
use super::gate::{Id, choice, object};
use super::merge::{Fit, Key, Mergeable, claims, concept_keys, merge, same_concept};
use super::paging::newest_first;
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Record, Section};

object! {
    /// An allergy, an intolerance, or a source's statement that there is none.
    struct Allergy in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// To what; "no known allergy" is a statement of its own, and stands beside others' allergies.
        substance: Option<Concept>, Allergies;
        /// Whether it holds now.
        status: Option<AllergyStatus>, Allergies;
        /// How sure it is.
        verification: Option<Verification>, Allergies;
        /// How bad a reaction may be; the worst that any source says.
        criticality: Option<Criticality>, Allergies;
        /// What happens.
        reactions: Option<Vec<Concept>>, Allergies;
        /// When it was recorded.
        recorded: Option<FuzzyDate>, Allergies;
        /// When it began.
        onset: Option<FuzzyDate>, Allergies;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Allergy);

choice! {
    /// Whether an allergy holds now.
    enum AllergyStatus {
        /// It holds.
        Active = "ACTIVE",
        /// It rests.
        Inactive = "INACTIVE",
        /// It is over.
        Resolved = "RESOLVED",
        /// The sources do not say.
        Unknown = "UNKNOWN",
    }
}

choice! {
    /// How bad a reaction may be.
    enum Criticality {
        /// Not life-threatening.
        Low = "LOW",
        /// It cannot be told.
        UnableToAssess = "UNABLE_TO_ASSESS",
        /// May be life-threatening.
        High = "HIGH",
    }
}

impl Mergeable for record::Allergy {
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        concept_keys(self.substance.as_ref(), 0)
    }

    fn fit(&self, other: &Self) -> Fit {
        if same_concept(self.substance.as_ref(), other.substance.as_ref()) {
            Fit::Same
        } else {
            Fit::Different
        }
    }
}

fn of(fact: &Fact) -> Option<&record::Allergy> {
    match fact {
        Fact::Allergy(allergy) => Some(allergy),
        _ => None,
    }
}

fn status(allergy: &record::Allergy) -> Option<AllergyStatus> {
    Some(match allergy.clinical_status.as_deref()? {
        "active" => AllergyStatus::Active,
        "inactive" => AllergyStatus::Inactive,
        "resolved" => AllergyStatus::Resolved,
        _ => AllergyStatus::Unknown,
    })
}

fn criticality(allergy: &record::Allergy) -> Option<Criticality> {
    match allergy.criticality.as_deref()? {
        "low" => Some(Criticality::Low),
        "high" => Some(Criticality::High),
        "unable-to-assess" => Some(Criticality::UnableToAssess),
        _ => None,
    }
}

/// All allergies of the view, the most recently recorded first.
pub(crate) fn read(view: &View) -> Connection<Allergy> {
    let section = view.section(Section::Allergies);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        // Noted as a conflict when sources differ, but the worst is what is shown.
        reading.agreed("criticality", criticality, |criticality| Cow::Borrowed(criticality.name()));
        let recorded = reading.members().find_map(|(member, _)| member.record.recorded.clone());
        let node = Allergy {
            id: reading.id(Section::Allergies, view.person()),
            substance: reading.concept(|allergy| allergy.substance.as_ref()),
            status: reading.agreed("status", status, |status| Cow::Borrowed(status.name())),
            verification: reading.agreed(
                "verification",
                |allergy| allergy.verification.as_deref().map(Verification::of),
                |verification| Cow::Borrowed(verification.name()),
            ),
            criticality: reading.facts().filter_map(criticality).max(),
            reactions: reading.concepts(|allergy| &allergy.reactions),
            recorded,
            onset: reading.date("onset", |allergy| allergy.onset.as_ref()),
            provenance: reading.provenance(),
        };
        Entry { place: (newest_first(node.recorded.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}
