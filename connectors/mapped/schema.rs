//! The language of manifests as JSON Schema, for editors and for whoever writes manifests by program. Made of the model, as the
//! check is; what it cannot say, such as whether a path can be read, the check says.

use serde_json::{Map, Value, json};

use super::plan::FACTS;
use super::shape::{Field, MODEL, Shape, Struct};
use crate::record::systems;

/// The definitions, and the keys of this kind.
pub fn of_manifest() -> Value {
    let mut schema = Schema::default();
    let fetch = schema.fetch();
    let person = schema.structure(&MODEL.person);
    let service = schema.structure(&MODEL.service);
    let listed = json!({
        "id": {"$ref": "#/$defs/text", "description": "The id by which the source is asked for a patient."},
        "active": {"$ref": "#/$defs/bool", "description": "Whether the source still uses the record."},
        "fields": person,
    });
    let roster = object(&merged(exchange(), listed.clone()), &["items", "id", "fields"]);
    let lookup = object(&looked_up(listed), &["items", "system", "id", "fields"]);
    let directory = object(
        &merged(
            exchange(),
            json!({
                "refresh_minutes": {"type": "integer", "minimum": 1, "maximum": 10080, "description": "Minutes between two readings; 60 when absent."},
                "fields": service,
            }),
        ),
        &["fields"],
    );
    let mut definitions = schema.definitions;
    definitions.extend(rules());
    json!({
        "properties": {
            "mapping": {"const": 1, "description": "The version of the language."},
            "roster": described(roster, "Who the patients are."),
            "lookup": described(lookup, "How one patient is asked for, where patients are not listed."),
            "fetch": {"type": "array", "items": fetch, "description": "How sections of patients are filled."},
            "directory": described(directory, "A directory of services."),
        },
        "$defs": definitions,
    })
}

/// The keys of a lookup, which has no pages.
fn looked_up(listed: Value) -> Value {
    let system = json!({
        "system": {"type": "string", "minLength": 1, "description": "The system of the identifiers by which a patient is asked for: a URI, or a short name."},
    });
    let mut keys = merged(merged(exchange(), listed), system);
    if let Some(keys) = keys.as_object_mut() {
        keys.remove("paging");
    }
    keys
}

#[derive(Default)]
struct Schema {
    definitions: Map<String, Value>,
}

impl Schema {
    /// One block of `fetch`, whose fields are those of its fact.
    fn fetch(&mut self) -> Value {
        let mut ways = Vec::new();
        for (section, facts) in FACTS {
            for fact in facts {
                let Some(fields) = MODEL.fact(fact) else { continue };
                let mut way = json!({
                    "properties": {
                        "section": {"const": section.name()},
                        "fact": {"const": fact},
                        "fields": self.structure(fields),
                    },
                });
                if facts.len() > 1 {
                    way["required"] = json!(["fact"]);
                }
                ways.push(way);
            }
        }
        let identifiers = self.rule(&Shape::List(MODEL.identifier.clone().into()));
        let labels = self.rule(&Shape::List(MODEL.label.clone().into()));
        let own = json!({
            "section": {"description": "The section that it fills."},
            "fact": {"description": "What each item is, where a section holds several kinds."},
            "patients_per_ask": {"type": "integer", "minimum": 1, "maximum": 100, "description": "How many patients {patients} names at most; 25 when absent."},
            "each": {"$ref": "#/$defs/path", "description": "The parts of an item that become a record each; paths of rules start from the part, { item = … } from the item."},
            "feed": {"type": "boolean", "description": "The answer holds everybody's items."},
            "revalidate": {"enum": ["etag", "date", "never"], "description": "By what it is asked whether an answer still holds: by its ETag, or else by its Last-Modified, or never; etag when absent."},
            "subject": {"$ref": "#/$defs/text", "description": "Whose the item is: the id of the patient."},
            "reference": {"$ref": "#/$defs/text", "description": "What tells one item from another."},
            "recorded": {"$ref": "#/$defs/date", "description": "When it was written down."},
            "updated": {"$ref": "#/$defs/date", "description": "When it was last changed."},
            "identifiers": identifiers,
            "labels": labels,
            "withdrawn": {"anyOf": [reference("condition"), object(&json!({"item": reference("condition")}), &["item"])], "description": "When its source took it back: a condition on the item or, with each, on the part; { item = … } is one on the whole item."},
            "fields": {"description": "What the item states."},
        });
        let needed = ["section", "subject", "reference", "fields"];
        let mut fetch = object(&merged(exchange(), own), &needed);
        fetch["anyOf"] = json!(ways);
        fetch
    }

