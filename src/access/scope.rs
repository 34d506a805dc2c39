//! SMART v2 scopes: what the issuer let this client do. They only ever narrow what the viewer may see anyway.
//!
//! A scope is `(patient|user|system)/(Type|*).[cruds][?parameter]`. Whatever begins like one and is not exactly of that
//! form, or names a type or a parameter that we do not know, grants nothing, and still makes the token a narrowed one:
//! a scope that nobody understands must not leave everything open.

/// Declares the types of records once, with their names in FHIR.
macro_rules! types {
    ($($variant:ident),+ $(,)?) => {
        /// A type of FHIR resources, as far as a scope for it opens something here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the names are FHIR's own")]
        pub enum RecordType {
            $($variant),+
        }

        impl RecordType {
            /// All of them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),+];

            const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
        }
    };
}

types! {
    Patient, Condition, AllergyIntolerance, MedicationRequest, MedicationStatement, MedicationDispense, Observation,
    Immunization, Procedure, Encounter, Appointment, DocumentReference, CarePlan, Goal, CareTeam, ServiceRequest,
    Coverage, Consent, AuditEvent, Endpoint, Linkage,
}

/// The code system of HL7's kinds of observations.
pub const CATEGORY_SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
/// Those that a scope may be limited to.
const CATEGORIES: [&str; 9] = [
    "activity",
    "exam",
    "imaging",
    "laboratory",
    "procedure",
    "social-history",
    "survey",
    "therapy",
    "vital-signs",
];

/// What may be done with a type: create, read, update, delete, search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Permissions(pub(super) u8);

impl Permissions {
    pub(super) const CREATE: Self = Self(1);
    pub(super) const READ: Self = Self(2);
    pub(super) const UPDATE: Self = Self(4);
    pub(super) const SEARCH: Self = Self(16);
    pub(super) const ALL: Self = Self(31);

    /// Reads letters of `cruds`, in that order, none twice, at least one.
    pub(super) fn parse(letters: &str) -> Option<Self> {
        let (mut read, mut next) = (0, 0);
        for letter in letters.chars() {
            let place = "cruds".find(letter).filter(|place| *place >= next)?;
            read |= 1 << place;
            next = place + 1;
        }
        (read != 0).then_some(Self(read))
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn has(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

/// For whom a scope holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// The patient whom the token names.
    Patient,
    /// All whom the person who looks may see.
    User,
    /// All whom a system may see that no person sits before.
    System,
}

/// A scope that we understand.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) context: Context,
    /// Any type when there is none.
    pub(super) of: Option<RecordType>,
    pub(super) permissions: Permissions,
    /// Only observations of this kind.
    pub(super) category: Option<&'static str>,
}

impl Scope {
    /// True for what begins like a scope for data, whatever follows.
    pub(super) fn is_meant(text: &str) -> bool {
        let head = text.split('/').next().unwrap_or_default();
        let contexts = ["patient", "user", "system"];
        head.len() < text.len() && contexts.iter().any(|name| head.eq_ignore_ascii_case(name))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (context, rest) = text.split_once('/')?;
        let context = match context {
            "patient" => Context::Patient,
            "user" => Context::User,
            "system" => Context::System,
            _ => return None,
        };
        let (target, parameter) = match rest.split_once('?') {
            Some((target, parameter)) => (target, Some(parameter)),
            None => (rest, None),
        };
        let (name, letters) = target.split_once('.')?;
        let of = match name {
            "*" => None,
            name => Some(RecordType::ALL.iter().copied().find(|of| of.name() == name)?),
        };
        let category = match parameter {
            None => None,
            Some(_) if of != Some(RecordType::Observation) => return None,
            Some(parameter) => Some(category(parameter)?),
        };
        Some(Self { context, of, permissions: Permissions::parse(letters)?, category })
    }
}

/// The kind of observations that a parameter such as `category=laboratory` limits a scope to.
fn category(parameter: &str) -> Option<&'static str> {
    let value = parameter.strip_prefix("category=")?;
    let code = match value.split_once('|') {
        Some((CATEGORY_SYSTEM, code)) => code,
        Some(_) => return None,
        None => value,
    };
    CATEGORIES.into_iter().find(|known| *known == code)
}

impl RecordType {
    /// Its place in a bit set.
    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_in_one_order_and_once() {
        for good in ["c", "r", "rs", "cruds", "us", "cs"] {
            assert!(Permissions::parse(good).is_some(), "{good}");
        }
        for bad in ["", "sr", "rr", "x", "rsx", "R", "read", "*", "r s", "cdu"] {
            assert_eq!(Permissions::parse(bad), None, "{bad}");
        }
    }
}
