//! The systems that exist: names, categories, dialects and paths. Nothing here depends on a run.

use serde::{Serialize, Serializer};

/// One clinical system that keeps its own charts and serves them in FHIR.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Site {
    Lakeside,
    Northgate,
    Stmary,
    Harbor,
    Cornerstone,
    /// A partner: what it knows is in no truth.
    Clearview,
}

impl Site {
    /// The sites that the truth is read off.
    pub(crate) const ALL: [Self; 5] =
        [Self::Lakeside, Self::Northgate, Self::Stmary, Self::Harbor, Self::Cornerstone];

    /// Those, and the clinic among the partners.
    pub(crate) const WITH_PARTNER: [Self; 6] = [
        Self::Lakeside,
        Self::Northgate,
        Self::Stmary,
        Self::Harbor,
        Self::Cornerstone,
        Self::Clearview,
    ];

    pub(crate) fn index(self) -> usize {
        self as usize
    }

    pub(crate) fn profile(self) -> &'static Profile {
        match self {
            Self::Clearview => &CLEARVIEW,
            _ => &PROFILES[self.index()],
        }
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
    pub(crate) serves: Serves,
}

/// What a system serves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// The charts of a site.
    Charts(Site),
    /// The directory of the county.
    Directory,
    /// The file of a pharmacy, by an API of its own.
    PharmacyFile,
    /// A table of the sites of a food bank.
    Table,
    /// A directory as a vendor's product gives it.
    VendorDirectory,
}

/// Every system: the clinical sites in the order of [`Site`], then the directory.
pub(crate) const PROFILES: [Profile; 6] = [
    profile(
        Site::Lakeside,
        "lakeside",
        "Lakeside Family Practice",
        "Lakeside Medical Group",
        Category::PrimaryCare,
    ),
    profile(
        Site::Northgate,
        "northgate",
        "Northgate Cardiology & Endocrinology",
        "Northgate Specialty Partners",
        Category::Specialist,
    ),
    profile(
        Site::Stmary,
        "stmary",
        "St. Mary Hospital",
        "River County Health System",
        Category::Hospital,
    ),
    profile(
        Site::Harbor,
        "harbor",
        "Harbor Behavioral Health",
        "Harbor Behavioral Health Services",
        Category::BehavioralHealth,
    ),
    profile(
        Site::Cornerstone,
        "cornerstone",
        "Cornerstone Pharmacy",
        "Cornerstone Pharmacies",
        Category::Pharmacy,
    ),
    Profile {
        id: "commons",
        name: "River County Community Directory",
        organization: "River County Commons",
        category: Category::Community,
        kind: Kind::Hsds3,
        path: "/hsds",
        serves: Serves::Directory,
    },
];

/// Systems that run beside the others and that nobody is told of: they are there to join.
pub(crate) const PARTNERS: [Profile; 4] = [
    Profile {
        id: "greenleaf",
        name: "Greenleaf Pharmacy",
        organization: "greenleaf-pharmacy",
        category: Category::Pharmacy,
        kind: Kind::MappedHttp,
        path: "/v2",
        serves: Serves::PharmacyFile,
    },
    Profile {
        id: "harvest",
        name: "Harvest Food Bank",
        organization: "Harvest Food Bank",
        category: Category::Community,
        kind: Kind::MappedHttp,
        path: "/open-data",
        serves: Serves::Table,
    },
    Profile {
        id: "lantern",
        name: "Lantern Help Line",
        organization: "Lantern Help Line",
        category: Category::Community,
        kind: Kind::Hsds3,
        path: "/api/hsds/v3",
        serves: Serves::VendorDirectory,
    },
    CLEARVIEW,
];

const CLEARVIEW: Profile = Profile {
    path: "/r4",
    ..profile(
        Site::Clearview,
        "clearview",
        "Clearview Eye Clinic",
        "clearview-eye-associates",
        Category::Specialist,
    )
};

const fn profile(
    site: Site,
    id: &'static str,
    name: &'static str,
    organization: &'static str,
    category: Category,
) -> Profile {
    let serves = Serves::Charts(site);
    Profile { id, name, organization, category, kind: Kind::FhirR4, path: "/fhir", serves }
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
    /// An API of nobody's standard.
    MappedHttp,
}

impl Kind {
    /// The name that configuration uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FhirR4 => "fhir-r4",
            Self::Hsds3 => "hsds-3",
            Self::MappedHttp => "mapped-http",
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
        let charts = |profile: &Profile| match profile.serves {
            Serves::Charts(site) => Some(site),
            _ => None,
        };
        assert!(Site::WITH_PARTNER.into_iter().all(|site| charts(site.profile()) == Some(site)));
        assert!(PROFILES.iter().filter_map(charts).eq(Site::ALL));
        assert!(PARTNERS.iter().filter_map(charts).eq([Site::Clearview]));
    }
}