    /// The rule for something of that shape.
    fn rule(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Text => reference("text"),
            Shape::System => reference("system"),
            Shape::Date => reference("date"),
            Shape::Decimal | Shape::Number => reference("number"),
            Shape::Bool => reference("bool"),
            Shape::Death => reference("death"),
            Shape::Code(codes) => pick(&json!({"enum": codes.iter().collect::<Vec<_>>()})),
            Shape::Struct(of) => self.structure(of),
            Shape::List(inner) => self.list(inner),
            Shape::OneOf(variants) => {
                let ways: Vec<Value> = variants
                    .iter()
                    .map(|variant| {
                        object(&json!({&variant.name: self.rule(&variant.shape)}), &[&variant.name])
                    })
                    .collect();
                let choice = json!({"first": {"type": "array", "items": {"anyOf": ways}}});
                let all: Vec<Value> =
                    ways.into_iter().chain([object(&choice, &["first"])]).collect();
                json!({"anyOf": all})
            }
        }
    }

    /// A list of structs is defined once for each of them.
    fn list(&mut self, inner: &Shape) -> Value {
        let Shape::Struct(of) = inner else { return self.list_of(inner) };
        let name = format!("list of {}", of.name);
        if !self.definitions.contains_key(&name) {
            let list = self.list_of(inner);
            self.definitions.insert(name.clone(), list);
        }
        reference(&name)
    }

    fn list_of(&mut self, inner: &Shape) -> Value {
        let item = self.rule(inner);
        let each = match inner {
            Shape::Struct(of) => {
                let each = json!({"each": reference("each")});
                object(&merged(each, self.properties(of)), &["each"])
            }
            _ => json!({"allOf": [reference("rule")], "required": ["each"]}),
        };
        let split = json!({"allOf": [reference("rule")], "required": ["split"]});
        json!({"anyOf": [{"type": "array", "items": item}, each, split]})
    }

    /// A struct of the model by its name, defined once.
    fn structure(&mut self, of: &Struct) -> Value {
        let name = format!("fields of {}", of.name);
        if !self.definitions.contains_key(&name) {
            // The name is taken before its parts are looked at.
            self.definitions.insert(name.clone(), Value::Bool(true));
            let fields = self.properties(of);
            let needed: Vec<&str> = of.needed.iter().map(String::as_str).collect();
            let choice = json!({"first": {"type": "array"}});
            let ways = [object(&fields, &needed), object(&choice, &["first"]), reference("text")];
            self.definitions.insert(name.clone(), json!({"anyOf": ways}));
        }
        reference(&name)
    }

    fn properties(&mut self, of: &Struct) -> Value {
        let field =
            |field: &Field| (field.name.clone(), described(self.rule(&field.shape), &field.about));
        of.fields.iter().map(field).collect::<Map<_, _>>().into()
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn described(mut schema: Value, about: &str) -> Value {
    if !about.is_empty() {
        schema["description"] = json!(about);
    }
    schema
}

fn object(properties: &Value, needed: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": needed, "additionalProperties": false})
}

fn merged(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            one.extend(other);
            Value::Object(one)
        }
        (one, _) => one,
    }
}

/// The rule of a single value whose constants are these.
fn pick(constant: &Value) -> Value {
    let table = json!({"additionalProperties": constant});
    let constants =
        json!({"const": constant, "otherwise": constant, "default": constant, "table": table});
    let rule = json!({"allOf": [reference("rule")], "properties": constants});
    json!({"anyOf": [reference("path"), rule]})
}

/// All that a rule of a single value may have.
fn sources() -> Value {
    let rules = json!({"type": "array", "minItems": 1, "maxItems": 16});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    json!({
        "path": described(reference("path"), "From the item on, or within each from the value on."),
        "item": described(reference("path"), "Within each: from the item on."),
        "answer": described(reference("path"), "From the whole answer on."),
        "header": {"type": "string", "description": "A header of the answer."},
        "const": {"description": "Always this."},
        "join": described(rules.clone(), "Several values, as one text."),
        "with": {"type": "string", "description": "What stands between them; a blank when absent."},
        "first": described(rules, "The first of these that is there."),
        "none": described(texts, "Texts that mean nothing."),
        "without": {"type": "string", "description": "What each value begins with, and which is dropped."},
        "case": {"enum": ["lower", "upper"], "description": "How letters are written."},
        "table": {"type": "object", "description": "What each value becomes."},
        "otherwise": {"description": "What values become that the table does not know."},
        "default": {"description": "What is taken when there is nothing."},
        "date": {"type": "string", "description": "How a date is written, such as MM/DD/YYYY, epoch-s, epoch-ms or net."},
        "number": {"enum": ["1,234.5", "1.234,5"], "description": "How a number is written."},
        "optional": {"type": "boolean", "description": "What does not fit is left out; else the item cannot be read."},
        "each": described(reference("each"), "In a list: one item for each value that is found there."),
        "split": {"type": "string", "minLength": 1, "description": "In a list: one item for each part of the text."},
    })
}

