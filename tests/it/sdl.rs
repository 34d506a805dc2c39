//! The schema, read back from its own text: types, fields, and selections of everything that a type has.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, TypeKind, TypeSystemDefinition};
use caregraph::graphql::Engine;

/// What is declared.
pub(crate) struct Sdl {
    types: BTreeMap<String, Declared>,
}

/// One type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    /// `object`, `interface`, `union`, `enum`, `input` or `scalar`.
    pub(crate) kind: &'static str,
    /// Its fields, in their order; values of an enum and members of a union are fields without a type.
    pub(crate) fields: Vec<Field>,
    /// The interfaces that it implements.
    pub(crate) implements: Vec<String>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// Its type as it is written.
    pub(crate) type_ref: String,
    /// Its arguments with their types and defaults.
    pub(crate) arguments: Vec<(String, String, Option<String>)>,
}

impl Field {
    /// The name of its type.
    pub(crate) fn type_name(&self) -> &str {
        self.type_ref.trim_matches(['[', ']', '!'])
    }
}

impl Sdl {
    /// The schema of this gateway.
    pub(crate) fn ours() -> Self {
        Self::of(&Engine::sdl())
    }

    /// Reads a schema.
    pub(crate) fn of(text: &str) -> Self {
        let document = parse_schema(text).expect("the schema can be read");
        let mut types = BTreeMap::new();
        for definition in document.definitions {
            if let TypeSystemDefinition::Type(declared) = definition {
                let name = declared.node.name.node.to_string();
                types.insert(name, Declared::of(&declared.node.kind));
            }
        }
        Self { types }
    }

    /// Every type by its name.
    pub(crate) fn types(&self) -> impl Iterator<Item = (&str, &Declared)> {
        self.types.iter().map(|(name, declared)| (name.as_str(), declared))
    }

    /// The type of that name; built-in scalars are none.
    pub(crate) fn get(&self, name: &str) -> Option<&Declared> {
        self.types.get(name)
    }

    /// The fields of a type; none of a leaf.
    pub(crate) fn fields(&self, name: &str) -> &[Field] {
        match self.get(name) {
            Some(declared) if matches!(declared.kind, "object" | "interface") => &declared.fields,
            _ => &[],
        }
    }

    /// The members of a union.
    pub(crate) fn members(&self, name: &str) -> &[Field] {
        match self.get(name) {
            Some(declared) if declared.kind == "union" => &declared.fields,
            _ => &[],
        }
    }

    /// A selection of all that a type has, to the leaves; types within themselves are left out.
    pub(crate) fn everything(&self, name: &str) -> String {
        self.select(name, &mut Vec::new())
    }

    /// The fields of a type that [`Sdl::everything`] selects below the types `open`.
    pub(crate) fn selected(&self, name: &str, open: &[&str]) -> impl Iterator<Item = &Field> {
        let is_leaf = |field: &Field| {
            self.fields(field.type_name()).is_empty() && self.members(field.type_name()).is_empty()
        };
        let fields = self.fields(name).iter();
        fields.filter(move |field| is_leaf(field) || !open.contains(&field.type_name()))
    }

    fn select<'a>(&'a self, name: &'a str, open: &mut Vec<&'a str>) -> String {
        open.push(name);
        let mut text = String::new();
        for member in self.members(name) {
            let below = self.select(&member.name, open);
            text.extend(["... on ", &member.name, " { ", &below, " } "]);
        }
        let fields: Vec<&Field> = self.selected(name, open).collect();
        for field in fields {
            let below = self.select(field.type_name(), open);
            let page = field.arguments.iter().any(|(name, ..)| name == "first");
            text += &field.name;
            text += if page { "(first: 5)" } else { "" };
            if below.is_empty() {
                text.push(' ');
            } else {
                text.extend([" { ", &below, " } "]);
            }
        }
        open.pop();
        text
    }
}

impl Declared {
    fn of(kind: &TypeKind) -> Self {
        let bare = |name: &str| Field {
            name: name.to_owned(),
            type_ref: String::new(),
            arguments: Vec::new(),
        };
        let (kind, fields, implements) = match kind {
            TypeKind::Object(of) => {
                let implements = of.implements.iter().map(|of| of.node.to_string()).collect();
                (
                    "object",
                    of.fields.iter().map(|field| field_of(&field.node)).collect(),
                    implements,
                )
            }
            TypeKind::Interface(of) => {
                ("interface", of.fields.iter().map(|field| field_of(&field.node)).collect(), vec![])
            }
            TypeKind::Union(of) => {
                ("union", of.members.iter().map(|member| bare(&member.node)).collect(), vec![])
            }
            TypeKind::Enum(of) => (
                "enum",
                of.values.iter().map(|value| bare(&value.node.value.node)).collect(),
                vec![],
            ),
            TypeKind::InputObject(of) => {
                let field = |name: &str, type_ref: String| Field { type_ref, ..bare(name) };
                let fields =
                    of.fields.iter().map(|of| field(&of.node.name.node, of.node.ty.to_string()));
                ("input", fields.collect(), vec![])
            }
            TypeKind::Scalar => ("scalar", Vec::new(), Vec::new()),
        };
        Self { kind, fields, implements }
    }
}

fn field_of(field: &FieldDefinition) -> Field {
    let arguments = field.arguments.iter().map(|argument| {
        let default = argument.node.default_value.as_ref().map(|value| value.node.to_string());
        (argument.node.name.node.to_string(), argument.node.ty.to_string(), default)
    });
    Field {
        name: field.name.node.to_string(),
        type_ref: field.ty.to_string(),
        arguments: arguments.collect(),
    }
}
