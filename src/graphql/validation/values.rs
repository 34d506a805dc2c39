//! Values as they are written (§5.6): of the type that belongs there.

use async_graphql::parser::types::{BaseType, Type};
use async_graphql::{Name, Pos};
use async_graphql_value::{Number, Value};

use super::types::{Inputs, Kind};
use super::{Check, Uses, VariableUse};

impl<'d> Check<'d> {
    /// A value where `ty` belongs.
    pub(super) fn value(
        &mut self,
        value: &'d Value,
        ty: &'d Type,
        has_default: bool,
        at: Pos,
        uses: &mut Uses<'d>,
    ) {
        match (value, &ty.base) {
            (Value::Variable(name), _) => {
                uses.variables.push(VariableUse { name, at, ty: Some(ty), has_default });
            }
            (Value::Null, _) if ty.nullable => {}
            (Value::Null, _) => self.wrong(ty, at),
            (Value::List(items), BaseType::List(inner)) => {
                for item in items {
                    self.value(item, inner, false, at, uses);
                }
            }
            (single, BaseType::List(inner)) => self.value(single, inner, false, at, uses),
            (value, BaseType::Named(name)) => self.named(value, name, ty, at, uses),
        }
    }

    fn named(
        &mut self,
        value: &'d Value,
        name: &'d Name,
        ty: &'d Type,
        at: Pos,
        uses: &mut Uses<'d>,
    ) {
        match (self.types.kind(name), value) {
            (Some(Kind::Enum(values)), Value::Enum(given)) if values.contains(given.as_str()) => {}
            (Some(Kind::Input(rules)), Value::Object(given)) => {
                for (name, value) in given {
                    match rules.get(name.as_str()) {
                        Some(rule) => self.value(value, &rule.ty, rule.has_default, at, uses),
                        None => self.fault(at, format!("{ty} has no such field.")),
                    }
                }
                self.required(rules, |name| given.contains_key(name), at);
            }
            (Some(Kind::Scalar), value) => {
                unknown_value(value, at, uses);
                if !fits(name, value) {
                    self.wrong(ty, at);
                }
            }
            _ => self.wrong(ty, at),
        }
    }

    fn required(&mut self, rules: &Inputs, is_given: impl Fn(&str) -> bool, at: Pos) {
        for (name, rule) in rules {
            if rule.is_required() && !is_given(name) {
                self.fault(at, format!("The field {name} of the input is missing."));
            }
        }
    }

    fn wrong(&mut self, ty: &Type, at: Pos) {
        self.fault(at, format!("A value is not of type {ty}."));
    }
}

/// A value of which nobody can say what belongs there: only its variables count.
pub(super) fn unknown_value<'d>(value: &'d Value, at: Pos, uses: &mut Uses<'d>) {
    match value {
        Value::Variable(name) => {
            uses.variables.push(VariableUse { name, at, ty: None, has_default: false });
        }
        Value::List(items) => {
            for item in items {
                unknown_value(item, at, uses);
            }
        }
        Value::Object(fields) => {
            for value in fields.values() {
                unknown_value(value, at, uses);
            }
        }
        _ => {}
    }
}

/// Whether a written value is one of a scalar. Scalars of our own say so themselves when they are read.
fn fits(scalar: &str, value: &Value) -> bool {
    match (scalar, value) {
        ("Int", Value::Number(number)) => is_int(number),
        ("Float", Value::Number(_))
        | ("String" | "ID", Value::String(_))
        | ("Boolean", Value::Boolean(_)) => true,
        ("ID", Value::Number(number)) => !number.is_f64(),
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
        _ => true,
    }
}

fn is_int(number: &Number) -> bool {
    number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}
