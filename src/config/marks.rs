//! The marks of confidentiality that a manifest writes itself: each must be one of which it is known what it means.
//!
//! A code that a source sends and that nobody knows restricts its record. Written in a manifest it is a slip, which would hide
//! the record from nearly everybody without a word.

use toml::{Table, Value};

use super::check::Check;
use super::words;
use crate::access::Label;

/// Codes of confidentiality, for those who look for one.
const CONFIDENTIALITY: [&str; 3] = ["N", "R", "V"];

impl Check<'_> {
    /// Checks the marks in the blocks of a connector's own settings.
    pub(super) fn marks(&mut self, path: &str, settings: &Table) {
        let blocks = settings.get("fetch").and_then(Value::as_array).into_iter().flatten();
        for (number, block) in blocks.enumerate() {
            let labels = block.get("labels").and_then(Value::as_array).into_iter().flatten();
            for (place, label) in labels.enumerate() {
                let at = format!("{path}.fetch[{}].labels[{}]", number + 1, place + 1);
                match label.get("code") {
                    Some(code) => self.mark(&format!("{at}.code"), code),
                    None => self.mark(&at, label),
                }
            }
        }
    }

    /// Checks the codes that a rule writes itself; what it picks of an answer is not known here.
    fn mark(&mut self, at: &str, rule: &Value) {
        let Value::Table(rule) = rule else { return };
        for key in ["const", "otherwise"] {
            if let Some(Value::String(code)) = rule.get(key) {
                self.code(&format!("{at}.{key}"), code);
            }
        }
        for (value, code) in rule.get("table").and_then(Value::as_table).into_iter().flatten() {
            if let Value::String(code) = code {
                self.code(&format!("{at}.table.{value}"), code);
            }
        }
        let first = rule.get("first").and_then(Value::as_array).into_iter().flatten();
        for (place, rule) in first.enumerate() {
            self.mark(&format!("{at}.first[{}]", place + 1), rule);
        }
    }

    fn code(&mut self, at: &str, code: &str) {
        if Label::is_known(code) {
            return;
        }
        let names = Label::ALL.iter().map(|label| label.name()).chain(CONFIDENTIALITY);
        let known = words::known(code, names);
        self.wrong(
            at,
            format!("{code:?} is no mark of which it is known whom it keeps out; {known}"),
        );
    }
}
