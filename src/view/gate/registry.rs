//! Fills the GraphQL registry from our declarations.

use async_graphql::indexmap::{IndexMap, IndexSet};
use async_graphql::registry::{
    Deprecation, MetaDirective, MetaDirectiveInvocation, MetaEnumValue, MetaField, MetaInputValue,
    MetaType, Registry,
};
use async_graphql::{CacheControl, Name, Value};

use super::object::{ArgMeta, FieldMeta, Object};
use crate::access::FieldClass;

/// A type that is not an object.
pub(crate) enum TypeKind {
    /// A scalar; built-in ones need no description.
    Scalar(&'static str),
    /// An enum: description, values and theirs.
    Enum(&'static str, Vec<(&'static str, &'static str)>),
    /// A union: description and members.
    Union(&'static str, Vec<String>),
}

/// Writes `care_team` as `careTeam`.
pub(crate) fn camel(name: &str) -> String {
    let mut parts = name.trim_start_matches("r#").trim_end_matches('_').split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// Adds a type that is not an object, once.
pub(crate) fn add_type(registry: &mut Registry, name: &str, kind: TypeKind) {
    if registry.types.contains_key(name) {
        return;
    }
    let meta = match kind {
        TypeKind::Scalar(about) => MetaType::Scalar {
            name: name.to_owned(),
            description: some(about),
            is_valid: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            specified_by_url: None,
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        },
        TypeKind::Enum(about, values) => MetaType::Enum {
            name: name.to_owned(),
            description: some(about),
            enum_values: values
                .iter()
                .map(|(value, about)| ((*value).to_owned(), enum_value(value, about)))
                .collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        },
        TypeKind::Union(about, members) => MetaType::Union {
            name: name.to_owned(),
            description: some(about),
            possible_types: members.into_iter().collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            directive_invocations: Vec::new(),
        },
    };
    registry.types.insert(name.to_owned(), meta);
}

fn enum_value(value: &str, about: &str) -> MetaEnumValue {
    MetaEnumValue {
        name: value.to_owned(),
        description: some(about),
        deprecation: Deprecation::NoDeprecated,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    }
}

/// Adds an object type and all that its fields need, once.
pub(super) fn register_object<T: Object>(registry: &mut Registry) {
    let meta = T::meta();
    if registry.types.contains_key(meta.name) {
        return;
    }
    // Entered before its fields are, because types may contain each other.
    registry
        .types
        .insert(meta.name.to_owned(), object_type(meta.name, meta.about, IndexMap::new()));
    let mut fields = IndexMap::new();
    for declared in &meta.fields {
        (declared.register)(registry);
        fields.insert(declared.name.clone(), of_object(meta.name, declared));
    }
    registry.types.insert(meta.name.to_owned(), object_type(meta.name, meta.about, fields));
    if meta.abstracts.contains(&"Node") {
        register_node(registry);
        registry.implements.entry(meta.name.to_owned()).or_default().insert("Node".to_owned());
        if let Some(MetaType::Interface { possible_types, .. }) = registry.types.get_mut("Node") {
            possible_types.insert(meta.name.to_owned());
        }
    }
}

/// Adds the interface `Node`, once.
pub(crate) fn register_node(registry: &mut Registry) {
    if registry.types.contains_key("Node") {
        return;
    }
    let id = field("id", "Opaque and stable.", "ID!".to_owned(), FieldClass::Inherit, &[]);
    let interface = MetaType::Interface {
        name: "Node".to_owned(),
        description: some("Anything that has an id."),
        fields: IndexMap::from_iter([("id".to_owned(), id)]),
        possible_types: IndexSet::default(),
        extends: false,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        keys: None,
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    };
    registry.types.insert("Node".to_owned(), interface);
}

fn of_object<T>(name: &str, declared: &FieldMeta<T>) -> MetaField {
    // Checked here, at start: a field that can be hidden but has nothing to stand in its place would have to take its
    // parent along.
    assert!(
        declared.can_be_withheld
            || matches!(declared.class, FieldClass::Inherit | FieldClass::Public),
        "{name}.{} is of class {} but its type {} cannot be withheld",
        declared.name,
        declared.class.name(),
        (declared.type_ref)()
    );
    field(&declared.name, declared.about, (declared.type_ref)(), declared.class, declared.args)
}

/// Adds an object type whose output is written by hand.
pub(crate) fn register_fields(
    registry: &mut Registry,
    name: &str,
    about: &str,
    fields: impl IntoIterator<Item = MetaField>,
) {
    let fields = fields.into_iter().map(|field| (field.name.clone(), field)).collect();
    registry.types.insert(name.to_owned(), object_type(name, about, fields));
}

/// An object type of the registry.
fn object_type(name: &str, about: &str, fields: IndexMap<String, MetaField>) -> MetaType {
    MetaType::Object {
        name: name.to_owned(),
        description: some(about),
        fields,
        cache_control: CacheControl::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        keys: None,
        is_subscription: false,
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// A field of the registry, with its class as a directive.
pub(crate) fn field(
    name: &str,
    about: &str,
    ty: String,
    class: FieldClass,
    args: &[ArgMeta],
) -> MetaField {
    MetaField {
        name: name.to_owned(),
        description: some(about),
        args: args.iter().map(|arg| (arg.name.to_owned(), input(arg))).collect(),
        ty,
        deprecation: Deprecation::NoDeprecated,
        cache_control: CacheControl::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: None,
        directive_invocations: vec![access_directive(class)],
        requires_scopes: Vec::new(),
    }
}

fn input(arg: &ArgMeta) -> MetaInputValue {
    MetaInputValue {
        name: arg.name.to_owned(),
        description: some(arg.about),
        ty: arg.type_ref.to_owned(),
        deprecation: Deprecation::NoDeprecated,
        default_value: arg.default.map(str::to_owned),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}

/// `@access(class: …)`.
pub(crate) fn access_directive(class: FieldClass) -> MetaDirectiveInvocation {
    let args = [("class".to_owned(), Value::Enum(Name::new(class.name())))].into_iter().collect();
    MetaDirectiveInvocation { name: "access".to_owned(), args }
}

/// Makes the directive `@access` and its enum known.
pub(crate) fn register_access(registry: &mut Registry) {
    let values: Vec<_> =
        FieldClass::ALL.iter().map(|class| (class.name(), class.about())).collect();
    let enum_values =
        values.iter().map(|(name, about)| ((*name).to_owned(), enum_value(name, about))).collect();
    registry.types.entry("FieldClass".to_owned()).or_insert_with(|| MetaType::Enum {
        name: "FieldClass".to_owned(),
        description: some("What kind of fact a field holds, as far as access is concerned."),
        enum_values,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    });
    let class =
        ArgMeta { name: "class", about: "The class.", type_ref: "FieldClass!", default: None };
    registry.add_directive(MetaDirective {
        name: "access".to_owned(),
        description: some(
            "The class of a field: which roles see which class stands in access-matrix.txt.",
        ),
        locations: vec![async_graphql::registry::__DirectiveLocation::FIELD_DEFINITION],
        args: [("class".to_owned(), input(&class))].into_iter().collect(),
        is_repeatable: false,
        visible: None,
        composable: None,
    });
}

fn some(about: &str) -> Option<String> {
    let about = about.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let about = about.trim();
    (!about.is_empty()).then(|| about.to_owned())
}
