//! Bodies of requests: forms, and JSON with places for values.

use serde_json::{Map, Value as Json};
use toml::Value;
use url::form_urlencoded;

use super::part::{At, Notes, Part};
use super::request::pairs;
use super::template::{Template, Values, Variable};

#[derive(Debug)]
pub(super) enum Body {
    Form(Vec<(String, Template)>),
    Json(Shape),
}

/// JSON with places for values.
#[derive(Debug)]
pub(super) enum Shape {
    Fixed(Json),
    Text(Template),
    List(Vec<Shape>),
    Fields(Vec<(String, Shape)>),
}

impl Body {
    /// Reads `body`.
    pub(super) fn read(part: &Part<'_>) -> Option<Self> {
        let body = part.part("body")?;
        let found = match (body.has("json"), body.has("form")) {
            (true, false) => {
                let value = body.get("json")?;
                Shape::read(value, &body.at.key("json"), body.notes).map(Self::Json)
            }
            (false, true) => Some(Self::Form(pairs(&body, "form"))),
            _ => {
                part.wrong(
                    "body",
                    "must have exactly one of `json`, `form`",
                    "write body = { json = { … } }",
                );
                return None;
            }
        };
        body.close();
        found
    }

    /// What it is.
    pub(super) fn media_type(&self) -> &'static str {
        match self {
            Self::Form(_) => "application/x-www-form-urlencoded",
            Self::Json(_) => "application/json",
        }
    }

    /// The values that it has places for.
    pub(super) fn variables(&self, into: &mut Vec<Variable>) {
        match self {
            Self::Form(pairs) => into.extend(pairs.iter().flat_map(|(_, it)| it.variables())),
            Self::Json(shape) => shape.variables(into),
        }
    }

    /// The body with its values.
    pub(super) fn filled(&self, values: &Values<'_>) -> Option<Vec<u8>> {
        match self {
            Self::Form(pairs) => {
                let pairs = pairs.iter().filter_map(|(key, it)| Some((key, it.filled(values)?)));
                let form =
                    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                Some(form.into_bytes())
            }
            Self::Json(shape) => serde_json::to_vec(&shape.filled(values)?).ok(),
        }
    }
}

impl Shape {
    fn read(value: &Value, at: &At, notes: &Notes) -> Option<Self> {
        Some(match value {
            Value::String(text) => Self::Text(Template::read(text, at, notes)?),
            Value::Integer(number) => Self::Fixed(Json::from(*number)),
            Value::Float(number) => Self::Fixed(Json::from(*number)),
            Value::Boolean(value) => Self::Fixed(Json::from(*value)),
            Value::Datetime(_) => {
                notes.add(at, "a date without quotes is none in JSON", "write it in quotes");
                return None;
            }
            Value::Array(items) => {
                let item =
                    |(place, item): (usize, &Value)| Self::read(item, &at.item(place), notes);
                Self::List(items.iter().enumerate().map(item).collect::<Option<_>>()?)
            }
            Value::Table(table) => {
                let field = |(key, value): (&String, &Value)| {
                    Some((key.clone(), Self::read(value, &at.key(key), notes)?))
                };
                Self::Fields(table.iter().map(field).collect::<Option<_>>()?)
            }
        })
    }

    fn variables(&self, into: &mut Vec<Variable>) {
        match self {
            Self::Fixed(_) => {}
            Self::Text(template) => into.extend(template.variables()),
            Self::List(items) => items.iter().for_each(|item| item.variables(into)),
            Self::Fields(fields) => fields.iter().for_each(|(_, field)| field.variables(into)),
        }
    }

    /// A text that is one value alone becomes that value: several patients a list, numbers numbers. A field whose value is
    /// not there is left out.
    fn filled(&self, values: &Values<'_>) -> Option<Json> {
        Some(match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(template) => match template.whole() {
                Some(Variable::Patients) => {
                    values.patients().iter().map(|patient| Json::from(patient.as_str())).collect()
                }
                Some(Variable::Page) => Json::from(values.page),
                Some(Variable::Offset) => Json::from(values.offset),
                Some(Variable::Limit) => Json::from(values.limit?),
                _ => Json::from(template.filled(values)?),
            },
            Self::List(items) => {
                items.iter().map(|item| item.filled(values)).collect::<Option<_>>()?
            }
            Self::Fields(fields) => {
                let field =
                    |(key, shape): &(String, Shape)| Some((key.clone(), shape.filled(values)?));
                Json::Object(fields.iter().filter_map(field).collect::<Map<_, _>>())
            }
        })
    }
}
