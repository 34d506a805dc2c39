//! Reads the class of every field back out of the schema: the last check before the process starts.

use async_graphql::parser::types::{FieldDefinition, TypeKind, TypeSystemDefinition};
use async_graphql::parser::{self, parse_schema};
use async_graphql_value::ConstValue;

use crate::access::FieldClass;

/// Why the schema may not be served.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassError {
    /// The schema cannot be read back.
    #[error("the schema's own text cannot be read back: {0}")]
    Unreadable(String),
    /// Fields without a class.
    #[error("these fields have no access class, so nobody has decided who may see them: {}", .0.join(", "))]
    Unclassified(Vec<String>),
}

impl ClassError {
    /// The schema cannot be read back.
    #[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
    pub(super) fn unreadable(error: parser::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// `Type.field` and the class of every field that an answer may hold, in the order of the schema.
pub fn classes(sdl: &str) -> Result<Vec<(String, FieldClass)>, ClassError> {
    let document = parse_schema(sdl).map_err(ClassError::unreadable)?;
    let (mut classified, mut unclassified) = (Vec::new(), Vec::new());
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let name = &definition.node.name.node;
        let fields = match &definition.node.kind {
            TypeKind::Object(object) => &object.fields,
            TypeKind::Interface(interface) => &interface.fields,
            _ => continue,
        };
        for field in fields {
            let path = format!("{name}.{}", field.node.name.node);
            let class = class_of(&field.node);
            match class {
                Some(class) => classified.push((path, class)),
                None => unclassified.push(path),
            }
        }
    }
    if unclassified.is_empty() {
        Ok(classified)
    } else {
        Err(ClassError::Unclassified(unclassified))
    }
}

/// The class of a field, as its directive has it.
pub(super) fn class_of(field: &FieldDefinition) -> Option<FieldClass> {
    let mut directives = field.directives.iter();
    let access = directives.find(|directive| directive.node.name.node == "access")?;
    match &access.node.get_argument("class")?.node {
        ConstValue::Enum(name) => FieldClass::named(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_without_a_class_stops_the_start() {
        let sdl = "type Patient { id: ID! @access(class: INHERIT) name: String }";
        assert_eq!(classes(sdl), Err(ClassError::Unclassified(vec!["Patient.name".to_owned()])));
    }

    #[test]
    fn a_class_that_nobody_knows_is_no_class() {
        let sdl = "type Patient { name: String @access(class: WHATEVER) }";
        assert_eq!(classes(sdl), Err(ClassError::Unclassified(vec!["Patient.name".to_owned()])));
    }
}
