//! What the record model expects where, as its own schema tells: by this a mapping is checked before it ever runs.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use crate::record::schema;

/// What may stand in one place of the model.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// Any text.
    Text,
    /// One of these.
    Code(Arc<[String]>),
    /// The URI of a code system or namespace, for which there are short names.
    System,
    Date,
    /// A number as it was written.
    Decimal,
    Number,
    Bool,
    /// When somebody died, or that they did.
    Death,
    List(Arc<Shape>),
    Struct(Arc<Struct>),
    /// One of these, by its name.
    OneOf(Arc<[Field]>),
}

/// A struct of the model.
#[derive(Debug)]
pub(super) struct Struct {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
    /// Those without which there is no such thing.
    pub(super) needed: Vec<String>,
}

/// One of its fields.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) shape: Shape,
}

impl Struct {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// The shapes of the model.
#[derive(Debug)]
pub(super) struct Model {
    /// The facts by their names.
    pub(super) facts: Arc<[Field]>,
    pub(super) person: Arc<Struct>,
    pub(super) service: Arc<Struct>,
    pub(super) identifier: Shape,
    /// A mark of confidentiality: a coding of which the code may stand alone.
    pub(super) label: Shape,
}

/// The model of this version.
pub(super) static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let record = Reader::of(&schema::of_record());
    let service = Reader::of(&schema::of_service());
    let Shape::OneOf(facts) = record.named("Fact") else { unreachable("Fact") };
    Model {
        facts,
        person: record.structure("Person"),
        service: service.structure("ServiceRecord"),
        identifier: record.named("Identifier"),
        label: record.label(),
    }
});

impl Model {
    /// The fact of that name.
    pub(super) fn fact(&self, name: &str) -> Option<&Arc<Struct>> {
        let fact = self.facts.iter().find(|fact| fact.name == name)?;
        if let Shape::Struct(fact) = &fact.shape { Some(fact) } else { None }
    }
}

/// The schema is printed from our own types, and a test reads all of it.
fn unreachable(name: &str) -> ! {
    unreachable!("the model has a `{name}`")
}

struct Reader {
    definitions: BTreeMap<String, Value>,
}

impl Reader {
    fn of(schema: &Value) -> Self {
        let definitions = schema.get("$defs").and_then(Value::as_object).into_iter().flatten();
        Self { definitions: definitions.map(|(name, it)| (name.clone(), it.clone())).collect() }
    }

    fn label(&self) -> Shape {
        let coding = self.structure("Coding");
        let (fields, needed) = (coding.fields.clone(), coding.needed.clone());
        Shape::Struct(Arc::new(Struct { name: "Label".to_owned(), fields, needed }))
    }

    fn structure(&self, name: &str) -> Arc<Struct> {
        let Shape::Struct(found) = self.named(name) else { unreachable(name) };
        found
    }

    fn named(&self, name: &str) -> Shape {
        match name {
            "FuzzyDate" => return Shape::Date,
            "Death" => return Shape::Death,
            _ => {}
        }
        let Some(definition) = self.definitions.get(name) else { unreachable(name) };
        if let Some(variants) = definition.get("oneOf").and_then(Value::as_array) {
            return Shape::OneOf(variants.iter().flat_map(|it| self.fields(name, it)).collect());
        }
        let mut fields = self.fields(name, definition);
        // As a person would fill them in: what it is before all else.
        fields.sort_by_key(|field| !matches!(field.name.as_str(), "id" | "name"));
        let needed = definition.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut needed: Vec<String> = needed.filter_map(Value::as_str).map(str::to_owned).collect();
        // The model takes what others sent as it came; nobody needs to map to a coding without a code.
        needed.extend((name == "Coding").then(|| "code".to_owned()));
        Shape::Struct(Arc::new(Struct { name: name.to_owned(), fields, needed }))
    }

    fn fields(&self, of: &str, definition: &Value) -> Vec<Field> {
        let about_all = definition.get("description");
        let properties = definition.get("properties").and_then(Value::as_object);
        let field = |(name, property): (&String, &Value)| Field {
            name: name.clone(),
            about: property
                .get("description")
                .or(about_all)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            shape: self.shape(of, name, property),
        };
        properties.into_iter().flatten().map(field).collect()
    }

    fn shape(&self, of: &str, name: &str, property: &Value) -> Shape {
        if let Some(reference) = property.get("$ref").and_then(Value::as_str) {
            return self.named(reference.rsplit('/').next().unwrap_or_default());
        }
        if let Some(any) = property.get("anyOf").and_then(Value::as_array) {
            let real = any.iter().find(|it| it.get("$ref").is_some());
            return self.shape(of, name, real.unwrap_or(&Value::Null));
        }
        let types: Vec<&str> = match property.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        match types.first() {
            Some(&"array") => {
                let items = property.get("items").unwrap_or(&Value::Null);
                Shape::List(Arc::new(self.shape(of, name, items)))
            }
            Some(&"boolean") => Shape::Bool,
            Some(&("number" | "integer")) => Shape::Number,
            Some(&"string") => text(of, name, property),
            _ => unreachable(name),
        }
    }
}

fn text(of: &str, name: &str, property: &Value) -> Shape {
    if let Some(codes) = property.get("enum").and_then(Value::as_array) {
        return Shape::Code(codes.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    if property.get("pattern").is_some() {
        return Shape::Decimal;
    }
    match (of, name) {
        ("Coding" | "Identifier", "system") => Shape::System,
        _ => Shape::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_model_is_read() {
        assert_eq!(MODEL.facts.len(), 17);
        for fact in MODEL.facts.iter() {
            let fields = MODEL.fact(&fact.name).map_or(0, |it| it.fields.len());
            assert!(fields >= 3, "{}", fact.name);
        }
        let fill = MODEL.fact("fill").unwrap();
        let shape = |name: &str| format!("{:?}", fill.field(name).unwrap().shape);
        assert!(shape("status").contains("\"completed\""), "{}", shape("status"));
        assert_eq!(shape("dispensed"), "Date");
        assert_eq!(shape("pharmacy"), "Text");
        for part in ["Concept", "Coding", "System"] {
            assert!(shape("medication").contains(part), "{part}");
        }
        assert!(shape("quantity").contains("Decimal"));
        let observation = MODEL.fact("observation").unwrap();
        assert!(matches!(observation.field("value").unwrap().shape, Shape::OneOf(_)));
        assert!(matches!(MODEL.person.field("deceased").unwrap().shape, Shape::Death));
        assert!(matches!(MODEL.service.field("minimumAge").unwrap().shape, Shape::Number));
    }
}
