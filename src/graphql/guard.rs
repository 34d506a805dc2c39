//! Limits on a document, held before anything of it is validated or executed.
//!
//! The library's own limits descend into fragments again and again, so a small document can keep it busy for minutes;
//! here every fragment is measured once and numbers saturate.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Variables};
use async_graphql_value::Value as InputValue;

use super::error::ErrorCode;
use super::limits::Limits;

/// The page size that counts when a query does not say.
const DEFAULT_PAGE: u64 = 20;
/// The lists by which introspection leads from type to type.
const INTROSPECTED_LISTS: [&str; 4] = ["fields", "interfaces", "possibleTypes", "inputFields"];
/// The largest page size; a larger one is refused later.
const LARGEST_PAGE: u64 = 100;

/// What a selection comes to.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    depth: u64,
    introspected_lists: u64,
    selections: u64,
    aliases: u64,
    directives: u64,
    repeats: u64,
    /// Objects that come once.
    fixed: u64,
    /// Objects that come once for each item of the page in whose connection the selection stands.
    paged: u64,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.introspected_lists = self.introspected_lists.max(other.introspected_lists);
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.repeats = self.repeats.saturating_add(other.repeats);
        self.fixed = self.fixed.saturating_add(other.fixed);
        self.paged = self.paged.saturating_add(other.paged);
    }
}

/// Refuses a document that asks for too much. `name` is the operation to be executed; the others are validated all the
/// same, so they are held to the same limits. When it is not refused: whether that holds for these variables only.
pub(crate) fn check(
    document: &ExecutableDocument,
    name: Option<&str>,
    variables: &Variables,
    limits: &Limits,
) -> Result<bool, ServerError> {
    let chosen = operation(document, name)?;
    let mut reads_variables = check_operation(document, chosen, variables, limits)?;
    for (_, other) in document.operations.iter() {
        if !std::ptr::eq(&raw const other.node, chosen) {
            reads_variables |= check_operation(document, &other.node, variables, limits)?;
        }
    }
    Ok(reads_variables)
}

fn check_operation(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    limits: &Limits,
) -> Result<bool, ServerError> {
    let (measured, reads_variables) = (HashMap::new(), Cell::new(false));
    let mut guard = Guard { document, variables, operation, measured, reads_variables };
    let root = guard.measure(&operation.selection_set.node)?;
    let mut size = root;
    size.directives = size.directives.saturating_add(operation.directives.len() as u64);
    for variable in &operation.variable_definitions {
        let directives = variable.node.directives.len() as u64;
        size.directives = size.directives.saturating_add(directives);
    }
    // Fragments that are not used are validated all the same.
    for fragment in document.fragments.values() {
        let directives = fragment.node.directives.len() as u64;
        size.directives = size.directives.saturating_add(directives);
        let unused = guard.measure(&fragment.node.selection_set.node)?;
        size.selections = size.selections.max(unused.selections);
        size.depth = size.depth.max(unused.depth);
        size.introspected_lists = size.introspected_lists.max(unused.introspected_lists);
    }
    let fields = guard.root_fields(&operation.selection_set.node);
    let cost = root.fixed.saturating_add(root.paged.saturating_mul(DEFAULT_PAGE));
    for (what, count, limit) in [
        ("nested levels", size.depth, limits.depth),
        ("introspected lists within lists", size.introspected_lists, limits.introspected_lists),
        ("aliases", size.aliases, limits.aliases),
        ("root fields", fields, limits.root_fields),
        ("directives", size.directives, limits.directives),
        ("repeated selections", size.repeats, limits.repeats),
        ("selections", size.selections, limits.selections),
        ("objects", cost, limits.cost),
    ] {
        if count > limit {
            return Err(too_complex(what, count, limit));
        }
    }
    Ok(guard.reads_variables.get())
}

/// The operation of that name, or the only one.
pub(crate) fn operation<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d OperationDefinition, ServerError> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(wanted) => operations
            .find(|(name, _)| name.is_some_and(|name| name == wanted))
            .map(|(_, operation)| operation),
        None => match (operations.next(), operations.next()) {
            (Some((_, only)), None) => Some(only),
            _ => None,
        },
    };
    found.map(|operation| &operation.node).ok_or_else(|| {
        ErrorCode::BadUserInput
            .of_request("\"operationName\" must name one of the document's operations.")
    })
}

fn too_complex(what: &str, count: u64, limit: u64) -> ServerError {
    ErrorCode::TooComplex
        .of_request(format!("The query has {count} {what}; at most {limit} are allowed."))
}

/// How many selections of a set stand in it a second time.
fn repeats(set: &SelectionSet) -> u64 {
    let keys = set.items.iter().map(|item| match &item.node {
        Selection::Field(field) => ("field", field.node.response_key().node.as_str()),
        Selection::FragmentSpread(spread) => ("spread", spread.node.fragment_name.node.as_str()),
        Selection::InlineFragment(inline) => {
            let condition = inline.node.type_condition.as_ref();
            ("inline", condition.map_or("", |condition| condition.node.on.node.as_str()))
        }
    });
    let distinct: HashSet<(&str, &str)> = keys.collect();
    set.items.len().saturating_sub(distinct.len()) as u64
}

