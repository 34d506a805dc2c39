//! What the scopes of a token let through: which classes of fields, and which records.

use super::scope::{Context, Permissions, RecordType, Scope};
use super::{FieldClass, Role, Viewer};

/// How many types there are.
const TYPES: usize = RecordType::ALL.len();

/// The types of which a row of medicines is made.
const DRUGS: [RecordType; 3] = [
    RecordType::MedicationRequest,
    RecordType::MedicationStatement,
    RecordType::MedicationDispense,
];

/// What the scopes of a token let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    types: [Permissions; TYPES],
    /// Kinds of observations that may be searched for, beside what `types` says.
    categories: Vec<&'static str>,
}

/// What a class of fields needs of its type.
enum Needs {
    /// Reading or searching.
    Sight,
    /// Searching, one of them at least: what we know of a patient is found by searching, in every source.
    Search,
    /// Searching, each of them, since the class does not tell one from the other.
    SearchOfEach,
    /// All of these.
    All(Permissions),
}

/// The types of which the fields of a class are made, and what must be granted of one of them. The one table of both.
fn table(class: FieldClass) -> Option<(&'static [RecordType], Needs)> {
    use RecordType as T;
    let of: &'static [RecordType] = match class {
        FieldClass::Public | FieldClass::Inherit | FieldClass::Introspection => return None,
        FieldClass::Name
        | FieldClass::AgeBand
        | FieldClass::Identity
        | FieldClass::Identifiers
        | FieldClass::Contact
        | FieldClass::Links
        | FieldClass::SourceStatus
        | FieldClass::Refresh => return Some((&[T::Patient], Needs::Sight)),
        FieldClass::CarePlans => return Some((&[T::CarePlan, T::Goal], Needs::SearchOfEach)),
        FieldClass::ConsentRecording => {
            let record = Permissions::CREATE.and(Permissions::UPDATE);
            return Some((&[T::Consent], Needs::All(record)));
        }
        FieldClass::Relationships => {
            let record = Permissions::CREATE.and(Permissions::UPDATE);
            return Some((&[T::CareTeam], Needs::All(record)));
        }
        FieldClass::LinkAdministration => {
            let manage = Permissions::SEARCH.and(Permissions::UPDATE);
            return Some((&[T::Linkage], Needs::All(manage)));
        }
        FieldClass::Conditions => &[T::Condition],
        FieldClass::Allergies => &[T::AllergyIntolerance],
        FieldClass::Medications => &DRUGS,
        FieldClass::Observations | FieldClass::ObservationValues => &[T::Observation],
        FieldClass::Immunizations => &[T::Immunization],
        FieldClass::Procedures => &[T::Procedure],
        FieldClass::Encounters => &[T::Encounter],
        FieldClass::Appointments => &[T::Appointment],
        FieldClass::Documents | FieldClass::DocumentText => &[T::DocumentReference],
        FieldClass::CareTeam => &[T::CareTeam],
        FieldClass::Referrals => &[T::ServiceRequest],
        FieldClass::Coverage => &[T::Coverage],
        FieldClass::Consents => &[T::Consent],
        FieldClass::AccessLog
        | FieldClass::BreakGlass
        | FieldClass::BreakGlassReview
        | FieldClass::Explanation => &[T::AuditEvent],
        FieldClass::ConnectorSetup | FieldClass::ConnectorRegister => &[T::Endpoint],
        FieldClass::ConnectorChange => {
            let change = Permissions::CREATE.and(Permissions::UPDATE);
            return Some((&[T::Endpoint], Needs::All(change)));
        }
        FieldClass::ConnectorApproval => {
            return Some((&[T::Endpoint], Needs::All(Permissions::UPDATE)));
        }
    };
    Some((of, Needs::Search))
}

impl Grant {
    const NOTHING: Self = Self { types: [Permissions(0); TYPES], categories: Vec::new() };
    const EVERYTHING: Self = Self { types: [Permissions::ALL; TYPES], categories: Vec::new() };

