//! Variables (§5.8): declared once, of types that can be given, used, and where they fit; and their values (§6.1.2).

use std::collections::BTreeSet;

use async_graphql::parser::types::{
    BaseType, DirectiveLocation, OperationDefinition, Type, VariableDefinition,
};
use async_graphql::{Name, ServerError, Value as ConstValue, Variables};
use async_graphql_value::Number;
use serde_json::{Map, Value as Json};

use super::types::{Kind, Types, innermost};
use super::{Check, Uses, VariableUse};
use crate::graphql::error::ErrorCode;

impl<'d> Check<'d> {
    /// The variables that an operation declares.
    pub(super) fn variable_definitions(&mut self, operation: &'d OperationDefinition) {
        let mut seen = BTreeSet::new();
        for definition in &operation.variable_definitions {
            let (at, definition) = (definition.pos, &definition.node);
            if !seen.insert(&definition.name.node) {
                self.fault(at, "A variable is declared twice.");
            }
            let mut none = Uses::default();
            let location = DirectiveLocation::VariableDefinition;
            self.directives(&definition.directives, location, &mut none);
            let name = innermost(&definition.var_type.node);
            match self.types.kind(name) {
                None => self.fault(definition.var_type.pos, "There is no such type."),
                Some(_) if !self.types.is_input(name) => {
                    let what = format!("A variable cannot be of type {name}.");
                    self.fault(definition.var_type.pos, what);
                }
                Some(_) => {}
            }
        }
        self.default_values(operation);
    }

    fn default_values(&mut self, operation: &'d OperationDefinition) {
        for definition in &operation.variable_definitions {
            let definition = &definition.node;
            let Some(default) = &definition.default_value else { continue };
            let value = default.node.clone().into_value();
            // What is wrong with it is told by a check of its own, whose borrows end with it.
            let mut check =
                Check { types: self.types, document: self.document, faults: Vec::new() };
            check.value(
                &value,
                &definition.var_type.node,
                false,
                default.pos,
                &mut Uses::default(),
            );
            for fault in check.faults {
                self.fault(default.pos, fault.message);
            }
        }
    }

    /// The variables that an operation uses, itself or through fragments.
    pub(super) fn variable_uses(&mut self, operation: &'d OperationDefinition, uses: &Uses<'d>) {
        let mut found = BTreeSet::new();
        for usage in &uses.variables {
            found.insert(usage.name);
            let declared = operation
                .variable_definitions
                .iter()
                .find(|definition| definition.node.name.node == *usage.name);
            match declared {
                None => self.fault(usage.at, "A variable is not declared by the operation."),
                Some(declared) => self.position(&declared.node, *usage),
            }
        }
        for definition in &operation.variable_definitions {
            if !found.contains(&definition.node.name.node) {
                self.fault(definition.pos, "A variable is not used.");
            }
        }
    }

    /// A variable must be of a type that fits where it is used.
    fn position(&mut self, declared: &VariableDefinition, usage: VariableUse<'d>) {
        let ty = &declared.var_type.node;
        let Some(wanted) = usage.ty.filter(|_| self.types.kind(innermost(ty)).is_some()) else {
            return;
        };
        let default = declared.default_value.as_ref();
        let has_value = default.is_some_and(|default| default.node != ConstValue::Null);
        let fits = if !wanted.nullable && ty.nullable {
            (has_value || usage.has_default) && base_fits(&ty.base, &wanted.base)
        } else {
            type_fits(ty, wanted)
        };
        if !fits {
            let what = format!("A variable of type {ty} stands where {wanted} belongs.");
            self.fault(usage.at, what);
        }
    }
}

fn type_fits(ty: &Type, wanted: &Type) -> bool {
    (wanted.nullable || !ty.nullable) && base_fits(&ty.base, &wanted.base)
}

fn base_fits(ty: &BaseType, wanted: &BaseType) -> bool {
    match (ty, wanted) {
        (BaseType::List(ty), BaseType::List(wanted)) => type_fits(ty, wanted),
        (BaseType::Named(ty), BaseType::Named(wanted)) => ty == wanted,
        _ => false,
    }
}

