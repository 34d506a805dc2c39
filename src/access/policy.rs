//! Who may see what: the rules of one policy file.
//!
//! What a policy does not list is not shown, and a policy that forgets a role, a class or a label is refused as a
//! whole, so that nothing is ever hidden or shown by an oversight.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{FieldClass, Label, LabelSet, PurposeOfUse, RelationKind, Role};

/// A policy that was read and found whole.
#[derive(Debug)]
pub struct Policy {
    roles: BTreeMap<Role, Rules>,
    /// The start of SHA-256 over its text.
    version: String,
    /// Who approved it, where a policy needs approval.
    approvers: Vec<String>,
}

/// What one role may see.
#[derive(Debug, Default)]
struct Rules {
    classes: BTreeMap<FieldClass, ClassRule>,
    labels: BTreeMap<Label, Clearance>,
    purposes: Vec<PurposeOfUse>,
    /// Any of which is needed; `None` when none is.
    relations: Option<Vec<RelationKind>>,
}

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

/// Everything that is wrong with a policy, one sentence each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct PolicyMistakes(pub Vec<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    roles: Vec<String>,
    classes: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    relationships: BTreeMap<String, Vec<String>>,
    purposes: BTreeMap<String, Vec<String>>,
}

impl Policy {
    /// The text of the policy that caregraph brings along.
    pub const DEFAULT: &str = include_str!("default-policy.toml");

    /// The policy that caregraph brings along.
    ///
    /// # Panics
    ///
    /// Never: a test reads it.
    pub fn default_policy() -> Self {
        Self::parse(Self::DEFAULT)
            .unwrap_or_else(|mistakes| panic!("the default policy: {mistakes}"))
    }

    /// Reads a policy, reporting every mistake at once.
    pub fn parse(text: &str) -> Result<Self, PolicyMistakes> {
        let raw: Raw = toml::from_str(text).map_err(|error| {
            PolicyMistakes(vec![format!(
                "the policy is not a file of that form: {}",
                error.message()
            )])
        })?;
        let mut reader = Reader::default();
        let roles = reader.roles(&raw.roles);
        reader.classes(&roles, &raw.classes);
        reader.labels(&roles, &raw.labels);
        reader.relationships(&raw.relationships);
        reader.purposes(&raw.purposes);
        reader.keep_administrators_out();
        if reader.mistakes.is_empty() {
            let version = Self::version_of(text);
            Ok(Self { roles: reader.rules, version, approvers: Vec::new() })
        } else {
            Err(PolicyMistakes(reader.mistakes))
        }
    }

    /// The same policy, but for labels, which hide nothing from anybody.
    #[must_use]
    pub fn without_labels(mut self) -> Self {
        for rules in self.roles.values_mut() {
            rules.labels = Label::ALL.iter().map(|label| (*label, Clearance::OPEN)).collect();
        }
        self.version.push_str("-without-labels");
        self
    }

    /// The same policy, but for relations, of which nobody needs any.
    #[must_use]
    pub fn without_relationships(mut self) -> Self {
        for rules in self.roles.values_mut() {
            rules.relations = None;
        }
        self
    }

    /// The same policy, approved by these people.
    pub(super) fn approved_by(mut self, approvers: Vec<String>) -> Self {
        self.approvers = approvers;
        self
    }

