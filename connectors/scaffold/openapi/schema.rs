//! From schemas to shapes: references followed, parts of a whole put together, everything bounded.

use std::cell::{Cell, RefCell};

use super::super::shape::{Facts, Shape, Told};
use super::super::tree::Tree;

/// How many schemas are looked into for one document: references may lead to each other without end.
const SCHEMAS: usize = 50_000;

/// How deep they are followed.
const DEPTH: usize = 12;

/// A description, whose parts refer to each other.
pub(super) struct Document<'d> {
    pub(super) root: &'d Tree,
    left: Cell<usize>,
    /// The schemas that are being looked into, by their places in memory.
    open: RefCell<Vec<*const Tree>>,
}

impl<'d> Document<'d> {
    pub(super) fn new(root: &'d Tree) -> Self {
        Self { root, left: Cell::new(SCHEMAS), open: RefCell::default() }
    }

    /// What a part stands for: it may refer to another part of the document, and to no other document.
    pub(super) fn resolved(&self, part: &'d Tree) -> Option<&'d Tree> {
        let mut part = part;
        for _ in 0..DEPTH {
            let Some(Tree::Text(reference)) = part.get("$ref") else { return Some(part) };
            let path = reference.strip_prefix("#/")?;
            part = path.split('/').try_fold(self.root, |at, key| {
                at.get(&key.replace("~1", "/").replace("~0", "~"))
            })?;
        }
        None
    }

    /// The shape of what a schema describes.
    pub(super) fn shape(&self, schema: &'d Tree) -> Shape {
        self.deeper(schema, 0)
    }

    fn deeper(&self, schema: &'d Tree, depth: usize) -> Shape {
        let Some(left) = self.left.get().checked_sub(1).filter(|_| depth < DEPTH) else {
            return Shape::Closed;
        };
        self.left.set(left);
        let Some(schema) = self.resolved(schema) else { return Shape::Closed };
        let place = std::ptr::from_ref(schema);
        if self.open.borrow().contains(&place) {
            return Shape::Closed;
        }
        self.open.borrow_mut().push(place);
        let shape = self.within(schema, depth);
        self.open.borrow_mut().pop();
        shape
    }

    /// The shape of a schema that refers to no other.
    fn within(&self, schema: &'d Tree, depth: usize) -> Shape {
        let mut fields: Vec<(String, Shape)> = Vec::new();
        for part in ["allOf", "oneOf", "anyOf"] {
            for inner in schema.get(part).map(Tree::items).unwrap_or_default() {
                match self.deeper(inner, depth + 1) {
                    Shape::Fields(more) => {
                        for (key, shape) in more {
                            put(&mut fields, key, shape);
                        }
                    }
                    // One that may also be null.
                    Shape::Empty => {}
                    other if fields.is_empty() && part != "allOf" => return other,
                    _ => {}
                }
            }
        }
        for (key, inner) in schema.get("properties").map(Tree::fields).unwrap_or_default() {
            put(&mut fields, key.clone(), self.deeper(inner, depth + 1));
        }
        if !fields.is_empty() {
            return Shape::Fields(fields);
        }
        if let Some(items) = schema.get("items") {
            return Shape::List(Box::new(self.deeper(items, depth + 1)));
        }
        match kind(schema).as_deref() {
            Some("null") => Shape::Empty,
            Some("object" | "array") => Shape::Closed,
            kind => Shape::Single(facts(schema, kind)),
        }
    }
}

fn put(fields: &mut Vec<(String, Shape)>, key: String, shape: Shape) {
    match fields.iter_mut().find(|(known, _)| *known == key) {
        Some((_, known)) => *known = shape,
        None => fields.push((key, shape)),
    }
}

/// The type; in 3.1 it may be one of several, of which null says nothing.
fn kind(schema: &Tree) -> Option<String> {
    match schema.get("type")? {
        Tree::Text(kind) => Some(kind.clone()),
        Tree::Null => Some("null".to_owned()),
        Tree::List(kinds) => kinds.iter().filter_map(Tree::scalar).find(|it| it != "null"),
        _ => None,
    }
}

fn facts(schema: &Tree, kind: Option<&str>) -> Facts {
    let constant = schema.get("const").and_then(Tree::scalar);
    let choices = schema.get("enum").map(Tree::items).unwrap_or_default();
    let told = Told {
        choices: choices.iter().filter_map(Tree::scalar).chain(constant).collect(),
        is_iso: matches!(schema.get("format").and_then(Tree::text), Some("date" | "date-time")),
        is_number: matches!(kind, Some("integer" | "number")),
    };
    Facts { values: Vec::new(), is_bool: kind == Some("boolean"), told: Some(told) }
}