/// The variables of an operation that may be executed, each of its type. Of those that it does not declare, none is
/// read. The values that were given are repeated nowhere.
pub(in crate::graphql) fn coerce(
    types: &Types,
    operation: &OperationDefinition,
    mut given: Map<String, Json>,
) -> Result<Variables, ServerError> {
    let mut variables = Variables::default();
    for definition in &operation.variable_definitions {
        let (at, definition) = (definition.pos, &definition.node);
        let (name, ty) = (&definition.name.node, &definition.var_type.node);
        let wrong = |what: &str| ErrorCode::BadUserInput.at(format!("A variable {what} {ty}."), at);
        match (given.remove(name.as_str()), &definition.default_value) {
            (Some(value), _) => {
                let value = read(types, ty, value)
                    .ok_or_else(|| wrong("has a value that is not of type"))?;
                variables.insert(name.clone(), value);
            }
            (None, Some(default)) => {
                variables.insert(name.clone(), default.node.clone());
            }
            (None, None) if !ty.nullable => return Err(wrong("has no value, but its type is")),
            (None, None) => {}
        }
    }
    Ok(variables)
}

fn read(types: &Types, ty: &Type, value: Json) -> Option<ConstValue> {
    match (value, &ty.base) {
        (Json::Null, _) => ty.nullable.then_some(ConstValue::Null),
        (Json::Array(items), BaseType::List(inner)) => {
            let items: Option<Vec<_>> =
                items.into_iter().map(|item| read(types, inner, item)).collect();
            items.map(ConstValue::List)
        }
        (single, BaseType::List(inner)) => {
            Some(ConstValue::List(vec![read(types, inner, single)?]))
        }
        (value, BaseType::Named(name)) => match types.kind(name)? {
            Kind::Scalar => scalar(name, value),
            Kind::Enum(values) => match value {
                Json::String(given) if values.contains(&given) => {
                    Some(ConstValue::Enum(Name::new(given)))
                }
                _ => None,
            },
            Kind::Input(rules) => {
                let Json::Object(given) = value else { return None };
                let missing = |(name, rule): (&String, &super::types::InputRule)| {
                    rule.is_required() && !given.contains_key(name)
                };
                if rules.iter().any(missing) {
                    return None;
                }
                let fields: Option<Vec<_>> = given
                    .into_iter()
                    .map(|(name, value)| {
                        let value = read(types, &rules.get(&name)?.ty, value)?;
                        Some((Name::new(name), value))
                    })
                    .collect();
                Some(ConstValue::Object(fields?.into_iter().collect()))
            }
            Kind::Object(_) | Kind::Interface(_) | Kind::Union => None,
        },
    }
}

/// A value of a scalar as a client's JSON has it. Scalars of our own say themselves what they take.
fn scalar(name: &str, value: Json) -> Option<ConstValue> {
    match (name, value) {
        ("Int", Json::Number(number)) => Some(ConstValue::Number(whole(&number)?)),
        ("Float", Json::Number(number)) => Some(ConstValue::Number(number)),
        ("String" | "ID", Json::String(text)) => Some(ConstValue::String(text)),
        ("ID", Json::Number(number)) if !number.is_f64() => {
            Some(ConstValue::String(number.to_string()))
        }
        ("Boolean", Json::Bool(truth)) => Some(ConstValue::Boolean(truth)),
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => None,
        (_, value) => ConstValue::from_json(value).ok(),
    }
}

/// A whole number of 32 bits, however it is written: JSON knows no difference between `1` and `1.0`.
fn whole(number: &Number) -> Option<Number> {
    let digits = number.as_f64().filter(|digits| digits.fract() == 0.0)?;
    let fits = digits >= f64::from(i32::MIN) && digits <= f64::from(i32::MAX);
    #[expect(clippy::cast_possible_truncation, reason = "it was checked to be whole and to fit")]
    fits.then(|| Number::from(digits as i64))
}