    /// What a viewer's scopes let through. Scopes of the context `patient/` count when it is about the patient whom the
    /// token names.
    ///
    /// A person's token that says nothing of data is not narrowed: the role decides. A system's is not so lucky.
    pub(super) fn of(viewer: &Viewer, is_own_patient: bool) -> Self {
        let is_system = viewer.role == Role::Partner;
        let mut meant = viewer.scopes.iter().filter(|scope| Scope::is_meant(scope)).peekable();
        if meant.peek().is_none() && !is_system {
            return Self::EVERYTHING;
        }
        let mut grant = Self::NOTHING;
        for scope in meant.filter_map(|scope| Scope::parse(scope)) {
            let counts = match scope.context {
                Context::Patient => is_own_patient,
                Context::User => !is_system,
                Context::System => is_system,
            };
            if counts {
                grant.add(&scope);
            }
        }
        grant.categories.sort_unstable();
        grant.categories.dedup();
        grant
    }

    fn add(&mut self, scope: &Scope) {
        if let Some(category) = scope.category {
            if scope.permissions.has(Permissions::SEARCH) {
                self.categories.push(category);
            }
            return;
        }
        for (of, permissions) in RecordType::ALL.iter().zip(&mut self.types) {
            if scope.of.is_none_or(|named| named == *of) {
                *permissions = permissions.and(scope.permissions);
            }
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::NOTHING
    }

    /// True when fields of the class may be shown, at least those of some records.
    pub(super) fn grants(&self, class: FieldClass) -> bool {
        let Some((types, needs)) = table(class) else { return true };
        let mut granted = types.iter().map(|of| self.permissions(*of));
        let searches = |granted: Permissions| granted.has(Permissions::SEARCH);
        match needs {
            Needs::Sight => granted.any(|it| it.has(Permissions::READ) || searches(it)),
            Needs::Search => {
                let some = types.contains(&RecordType::Observation) && !self.categories.is_empty();
                some || granted.any(searches)
            }
            Needs::SearchOfEach => granted.all(searches),
            Needs::All(wanted) => granted.all(|it| it.has(wanted)),
        }
    }

    /// True when patients may be searched for and listed.
    pub(super) fn lists_patients(&self) -> bool {
        self.permissions(RecordType::Patient).has(Permissions::SEARCH)
    }

    /// Which records may be shown.
    pub(super) fn records(&self) -> RecordFilter {
        let searched = |of: &&RecordType| {
            **of == RecordType::Patient || self.permissions(**of).has(Permissions::SEARCH)
        };
        let types = RecordType::ALL.iter().filter(searched).fold(0, |bits, of| bits | of.bit());
        let all = types & RecordType::Observation.bit() != 0;
        RecordFilter { types, categories: if all { Vec::new() } else { self.categories.clone() } }
    }

    fn permissions(&self, of: RecordType) -> Permissions {
        self.types.get(of as usize).copied().unwrap_or_default()
    }
}

/// Which records scopes let through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RecordFilter {
    types: u32,
    /// Kinds of observations, when not all of them.
    categories: Vec<&'static str>,
}

impl RecordFilter {
    /// True when a class that is granted holds records that are not: of other types, or of other kinds.
    pub(super) fn is_narrow(&self) -> bool {
        let granted = |of: &RecordType| self.types & of.bit() != 0;
        let some_drugs = DRUGS.iter().any(granted) && !DRUGS.iter().all(granted);
        some_drugs || !self.categories.is_empty()
    }

    /// True when a record of the type may be shown. Of an observation `categories` are the codes of its kinds in HL7's
    /// system, or in none.
    pub(super) fn lets_through<'c>(
        &self,
        of: RecordType,
        mut categories: impl Iterator<Item = &'c str>,
    ) -> bool {
        self.types & of.bit() != 0
            || (of == RecordType::Observation
                && categories.any(|code| self.categories.contains(&code)))
    }

    /// A name that is equal for equal filters.
    pub(super) fn name(&self) -> String {
        std::iter::once(format!("{:x}", self.types))
            .chain(self.categories.iter().map(|code| (*code).to_owned()))
            .collect::<Vec<_>>()
            .join("+")
    }
}

impl Viewer {
    /// True when all that the viewer may ever see is the patient named in their token: by their role, or since no scope
    /// of theirs is for anybody else.
    pub fn is_bound_to_a_patient(&self) -> bool {
        self.role.is_bound_to_a_patient() || Grant::of(self, false).is_nothing()
    }
}

#[cfg(test)]
#[path = "grant_tests.rs"]
mod tests;
