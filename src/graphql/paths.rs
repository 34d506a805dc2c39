//! The schema's own paths, from the patient down.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};

use super::classes::{ClassError, class_of};
use crate::access::FieldClass;

/// The class of every field, and the type of what it holds.
pub(super) struct Paths(BTreeMap<(String, String), (FieldClass, String)>);

impl Paths {
    /// Reads them from the schema's text.
    pub(super) fn of(sdl: &str) -> Result<Self, ClassError> {
        let document =
            parse_schema(sdl).map_err(|error| ClassError::Unreadable(error.to_string()))?;
        let mut paths = BTreeMap::new();
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let TypeKind::Object(object) = &definition.node.kind else { continue };
            for field in &object.fields {
                let Some(class) = class_of(&field.node) else { continue };
                let place =
                    (definition.node.name.node.to_string(), field.node.name.node.to_string());
                paths.insert(place, (class, named(&field.node.ty.node)));
            }
        }
        Ok(Self(paths))
    }

    /// The classes of the fields on a path such as `patient.medications.nodes.drug`, or of one field such as
    /// `Medication.drug`; those alone that decide. `None` for a path that the schema does not have.
    pub(super) fn classes(&self, path: &str) -> Option<Vec<FieldClass>> {
        let (first, rest) = path.split_once('.')?;
        let mut holder = if first == "patient" { "Patient" } else { first };
        let mut classes = Vec::new();
        for field in rest.split('.') {
            let (class, below) = self.0.get(&(holder.to_owned(), field.to_owned()))?;
            if !matches!(class, FieldClass::Public | FieldClass::Inherit)
                && !classes.contains(class)
            {
                classes.push(*class);
            }
            holder = below;
        }
        Some(classes)
    }
}

fn named(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(inner) => named(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_of_the_classes_on_its_way() {
        let paths = Paths::of(&crate::graphql::Engine::sdl()).unwrap();
        for (path, classes) in [
            ("patient.name.text", Some(&[FieldClass::Name][..])),
            ("patient.medications.nodes.drug.text", Some(&[FieldClass::Medications])),
            (
                "patient.observations.nodes.value",
                Some(&[FieldClass::Observations, FieldClass::ObservationValues]),
            ),
            ("Observation.value", Some(&[FieldClass::ObservationValues])),
            ("patient.shoeSize", None),
            ("patient", None),
            ("", None),
        ] {
            assert_eq!(paths.classes(path).as_deref(), classes, "{path}");
        }
    }
}
