//! The systems that exist: names, categories, dialects and paths. Nothing here depends on a run.

use serde::{Serialize, Serializer};

/// One clinical system of the sandbox, which keeps its own charts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Site {
    Lakeside,
    Northgate,
    Stmary,
    Harbor,
    Cornerstone,
}

impl Site {
    pub(crate) const ALL: [Self; 5] =
        [Self::Lakeside, Self::Northgate, Self::Stmary, Self::Harbor, Self::Cornerstone];

    pub(crate) fn index(self) -> usize {
        self as usize
    }

    pub(crate) fn profile(self) -> &'static Profile {
        &PROFILES[self.index()]
    }

    pub(crate) fn id(self) -> &'static str {
        self.profile().id
    }
}

/// What is fixed about a system.
pub(crate) struct Profile {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) organization: &'static str,
    pub(crate) category: Category,
    pub(crate) kind: Kind,
    /// Where its interface begins, after scheme, host and port.
    pub(crate) path: &'static str,
}

impl Profile {
    /// The clinical site behind this profile; the community directory has none.
    pub(crate) fn site(&self) -> Option<Site> {
        Site::ALL.into_iter().find(|site| site.id() == self.id)
    }
}

/// Every system: the clinical sites in the order of [`Site`], then the directory.
pub(crate) const PROFILES: [Profile; 6] = [
    profile(
        "lakeside",
        "Lakeside Family Practice",
        "Lakeside Medical Group",
        Category::PrimaryCare,
    ),
    profile(
        "northgate",
        "Northgate Cardiology & Endocrinology",
        "Northgate Specialty Partners",
        Category::Specialist,
    ),
    profile("stmary", "St. Mary Hospital", "River County Health System", Category::Hospital),
    profile(
        "harbor",
        "Harbor Behavioral Health",
        "Harbor Behavioral Health Services",
        Category::BehavioralHealth,
    ),
    profile("cornerstone", "Cornerstone Pharmacy", "Cornerstone Pharmacies", Category::Pharmacy),
    Profile {
        kind: Kind::Hsds3,
        path: "/hsds",
        ..profile(
            "commons",
            "River County Community Directory",
            "River County Commons",
            Category::Community,
        )
    },
];

const fn profile(
    id: &'static str,
    name: &'static str,
    organization: &'static str,
    category: Category,
) -> Profile {
    Profile { id, name, organization, category, kind: Kind::FhirR4, path: "/fhir" }
}

/// What sort of place a system belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// A family practice.
    PrimaryCare,
    /// A specialist practice.
    Specialist,
    /// A hospital.
    Hospital,
    /// A behavioural-health clinic.
    BehavioralHealth,
    /// A pharmacy.
    Pharmacy,
    /// A community organisation.
    Community,
}

impl Category {
    /// The name that configuration and the API use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrimaryCare => "PRIMARY_CARE",
            Self::Specialist => "SPECIALIST",
            Self::Hospital => "HOSPITAL",
            Self::BehavioralHealth => "BEHAVIORAL_HEALTH",
            Self::Pharmacy => "PHARMACY",
            Self::Community => "COMMUNITY",
        }
    }
}

/// The dialect that a system speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// HL7 FHIR R4.
    FhirR4,
    /// Human Services Data Specification 3.0.
    Hsds3,
}

impl Kind {
    /// The name that configuration uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FhirR4 => "fhir-r4",
            Self::Hsds3 => "hsds-3",
        }
    }
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Category {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_site_finds_its_own_profile() {
        assert!(Site::ALL.into_iter().all(|site| site.profile().site() == Some(site)));
        assert!(PROFILES[5].site().is_none());
    }
}