struct Guard<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    operation: &'d OperationDefinition,
    /// Each fragment's size; `None` while it is being measured, which finds cycles.
    measured: HashMap<&'d Name, Option<Size>>,
    /// A size depended on a variable.
    reads_variables: Cell<bool>,
}

impl<'d> Guard<'d> {
    fn measure(&mut self, set: &'d SelectionSet) -> Result<Size, ServerError> {
        let mut size = Size { repeats: repeats(set), ..Size::default() };
        for Positioned { node, .. } in &set.items {
            size.selections = size.selections.saturating_add(1);
            size.directives = size.directives.saturating_add(node.directives().len() as u64);
            match node {
                Selection::Field(field) => size.add(self.field(&field.node)?),
                Selection::InlineFragment(fragment) => {
                    size.add(self.measure(&fragment.node.selection_set.node)?);
                }
                Selection::FragmentSpread(spread) => {
                    size.add(self.fragment(&spread.node.fragment_name.node)?);
                }
            }
        }
        Ok(size)
    }

    fn field(&mut self, field: &'d Field) -> Result<Size, ServerError> {
        let below = self.measure(&field.selection_set.node)?;
        let mut size = Size { depth: below.depth + 1, fixed: 0, paged: 0, ..below };
        size.aliases = size.aliases.saturating_add(u64::from(field.alias.is_some()));
        // No field of ours has one of these names; a test holds it.
        size.introspected_lists +=
            u64::from(INTROSPECTED_LISTS.contains(&field.name.node.as_str()));
        if field.selection_set.node.items.is_empty() {
            return Ok(size);
        }
        let objects = below
            .paged
            .saturating_mul(self.page_size(field))
            .saturating_add(below.fixed)
            .saturating_add(1);
        if matches!(field.name.node.as_str(), "nodes" | "edges") {
            size.paged = objects;
        } else {
            size.fixed = objects;
        }
        Ok(size)
    }

    fn fragment(&mut self, name: &'d Name) -> Result<Size, ServerError> {
        match self.measured.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(ErrorCode::BadUserInput.of_request("A fragment contains itself."));
            }
            None => {}
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Err(
                ErrorCode::BadUserInput.of_request("A fragment is used that is not defined.")
            );
        };
        self.measured.insert(name, None);
        let size = self.measure(&fragment.node.selection_set.node)?;
        self.measured.insert(name, Some(size));
        Ok(size)
    }

    /// How many items the page holds that a field's arguments ask for: `first`, or the length of `ids`.
    fn page_size(&self, field: &Field) -> u64 {
        let size = field.arguments.iter().find_map(|(name, value)| match name.node.as_str() {
            "first" => self.number(&value.node),
            "ids" => self.length(&value.node),
            _ => None,
        });
        size.unwrap_or(DEFAULT_PAGE).min(LARGEST_PAGE)
    }

    fn number(&self, value: &InputValue) -> Option<u64> {
        match value {
            InputValue::Number(number) => number.as_u64(),
            InputValue::Variable(name) => match self.variable(name)? {
                async_graphql::Value::Number(number) => number.as_u64(),
                _ => None,
            },
            _ => None,
        }
    }

    fn length(&self, value: &InputValue) -> Option<u64> {
        match value {
            InputValue::List(items) => Some(items.len() as u64),
            InputValue::Variable(name) => match self.variable(name)? {
                async_graphql::Value::List(items) => Some(items.len() as u64),
                _ => None,
            },
            _ => None,
        }
    }

    fn variable(&self, name: &Name) -> Option<&async_graphql::Value> {
        self.reads_variables.set(true);
        self.variables.get(name).or_else(|| {
            let defined = self
                .operation
                .variable_definitions
                .iter()
                .find(|defined| defined.node.name.node == *name)?;
            defined.node.default_value()
        })
    }

    fn root_fields(&self, set: &SelectionSet) -> u64 {
        let mut count = 0_u64;
        let mut open = vec![set];
        let mut steps = 0;
        while let Some(set) = open.pop() {
            steps += 1;
            // More fragments at the root than any limit allows: the count only has to be large.
            if steps > 1_000 {
                return u64::MAX;
            }
            for item in &set.items {
                match &item.node {
                    Selection::Field(_) => count = count.saturating_add(1),
                    Selection::InlineFragment(fragment) => {
                        open.push(&fragment.node.selection_set.node);
                    }
                    Selection::FragmentSpread(spread) => {
                        if let Some(fragment) =
                            self.document.fragments.get(&spread.node.fragment_name.node)
                        {
                            open.push(&fragment.node.selection_set.node);
                        }
                    }
                }
            }
        }
        count
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
