//! The classes of fields. Every field of the schema has exactly one; the process refuses to start otherwise.

/// Declares the enum once, with the name that the schema and the matrix show and what the class holds.
macro_rules! classes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal),+ $(,)?) => {
        /// What kind of fact a field holds, as far as access is concerned.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FieldClass {
            $($(#[doc = $doc])+ $variant),+
        }

        impl FieldClass {
            /// Every class, in the order of the matrix.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the schema and in the matrix.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What the class holds, in one sentence.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+)),+ }
            }
        }
    };
}

classes! {
    /// No fact about a patient: the shape of answers, the directory of services, the names of sources.
    Public = "PUBLIC",
    /// As the field that holds it: parts of a value, ids, provenance.
    Inherit = "INHERIT",
    /// The patient's name, and with it that there is such a patient.
    Name = "NAME",
    /// How old the patient is, in steps of about ten years.
    AgeBand = "AGE_BAND",
    /// Birth date, sex, death, languages.
    Identity = "IDENTITY",
    /// Identifiers, among them national ones.
    Identifiers = "IDENTIFIERS",
    /// Addresses, telephone numbers, e-mail addresses.
    Contact = "CONTACT",
    /// Which source holds a record of the patient, and why it is believed to be theirs.
    Links = "LINKS",
    /// Problems and diagnoses.
    Conditions = "CONDITIONS",
    /// Allergies and intolerances.
    Allergies = "ALLERGIES",
    /// Medicines ordered, dispensed and reported.
    Medications = "MEDICATIONS",
    /// That something was observed, when, and whether it was normal.
    Observations = "OBSERVATIONS",
    /// The value that was observed.
    ObservationValues = "OBSERVATION_VALUES",
    /// Vaccinations.
    Immunizations = "IMMUNIZATIONS",
    /// Procedures done.
    Procedures = "PROCEDURES",
    /// Visits and stays.
    Encounters = "ENCOUNTERS",
    /// Bookings.
    Appointments = "APPOINTMENTS",
    /// That a document exists: its type, date, author and title.
    Documents = "DOCUMENTS",
    /// The text of a document.
    DocumentText = "DOCUMENT_TEXT",
    /// Care plans and goals.
    CarePlans = "CARE_PLANS",
    /// Who takes care of the patient.
    CareTeam = "CARE_TEAM",
    /// Referrals and orders for services.
    Referrals = "REFERRALS",
    /// Insurance.
    Coverage = "COVERAGE",
    /// What the patient decided about their own data.
    Consents = "CONSENTS",
    /// Recording and revoking what patients decide.
    ConsentRecording = "CONSENT_RECORDING",
    /// Who stands in which relation to the patient, on record, and recording it.
    Relationships = "RELATIONSHIPS",
    /// That the glass was broken, by whom and why.
    BreakGlass = "BREAK_GLASS",
    /// Reviewing it.
    BreakGlassReview = "BREAK_GLASS_REVIEW",
    /// Why somebody may see something of a patient, or may not.
    Explanation = "EXPLANATION",
    /// How each source answered.
    SourceStatus = "SOURCE_STATUS",
    /// How connectors are set up.
    ConnectorSetup = "CONNECTOR_SETUP",
    /// Registered connectors: their manifests, their versions, and what was done to them.
    ConnectorRegister = "CONNECTOR_REGISTER",
    /// Registering connectors of one's own organisation, and changing them.
    ConnectorChange = "CONNECTOR_CHANGE",
    /// Approving what others registered.
    ConnectorApproval = "CONNECTOR_APPROVAL",
    /// What the schema says of itself to those who ask by introspection.
    Introspection = "INTROSPECTION",
    /// The list of all links between records, without any fact about the patients.
    LinkAdministration = "LINK_ADMINISTRATION",
    /// Who looked at the patient's data.
    AccessLog = "ACCESS_LOG",
    /// Forgetting what was kept of the patient, so that the sources are asked anew.
    Refresh = "REFRESH",
}

impl FieldClass {
    /// The class of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.name() == name)
    }

    /// True for what tells something of a patient: who they are, how they are, what they decided, who looked at them.
    /// Relations are none of it: they can be recorded of a patient who is known by an id alone.
    pub(super) const fn is_of_patients(self) -> bool {
        match self {
            Self::Public
            | Self::Inherit
            | Self::Relationships
            | Self::SourceStatus
            | Self::ConnectorSetup
            | Self::ConnectorRegister
            | Self::ConnectorChange
            | Self::ConnectorApproval
            | Self::Introspection
            | Self::LinkAdministration => false,
            Self::Name
            | Self::AgeBand
            | Self::Identity
            | Self::Identifiers
            | Self::Contact
            | Self::Links
            | Self::Conditions
            | Self::Allergies
            | Self::Medications
            | Self::Observations
            | Self::ObservationValues
            | Self::Immunizations
            | Self::Procedures
            | Self::Encounters
            | Self::Appointments
            | Self::Documents
            | Self::DocumentText
            | Self::CarePlans
            | Self::CareTeam
            | Self::Referrals
            | Self::Coverage
            | Self::Consents
            | Self::ConsentRecording
            | Self::BreakGlass
            | Self::BreakGlassReview
            | Self::Explanation
            | Self::AccessLog
            | Self::Refresh => true,
        }
    }
}

/// Some classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClassSet(u64);

impl ClassSet {
    /// True when the class is among them.
    pub const fn has(self, class: FieldClass) -> bool {
        self.0 & (1 << class as u64) != 0
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, those: Self) -> Self {
        Self(self.0 | those.0)
    }

    /// Those of these that are among those too.
    #[must_use]
    pub const fn among(self, those: Self) -> Self {
        Self(self.0 & those.0)
    }

    /// All classes but these.
    #[must_use]
    pub const fn others(self) -> Self {
        Self(!self.0)
    }

    /// The set as a number.
    pub(super) const fn bits(self) -> u64 {
        self.0
    }
}

impl FromIterator<FieldClass> for ClassSet {
    fn from_iter<I: IntoIterator<Item = FieldClass>>(classes: I) -> Self {
        Self(classes.into_iter().fold(0, |bits, class| bits | 1 << class as u64))
    }
}

/// Classes stand in the store by their names, which outlast the order of the enum.
pub(super) mod class_names {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::FieldClass;

    pub(in super::super) fn serialize<S: Serializer>(
        classes: &[FieldClass],
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.collect_seq(classes.iter().map(|class| class.name()))
    }

    pub(in super::super) fn deserialize<'d, D: Deserializer<'d>>(
        input: D,
    ) -> Result<Vec<FieldClass>, D::Error> {
        let names = Vec::<String>::deserialize(input)?;
        let class = |name: &String| {
            FieldClass::named(name).ok_or_else(|| D::Error::custom("there is no such class"))
        };
        names.iter().map(class).collect()
    }
}
