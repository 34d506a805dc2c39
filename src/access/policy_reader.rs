//! How a policy is read: all of its rules, or all of its mistakes at once.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::policy::Rules;
use super::{
    ClassRule, Clearance, FieldClass, Label, OfAge, PolicyMistakes, PurposeOfUse, RelationKind,
    Role,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    roles: Vec<String>,
    classes: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    relationships: BTreeMap<String, Vec<String>>,
    purposes: BTreeMap<String, Vec<String>>,
    of_age: RawOfAge,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOfAge {
    years: i32,
    utc_offset: String,
}

/// Reads the rules of every role, and when patients come of age.
pub(super) fn read(text: &str) -> Result<(BTreeMap<Role, Rules>, OfAge), PolicyMistakes> {
    let raw: Raw = toml::from_str(text).map_err(|error| {
        PolicyMistakes(vec![format!("the policy is not a file of that form: {}", error.message())])
    })?;
    let mut reader = Reader::default();
    let roles = reader.roles(&raw.roles);
    reader.classes(&roles, &raw.classes);
    reader.labels(&roles, &raw.labels);
    reader.relationships(&raw.relationships);
    reader.purposes(&raw.purposes);
    reader.keep_administrators_out();
    match reader.of_age(&raw.of_age) {
        Some(of_age) if reader.mistakes.is_empty() => Ok((reader.rules, of_age)),
        _ => Err(PolicyMistakes(reader.mistakes)),
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

    fn of_age(&mut self, raw: &RawOfAge) -> Option<OfAge> {
        match OfAge::new(raw.years, &raw.utc_offset) {
            Ok(of_age) => Some(of_age),
            Err((key, wanted)) => {
                self.mistakes.push(format!("of_age.{key}: it must be {wanted}"));
                None
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