    /// A name of the policy that changes with its text.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The name of the policy of that text.
    pub(super) fn version_of(text: &str) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let start = digest.as_ref().iter().take(8);
        let start = start.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{start:016x}")
    }

    /// Who approved it; nobody where a policy needs no approval.
    pub fn approvers(&self) -> &[String] {
        &self.approvers
    }

    fn of(&self, role: Role) -> Option<&Rules> {
        self.roles.get(&role)
    }

    /// How far the role may see fields of the class, if at all.
    pub fn rule(&self, role: Role, class: FieldClass) -> Option<ClassRule> {
        if matches!(class, FieldClass::Public | FieldClass::Inherit) {
            return Some(ClassRule { needs_consent: false, own: false });
        }
        self.of(role)?.classes.get(&class).copied()
    }

    /// True when the role may see fields of the class without asking the patient.
    pub fn grants(&self, role: Role, class: FieldClass) -> bool {
        self.rule(role, class).is_some_and(|grant| !grant.needs_consent)
    }

    /// True when the role may see patients, be it with their consent.
    pub fn sees_patients(&self, role: Role) -> bool {
        self.rule(role, FieldClass::Name).is_some()
    }

    /// How far a label lets records through to the role.
    pub fn clearance(&self, role: Role, label: Label) -> Clearance {
        self.of(role)
            .and_then(|rules| rules.labels.get(&label))
            .copied()
            .unwrap_or(Clearance::NEVER)
    }

    /// The labels that hide nothing from the role, and those that hide all but medicines, without any consent.
    pub fn labels(&self, role: Role) -> (LabelSet, LabelSet) {
        let with = |reach| {
            let open = |label: &Label| {
                let clearance = self.clearance(role, *label);
                clearance.reach == reach && !clearance.needs_consent
            };
            Label::ALL.iter().copied().filter(open).collect()
        };
        (with(Reach::Everything), with(Reach::Medications))
    }

    /// The relations of which the role needs one to see a patient; `None` when it needs none.
    pub fn relations(&self, role: Role) -> Option<&[RelationKind]> {
        self.of(role).map_or(Some(&[]), |rules| rules.relations.as_deref())
    }

    /// True when the role may break the glass: there is a label that it would open, and it may treat in an emergency.
    pub fn breaks_glass(&self, role: Role) -> bool {
        Label::ALL.iter().any(|label| self.clearance(role, *label).break_glass)
            && self.purposes(role).contains(&PurposeOfUse::Etreat)
    }

    /// What somebody in that role can do about records that labels hide, whether there are any or not: `BREAK_GLASS`,
    /// `REQUEST_CONSENT` or `NONE`.
    pub fn remedy(&self, role: Role) -> &'static str {
        let may = |what: fn(Clearance) -> bool| {
            Label::ALL.iter().any(|label| what(self.clearance(role, *label)))
        };
        if self.breaks_glass(role) {
            "BREAK_GLASS"
        } else if may(|clearance| clearance.needs_consent) {
            "REQUEST_CONSENT"
        } else {
            "NONE"
        }
    }

    /// The purposes for which a role may look, the usual one first.
    pub fn purposes(&self, role: Role) -> &[PurposeOfUse] {
        self.of(role).map_or(&[], |rules| &rules.purposes)
    }
}

impl ClassRule {
    /// Reads a cell such as `F`, `C`, `CO`, `-`; `O` is for referrals.
    fn parse(class: FieldClass, cell: &str) -> Result<Option<Self>, &'static str> {
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
    const OPEN: Self = Self { reach: Reach::Everything, needs_consent: false, break_glass: false };
    const NEVER: Self = Self { reach: Reach::Nothing, needs_consent: false, break_glass: false };