fn rules() -> Map<String, Value> {
    let anything = json!({"type": ["string", "number", "boolean"]});
    let mut system = pick(&json!({"type": "string"}));
    let names = systems::names().join(", ");
    if let Some(ways) = system["anyOf"].as_array_mut() {
        ways.push(json!({"type": "string", "description": format!("{names}, or a URI")}));
    }
    let each = [
        reference("path"),
        object(&json!({"item": reference("path")}), &["item"]),
        object(&json!({"answer": reference("path")}), &["answer"]),
    ];
    let rules = json!({
        "path": {"type": "string", "pattern": "^\\$", "maxLength": 512, "description": "JSONPath (RFC 9535)."},
        "condition": {"type": "string", "maxLength": 512, "description": "A filter expression of JSONPath on @, the value itself."},
        "template": {"type": ["string", "integer", "boolean"], "description": "With places such as {patient}."},
        "rule": object(&sources(), &[]),
        "each": {"anyOf": each},
        "text": pick(&anything),
        "system": system,
        "date": pick(&json!({"type": "string"})),
        "number": pick(&json!({"type": ["string", "number"]})),
        "bool": pick(&json!({"type": ["string", "boolean"]})),
        "death": pick(&json!({"type": ["string", "boolean"]})),
    });
    if let Value::Object(rules) = rules { rules } else { Map::new() }
}

/// The keys of a question.
fn exchange() -> Value {
    let templates = json!({"type": "object", "additionalProperties": reference("template")});
    let paging = json!({
        "style": {"enum": ["link-header", "next", "page", "offset", "cursor"]},
        "limit": {"type": "integer", "minimum": 1, "maximum": 10000, "description": "How many items a page is asked to hold: {limit}."},
        "max_pages": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "How many pages are followed; 100 when absent."},
        "first": {"enum": [0, 1], "description": "The number of the first page; 1 when absent."},
        "next": reference("path"),
        "cursor": reference("path"),
        "more": reference("condition"),
        "pages": reference("path"),
    });
    let csv = object(
        &json!({
            "delimiter": {"enum": [",", ";", "|", "tab"]},
            "columns": {"type": "array", "items": {"type": "string"}},
        }),
        &[],
    );
    let xml = object(&json!({"lists": {"type": "array", "items": {"type": "string"}}}), &[]);
    let told = object(
        &json!({
            "status": {"type": "integer", "minimum": 100, "maximum": 599},
            "when": reference("condition"),
            "means": {"enum": ["busy", "unauthorized", "incomplete", "not-offered", "failed"]},
        }),
        &["means"],
    );
    json!({
        "get": {"type": "string", "description": "The path below base_url."},
        "post": {"type": "string", "description": "The same, for a question that is posted."},
        "query": templates,
        "headers": templates,
        "body": {"anyOf": [object(&json!({"json": {}}), &["json"]), object(&json!({"form": templates}), &["form"])]},
        "format": {"anyOf": [{"enum": ["json", "ndjson", "csv", "xml"]}, object(&json!({"csv": csv}), &["csv"]), object(&json!({"xml": xml}), &["xml"])]},
        "items": described(reference("path"), "The items of an answer."),
        "paging": object(&paging, &["style"]),
        "total": described(reference("path"), "How many items there are in all."),
        "left_out": {"type": "array", "items": {"type": "string"}, "description": "Names of members that are left behind on purpose, though they sound as if they said how sensitive a record is, or that it does not hold."},
        "none_when": {"type": "array", "items": {"anyOf": [{"type": "integer"}, reference("condition")]}, "description": "What says that there is nothing."},
        "success": described(reference("condition"), "What holds of every good answer."),
        "errors": {"type": "array", "items": told},
    })
}
