//! What people are allergic to.

use super::Code;

/// A substance, and how an allergy to it shows.
pub(crate) struct Substance {
    pub(crate) key: &'static str,
    /// The allergy as a SNOMED finding.
    pub(crate) snomed: Code,
    /// The ingredient, for drugs.
    pub(crate) rxnorm: Option<Code>,
    pub(crate) plain: &'static str,
    /// The FHIR category.
    pub(crate) category: &'static str,
    pub(crate) reactions: &'static [Code],
}

const HIVES: Code = ("126485001", "Urticaria (disorder)");
const RASH: Code = ("271807003", "Eruption of skin (disorder)");
const ANAPHYLAXIS: Code = ("39579001", "Anaphylaxis (disorder)");
const WHEEZE: Code = ("56018004", "Wheezing (finding)");
const SNEEZE: Code = ("76067001", "Sneezing (finding)");

/// Said instead of a substance: there is none.
pub(crate) const NO_KNOWN_ALLERGY: Code = ("716186003", "No known allergy (situation)");

/// The allergy that matters most to prescribers comes first.
#[rustfmt::skip] // A row a line.
pub(crate) const SUBSTANCES: &[Substance] = &[
    Substance { key: "penicillin", snomed: ("91936005", "Allergy to penicillin (finding)"), rxnorm: Some(("70618", "penicillin")), plain: "Penicillin", category: "medication", reactions: &[HIVES, ANAPHYLAXIS] },
    Substance { key: "sulfonamide", snomed: ("91939003", "Allergy to sulfonamide (finding)"), rxnorm: None, plain: "Sulfa drugs", category: "medication", reactions: &[RASH] },
    Substance { key: "aspirin", snomed: ("293586001", "Allergy to aspirin (finding)"), rxnorm: Some(("1191", "aspirin")), plain: "Aspirin", category: "medication", reactions: &[WHEEZE] },
    Substance { key: "shellfish", snomed: ("300913006", "Shellfish allergy (finding)"), rxnorm: None, plain: "Shellfish", category: "food", reactions: &[HIVES, ANAPHYLAXIS] },
    Substance { key: "nuts", snomed: ("91934008", "Allergy to nut (finding)"), rxnorm: None, plain: "Nuts", category: "food", reactions: &[ANAPHYLAXIS] },
    Substance { key: "tree-pollen", snomed: ("419263009", "Allergy to tree pollen (finding)"), rxnorm: None, plain: "Tree pollen", category: "environment", reactions: &[SNEEZE] },
    Substance { key: "house-dust", snomed: ("232350006", "House dust mite allergy (finding)"), rxnorm: None, plain: "Dust mites", category: "environment", reactions: &[SNEEZE, WHEEZE] },
    Substance { key: "bee-venom", snomed: ("424213003", "Allergy to bee venom (finding)"), rxnorm: None, plain: "Bee stings", category: "environment", reactions: &[HIVES] },
];
