//! What a role may see of a patient with some directives, told from the text of the policy alone: the oracle of the
//! twins. Nothing of the gateway's own code decides here.

use std::collections::BTreeSet;

use caregraph::access::Policy;
use caregraph_sandbox::Role;

/// One directive of a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Permit(Vec<&'static str>),
    DenyLabels(Vec<&'static str>),
    DenySource(&'static str),
    DenyAll,
}

/// How far a role sees.
#[derive(Clone, Debug)]
pub(crate) struct Eyes {
    pub(crate) role: Role,
    open: BTreeSet<String>,
    medicines: BTreeSet<String>,
    closed: BTreeSet<&'static str>,
    /// False when for this role there is no such patient.
    pub(crate) sees_patient: bool,
}

/// The cell of a row of the policy in the column of a role.
fn cell(row: &str, role: Role) -> String {
    let line = Policy::DEFAULT
        .lines()
        .find(|line| line.split('=').next().map(str::trim) == Some(row))
        .unwrap_or_else(|| panic!("the policy has a row {row}"));
    let cells = line.split('"').nth(1).expect("a row has cells");
    let column = Role::ALL.iter().position(|known| *known == role).expect("a role has a column");
    cells.split_whitespace().nth(column).expect("a row has ten cells").to_owned()
}

/// Every label of the policy.
pub(crate) const LABELS: [&str; 11] = [
    "SUBSTANCE_USE",
    "PART_2",
    "MENTAL_HEALTH",
    "PSYCHOTHERAPY_NOTE",
    "HIV",
    "SEXUAL_HEALTH",
    "GENETIC",
    "VIOLENCE",
    "ADOLESCENT",
    "RESTRICTED",
    "UNCLASSIFIED",
];

impl Eyes {
    pub(crate) fn of(role: Role, said: &[Said]) -> Self {
        let (mut open, mut medicines) = (BTreeSet::new(), BTreeSet::new());
        let permitted = |label: &str| {
            said.iter().any(|said| matches!(said, Said::Permit(labels) if labels.contains(&label)))
        };
        for label in LABELS {
            let cell = cell(label, role);
            let granted = !cell.starts_with('C') || permitted(label);
            if granted && cell.contains('F') {
                open.insert(label.to_owned());
            } else if granted && cell.contains('M') {
                medicines.insert(label.to_owned());
            }
        }
        let mut closed = BTreeSet::new();
        let mut sees_patient = cell("IDENTITY", role) == "F";
        for said in said.iter().filter(|_| role != Role::Patient) {
            match said {
                Said::Permit(_) => {}
                Said::DenyLabels(labels) => labels.iter().for_each(|label| {
                    open.remove(*label);
                    medicines.remove(*label);
                }),
                Said::DenySource(source) => drop(closed.insert(*source)),
                Said::DenyAll => sees_patient = false,
            }
        }
        Self { role, open, medicines, closed, sees_patient }
    }

    /// True when the policy shows fields of that class to the role.
    pub(crate) fn class(&self, class: &str) -> bool {
        cell(class, self.role) == "F"
    }

    /// True when a record of that source with these labels may be shown.
    pub(crate) fn see(&self, source: &str, labels: &[&str], is_medicine: bool) -> bool {
        let shows = |label: &&str| {
            self.open.contains(*label) || (is_medicine && self.medicines.contains(*label))
        };
        self.sees_patient && !self.closed.contains(source) && labels.iter().all(shows)
    }
}
