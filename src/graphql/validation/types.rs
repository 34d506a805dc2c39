//! The types of the schema, as validation needs them: read back out of its text.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::types::{
    BaseType, DirectiveLocation, FieldDefinition, InputValueDefinition, OperationType, Type,
    TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::parser::{self, parse_schema};
use async_graphql::{Name, Positioned};

/// What the specification says of introspection, and the scalars that it brings along.
const INTROSPECTION: &str = include_str!("introspection.graphql");

/// All types and directives.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Types {
    kinds: BTreeMap<String, Kind>,
    directives: BTreeMap<String, DirectiveRule>,
    /// Which objects an abstract type may turn out to be.
    possible: BTreeMap<String, BTreeSet<String>>,
    mutation: bool,
    subscription: bool,
    /// `__schema` and `__type`, which the root of queries has.
    meta: BTreeMap<String, FieldRule>,
    typename: Option<FieldRule>,
}

/// What a type is.
#[derive(Debug)]
pub(super) enum Kind {
    Scalar,
    Enum(BTreeSet<String>),
    Input(Inputs),
    Object(BTreeMap<String, FieldRule>),
    Interface(BTreeMap<String, FieldRule>),
    Union,
}

/// Arguments, or the fields of an input object.
pub(super) type Inputs = BTreeMap<String, InputRule>;

/// A field of an object.
#[derive(Debug)]
pub(super) struct FieldRule {
    pub(super) ty: Type,
    pub(super) arguments: Inputs,
}

/// An argument, or a field of an input object.
#[derive(Debug)]
pub(super) struct InputRule {
    pub(super) ty: Type,
    pub(super) has_default: bool,
}

impl InputRule {
    /// Whether it must be given.
    pub(super) fn is_required(&self) -> bool {
        !self.ty.nullable && !self.has_default
    }
}

/// A directive. None of ours may stand twice; the library's reader takes every one for repeatable.
#[derive(Debug)]
pub(super) struct DirectiveRule {
    pub(super) arguments: Inputs,
    pub(super) locations: Vec<DirectiveLocation>,
}

impl Types {
    /// The types of a schema's text.
    pub(in crate::graphql) fn read(sdl: &str) -> Result<Self, parser::Error> {
        let mut types = Self::default();
        for text in [INTROSPECTION, sdl] {
            let document = parse_schema(text)?;
            for definition in document.definitions {
                types.define(definition);
            }
        }
        let meta = parse_schema(
            "type M { __schema: __Schema! __type(name: String!): __Type __typename: String! }",
        );
        for definition in meta?.definitions {
            if let TypeSystemDefinition::Type(definition) = definition
                && let TypeKind::Object(object) = definition.node.kind
            {
                types.meta = fields(object.fields);
            }
        }
        types.typename = types.meta.remove("__typename");
        Ok(types)
    }

    fn define(&mut self, definition: TypeSystemDefinition) {
        match definition {
            TypeSystemDefinition::Schema(schema) => {
                self.mutation |= schema.node.mutation.is_some();
                self.subscription |= schema.node.subscription.is_some();
            }
            TypeSystemDefinition::Directive(directive) => {
                let directive = directive.node;
                let rule = DirectiveRule {
                    arguments: inputs(directive.arguments),
                    locations: directive.locations.into_iter().map(|it| it.node).collect(),
                };
                self.directives.insert(directive.name.node.to_string(), rule);
            }
            TypeSystemDefinition::Type(definition) => self.define_type(definition.node),
        }
    }

    fn define_type(&mut self, definition: TypeDefinition) {
        let name = definition.name.node.to_string();
        let kind = match definition.kind {
            TypeKind::Scalar => Kind::Scalar,
            TypeKind::Enum(values) => Kind::Enum(
                values.values.into_iter().map(|it| it.node.value.node.to_string()).collect(),
            ),
            TypeKind::InputObject(input) => Kind::Input(inputs(input.fields)),
            TypeKind::Union(union) => {
                let members = union.members.into_iter().map(|it| it.node.to_string());
                self.possible.entry(name.clone()).or_default().extend(members);
                Kind::Union
            }
            TypeKind::Object(object) => {
                for interface in object.implements {
                    let possible = self.possible.entry(interface.node.to_string()).or_default();
                    possible.insert(name.clone());
                }
                self.possible.insert(name.clone(), BTreeSet::from([name.clone()]));
                Kind::Object(fields(object.fields))
            }
            TypeKind::Interface(interface) => Kind::Interface(fields(interface.fields)),
        };
        self.kinds.insert(name, kind);
    }

    /// What the type of that name is.
    pub(super) fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.get(name)
    }

    /// The object at which an operation begins.
    pub(super) fn root(&self, operation: OperationType) -> Option<&'static str> {
        match operation {
            OperationType::Query => Some("Query"),
            OperationType::Mutation => self.mutation.then_some("Mutation"),
            OperationType::Subscription => self.subscription.then_some("Subscription"),
        }
    }

    /// A field of a type that has fields.
    pub(super) fn field(&self, parent: &str, name: &str) -> Option<&FieldRule> {
        if name == "__typename" {
            return self.typename.as_ref().filter(|_| self.is_composite(parent));
        }
        match self.kinds.get(parent)? {
            Kind::Object(fields) | Kind::Interface(fields) => {
                let meta = (parent == "Query").then(|| self.meta.get(name)).flatten();
                fields.get(name).or(meta)
            }
            Kind::Scalar | Kind::Enum(_) | Kind::Input(_) | Kind::Union => None,
        }
    }

    pub(super) fn directive(&self, name: &str) -> Option<&DirectiveRule> {
        self.directives.get(name)
    }

    /// Whether something is selected of values of this type.
    pub(super) fn is_composite(&self, name: &str) -> bool {
        matches!(self.kind(name), Some(Kind::Object(_) | Kind::Interface(_) | Kind::Union))
    }

    pub(super) fn is_object(&self, name: &str) -> bool {
        matches!(self.kind(name), Some(Kind::Object(_)))
    }

    /// Whether a variable or an argument may be of this type.
    pub(super) fn is_input(&self, name: &str) -> bool {
        matches!(self.kind(name), Some(Kind::Scalar | Kind::Enum(_) | Kind::Input(_)))
    }

    /// Whether a value may be of both types.
    pub(super) fn overlap(&self, one: &str, other: &str) -> bool {
        match (self.possible.get(one), self.possible.get(other)) {
            (Some(one), Some(other)) => !one.is_disjoint(other),
            _ => false,
        }
    }
}

/// The name inside all lists and marks.
pub(super) fn innermost(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => innermost(inner),
    }
}

fn fields(fields: Vec<Positioned<FieldDefinition>>) -> BTreeMap<String, FieldRule> {
    let fields = fields.into_iter().map(|field| {
        let field = field.node;
        let rule = FieldRule { ty: field.ty.node, arguments: inputs(field.arguments) };
        (field.name.node.to_string(), rule)
    });
    fields.collect()
}

fn inputs(inputs: Vec<Positioned<InputValueDefinition>>) -> Inputs {
    let inputs = inputs.into_iter().map(|input| {
        let input = input.node;
        let rule = InputRule { ty: input.ty.node, has_default: input.default_value.is_some() };
        (input.name.node.to_string(), rule)
    });
    inputs.collect()
}
