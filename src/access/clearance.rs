//! One cell of a policy: how far a class of fields or a label lets through.

use super::FieldClass;

/// How far a role may see fields of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassRule {
    /// Only once the patient consents.
    pub needs_consent: bool,
    /// Only records that name the viewer's own organisation.
    pub own: bool,
}

/// How far a label lets records through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clearance {
    /// What is shown.
    pub reach: Reach,
    /// Only once the patient consents.
    pub needs_consent: bool,
    /// Breaking the glass shows it in full.
    pub break_glass: bool,
}

/// Which records a label lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// None.
    Nothing,
    /// Medicines alone.
    Medications,
    /// All that the role's classes allow.
    Everything,
}

impl ClassRule {
    /// Reads a cell such as `F`, `C`, `CO`, `-`; `O` is for referrals.
    pub(super) fn parse(class: FieldClass, cell: &str) -> Result<Option<Self>, &'static str> {
        let (cell, own) = match cell.strip_suffix('O') {
            Some(_) if class != FieldClass::Referrals => {
                return Err("F, C or -: only REFERRALS can be limited to the viewer's own");
            }
            Some(rest) => (rest, true),
            None => (cell, false),
        };
        match cell {
            "F" => Ok(Some(Self { needs_consent: false, own })),
            "C" => Ok(Some(Self { needs_consent: true, own })),
            "-" if !own => Ok(None),
            _ => Err("F, C or -"),
        }
    }
}

impl Clearance {
    pub(super) const OPEN: Self =
        Self { reach: Reach::Everything, needs_consent: false, break_glass: false };
    pub(super) const NEVER: Self =
        Self { reach: Reach::Nothing, needs_consent: false, break_glass: false };

    /// Reads a cell such as `F`, `CM`, `CFB`, `-`.
    pub(super) fn parse(cell: &str) -> Option<Self> {
        let (cell, break_glass) = match cell.strip_suffix('B') {
            Some(rest) => (rest, true),
            None => (cell, false),
        };
        let (cell, needs_consent) = match cell.strip_prefix('C') {
            Some(rest) => (rest, true),
            None => (cell, false),
        };
        let reach = match cell {
            "F" => Reach::Everything,
            "M" => Reach::Medications,
            "-" if !needs_consent => Reach::Nothing,
            _ => return None,
        };
        Some(Self { reach, needs_consent, break_glass })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_say_how_far_a_label_lets_through() {
        let clearance = |reach, needs_consent, break_glass| {
            Some(Clearance { reach, needs_consent, break_glass })
        };
        for (cell, expected) in [
            ("-", clearance(Reach::Nothing, false, false)),
            ("-B", clearance(Reach::Nothing, false, true)),
            ("F", clearance(Reach::Everything, false, false)),
            ("CF", clearance(Reach::Everything, true, false)),
            ("CMB", clearance(Reach::Medications, true, true)),
            ("C-", None),
            ("X", None),
            ("", None),
            ("FF", None),
        ] {
            assert_eq!(Clearance::parse(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn only_referrals_can_be_limited_to_the_viewers_own() {
        for (cell, is_right) in [("F", true), ("C", true), ("-", true), ("FO", false), ("O", false)]
        {
            let read = ClassRule::parse(FieldClass::Conditions, cell);
            assert_eq!(read.is_ok(), is_right, "{cell}");
        }
        let own = Some(ClassRule { needs_consent: true, own: true });
        assert_eq!(ClassRule::parse(FieldClass::Referrals, "CO"), Ok(own));
    }
}