    /// Reads a cell such as `F`, `CM`, `CFB`, `-`.
    fn parse(cell: &str) -> Option<Self> {
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

/// Collects rules and mistakes.
#[derive(Default)]
struct Reader {
    rules: BTreeMap<Role, Rules>,
    mistakes: Vec<String>,
}

impl Reader {
    fn roles(&mut self, names: &[String]) -> Vec<Role> {
        let mut roles = Vec::new();
        for name in names {
            match Role::ALL.iter().copied().find(|role| role.name() == name) {
                Some(role) if !roles.contains(&role) => roles.push(role),
                Some(_) => self.mistakes.push(format!("roles: {name} stands there twice")),
                None => self.mistakes.push(format!("roles: there is no role {name:?}")),
            }
        }
        for role in Role::ALL.iter().copied().filter(|role| !roles.contains(role)) {
            self.mistakes.push(format!("roles: {} is missing", role.name()));
        }
        roles
    }

    fn classes(&mut self, roles: &[Role], rows: &BTreeMap<String, String>) {
        let needed = FieldClass::ALL.iter().copied();
        let needed =
            needed.filter(|class| !matches!(class, FieldClass::Public | FieldClass::Inherit));
        self.rows("classes", roles, rows, needed, FieldClass::name, |rules, class, cell| {
            if let Some(grant) = ClassRule::parse(class, cell)? {
                rules.classes.insert(class, grant);
            }
            Ok(())
        });
    }

    fn labels(&mut self, roles: &[Role], rows: &BTreeMap<String, String>) {
        let needed = Label::ALL.iter().copied();
        self.rows("labels", roles, rows, needed, Label::name, |rules, label, cell| {
            let clearance =
                Clearance::parse(cell).ok_or("F, M, CF, CM or -, with B behind it or without")?;
            // 45 CFR 164.508(a)(2): not by role, nor by an emergency.
            if label == Label::PsychotherapyNote && clearance != Clearance::NEVER {
                return Err("-, since notes of psychotherapy are not shown by any policy");
            }
            rules.labels.insert(label, clearance);
            Ok(())
        });
    }

    /// Whoever runs the gateway can reach its files, its store and its policy. What keeps them from patients is that no
    /// policy lets an administrator see one: a token of that role opens nothing, whatever somebody writes into the file,
    /// and an administrator who would see patients needs another role, which only the issuer of tokens can give.
    fn keep_administrators_out(&mut self) {
        let Some(rules) = self.rules.get(&Role::Admin) else { return };
        let classes = rules.classes.keys().filter(|class| class.is_of_patients());
        let classes = classes.map(|class| format!("classes.{}", class.name()));
        let labels = rules.labels.iter().filter(|(_, cell)| **cell != Clearance::NEVER);
        let labels = labels.map(|(label, _)| format!("labels.{}", label.name()));
        self.mistakes.extend(classes.chain(labels).map(|row| {
            format!("{row}: the cell of ADMIN must be -, since an administrator sees nothing of patients")
        }));
    }

    /// Reads a table of one row for each of `needed`, one cell for each role.
    fn rows<T: Copy>(
        &mut self,
        table: &str,
        roles: &[Role],
        rows: &BTreeMap<String, String>,
        needed: impl Iterator<Item = T>,
        name: fn(T) -> &'static str,
        mut take: impl FnMut(&mut Rules, T, &str) -> Result<(), &'static str>,
    ) {
        let mut known = Vec::new();
        for item in needed {
            known.push(name(item));
            let Some(row) = rows.get(name(item)) else {
                self.mistakes.push(format!("{table}: {} is missing", name(item)));
                continue;
            };
            let cells: Vec<&str> = row.split_whitespace().collect();
            if cells.len() != roles.len() {
                let (found, wanted) = (cells.len(), roles.len());
                self.mistakes.push(format!(
                    "{table}.{}: there are {found} cells for {wanted} roles",
                    name(item)
                ));
            }
            for (role, cell) in roles.iter().zip(cells) {
                if let Err(wanted) = take(self.rules.entry(*role).or_default(), item, cell) {
                    let (row, role) = (name(item), role.name());
                    self.mistakes
                        .push(format!("{table}.{row}: {cell:?} for {role} must be {wanted}"));
                }
            }
        }
        for row in rows.keys().filter(|row| !known.contains(&row.as_str())) {
            self.mistakes.push(format!("{table}: there is nothing called {row:?}"));
        }
    }

    fn relationships(&mut self, rows: &BTreeMap<String, Vec<String>>) {
        self.lists("relationships", rows, "relation", RelationKind::named, |rules, kinds| {
            rules.relations = Some(kinds);
        });
    }

    fn purposes(&mut self, rows: &BTreeMap<String, Vec<String>>) {
        self.lists("purposes", rows, "purpose", PurposeOfUse::of_code, |rules, purposes| {
            rules.purposes = purposes;
        });
        for role in Role::ALL {
            if rows.get(role.name()).is_some_and(Vec::is_empty) {
                self.mistakes.push(format!("purposes: {} needs at least one", role.name()));
            }
        }
    }

    /// Reads a table of one list for each role.
    fn lists<T>(
        &mut self,
        table: &str,
        rows: &BTreeMap<String, Vec<String>>,
        what: &str,
        named: fn(&str) -> Option<T>,
        take: fn(&mut Rules, Vec<T>),
    ) {
        for &role in Role::ALL {
            let Some(row) = rows.get(role.name()) else {
                self.mistakes.push(format!("{table}: {} is missing", role.name()));
                continue;
            };
            let mut items = Vec::new();
            for name in row {
                match named(name) {
                    Some(item) => items.push(item),
                    None => self
                        .mistakes
                        .push(format!("{table}.{}: there is no {what} {name:?}", role.name())),
                }
            }
            take(self.rules.entry(role).or_default(), items);
        }
        for name in rows.keys().filter(|name| Role::ALL.iter().all(|role| role.name() != *name)) {
            self.mistakes.push(format!("{table}: there is no role {name:?}"));
        }
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
