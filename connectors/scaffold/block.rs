//! A block of a manifest: its keys, the fields that it maps, and what stands open.

use std::fmt::Write as _;

use super::closed::literal;
use super::toml_text::{commented, key, quoted};
use super::words::Sure;

/// One key with its rule.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    value: Value,
    remark: Option<String>,
}

#[derive(Clone, Debug)]
enum Value {
    Rule(String),
    /// A table of codes, in a part of its own: path and rows.
    Table(String, Rows),
}

/// The rows of a table of codes.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub(super) decided: Vec<(String, String)>,
    pub(super) open: Vec<String>,
    /// What each may become.
    pub(super) codes: Vec<String>,
}

impl Entry {
    /// A key with its rule.
    pub(super) fn of(key: &str, rule: String) -> Self {
        Self { key: key.to_owned(), value: Value::Rule(rule), remark: None }
    }

    /// A key with a table of codes, some of which stand open.
    pub(super) fn table(key: &str, path: &str, rows: Rows) -> Self {
        Self { key: key.to_owned(), value: Value::Table(path.to_owned(), rows), remark: None }
    }

    /// A rule that nobody can know: `caregraph check` names its line.
    pub(super) fn open(key: &str, question: &str) -> Self {
        Self::of(key, "{}".to_owned()).noted(&format!("OPEN: {question}"))
    }

    /// With a word beside it.
    pub(super) fn noted(mut self, remark: &str) -> Self {
        self.remark = match self.remark {
            Some(known) if known != remark => Some(format!("{known}; {remark}")),
            _ => Some(remark.to_owned()),
        };
        self
    }

    /// With a word if there is one.
    pub(super) fn noted_if(self, remark: Option<&str>) -> Self {
        match remark {
            Some(remark) => self.noted(remark),
            None => self,
        }
    }

    /// With what it was guessed from, if it was.
    pub(super) fn sure(self, sure: Sure) -> Self {
        if sure == Sure::Guessed { self.noted("guessed from its name") } else { self }
    }

    fn write(&self, into: &mut String) {
        let remark =
            self.remark.as_ref().map(|it| format!("  # {}", commented(it))).unwrap_or_default();
        match &self.value {
            Value::Rule(rule) => {
                let _ = writeln!(into, "{} = {rule}{remark}", key(&self.key));
            }
            Value::Table(..) => {}
        }
    }

    fn write_table(&self, below: &str, into: &mut String) {
        let Value::Table(path, rows) = &self.value else { return };
        let name = format!("{below}.{}", key(&self.key));
        let _ = writeln!(into, "\n[{name}]\npath = {}\n\n[{name}.table]", quoted(path));
        for (value, code) in &rows.decided {
            let _ = writeln!(into, "{} = {}", key(value), literal(code));
        }
        let codes = rows.codes.join(", ");
        if rows.open.is_empty() {
            into.push_str("# The sample does not show which values there are: write each in a line of its own, in place of this one.\n");
            let _ = writeln!(into, "\"?\" = \"?\"  # OPEN: one of {}", commented(&codes));
        }
        for value in &rows.open {
            let _ = writeln!(into, "{} = \"?\"  # OPEN: one of {}", key(value), commented(&codes));
        }
    }
}

/// A block.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// What stands above it.
    pub(super) about: Vec<String>,
    /// `roster`, `fetch` or `directory`.
    pub(super) name: &'static str,
    pub(super) entries: Vec<Entry>,
    pub(super) fields: Vec<Entry>,
    /// What is not mapped, and why.
    pub(super) left: Vec<String>,
}

impl Block {
    /// Writes it.
    pub(super) fn write(&self, into: &mut String) {
        into.push('\n');
        for line in &self.about {
            let _ = writeln!(into, "# {}", commented(line));
        }
        let is_list = self.name == "fetch";
        let _ = into.write_str(&if is_list {
            format!("[[{}]]\n", self.name)
        } else {
            format!("[{}]\n", self.name)
        });
        for entry in &self.entries {
            entry.write(into);
        }
        for entry in &self.entries {
            entry.write_table(self.name, into);
        }
        let fields = format!("{}.fields", self.name);
        let _ = writeln!(into, "\n[{fields}]");
        for entry in &self.fields {
            entry.write(into);
        }
        for entry in &self.fields {
            entry.write_table(&fields, into);
        }
        if !self.left.is_empty() {
            into.push('\n');
        }
        for line in &self.left {
            let _ = writeln!(into, "# not mapped: {}", commented(line));
        }
    }
}
