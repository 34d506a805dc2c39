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
    /// Name, birth date, sex, death, languages.
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
    /// How each source answered.
    SourceStatus = "SOURCE_STATUS",
    /// How connectors are set up.
    ConnectorSetup = "CONNECTOR_SETUP",
    /// What the schema says of itself to those who ask by introspection.
    Introspection = "INTROSPECTION",
    /// The list of all links between records, without any fact about the patients.
    LinkAdministration = "LINK_ADMINISTRATION",
}

impl FieldClass {
    /// The class of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.name() == name)
    }

    /// Its place in a bit set.
    pub(super) const fn bit(self) -> u64 {
        1 << self as u64
    }
}
