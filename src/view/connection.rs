//! Relay connections over a merged list.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::completeness::Completeness;
use super::gate::{
    Args, Compiler, Object, Output, PlanField, PlanKind, Selections, Shape, Writer,
    register_fields, registry_field,
};
use super::paging::{DEFAULT_PAGE, LARGEST_PAGE, PageInfo, Place, check_paging, decode, encode};
use crate::access::FieldClass;
use async_graphql::ServerResult;
use async_graphql::registry::{MetaField, Registry};

/// An item with its place.
#[derive(Clone, Debug)]
pub(crate) struct Entry<T> {
    /// Where it stands.
    pub(crate) place: Place,
    /// The item.
    pub(crate) node: T,
}

/// A merged list with its completeness.
#[derive(Clone, Debug)]
pub(crate) struct Connection<T> {
    entries: Vec<Entry<Arc<T>>>,
    completeness: Completeness,
    /// Set when the list was paged where it came from: then `entries` is the page.
    window: Option<Window>,
}

/// One page of a list that is paged elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// The cursor of each item.
    pub(crate) cursors: Vec<String>,
    /// Whether more items follow.
    pub(crate) has_next: bool,
    /// Whether items come before.
    pub(crate) has_previous: bool,
}

/// An item of a connection: gives the connection and its edge their names.
pub(crate) trait Item: Object {
    /// `ConditionConnection`.
    const CONNECTION: &'static str;
    /// `ConditionEdge`.
    const EDGE: &'static str;
    /// False for lists that are cut into pages where they come from, with cursors of their own.
    const PAGED_HERE: bool = true;
}

/// Implements [`Item`] with the usual names.
macro_rules! item {
    ($type:ident, paged_elsewhere) => {
        $crate::view::connection::item!(@impl $type, const PAGED_HERE: bool = false;);
    };
    ($type:ident, without_thing) => {
        $crate::view::connection::item!(@impl $type,);
    };
    ($type:ident) => {
        $crate::view::connection::item!(@impl $type,);
        $crate::view::node::thing!($type);
    };
    (@impl $type:ident, $($more:item)?) => {
        impl $crate::view::connection::Item for $type {
            const CONNECTION: &'static str = concat!(stringify!($type), "Connection");
            const EDGE: &'static str = concat!(stringify!($type), "Edge");
            $($more)?
        }
    };
}
pub(crate) use item;

impl<T> Connection<T> {
    /// A list in the order of its places.
    pub(crate) fn new(entries: Vec<Entry<T>>, completeness: Completeness) -> Self {
        let mut entries = shared(entries);
        entries.sort_by_key(|a| a.place);
        Self { entries, completeness, window: None }
    }

    /// A page of a list that is paged elsewhere, in the order given.
    pub(crate) fn paged(
        entries: Vec<Entry<T>>,
        completeness: Completeness,
        window: Window,
    ) -> Self {
        Self { entries: shared(entries), completeness, window: Some(window) }
    }

    /// The part of it whose items pass.
    pub(crate) fn filtered(&self, pass: impl Fn(&T) -> bool) -> Self {
        let passing = self.entries.iter().filter(|entry| pass(&entry.node));
        let share = |entry: &Entry<Arc<T>>| Entry { place: entry.place, node: entry.node.clone() };
        let entries = passing.map(share).collect();
        Self { entries, completeness: self.completeness.clone(), window: None }
    }

    /// Its items.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &*entry.node)
    }

    fn page(&self, args: &Args) -> Range<usize> {
        if self.window.is_some() {
            return 0..self.entries.len();
        }
        let start = args
            .get::<String>("after")
            .and_then(|cursor| decode(&cursor))
            .map_or(0, |after| self.entries.partition_point(|entry| entry.place <= after));
        let first = args
            .get::<i32>("first")
            .and_then(|first| usize::try_from(first).ok())
            .unwrap_or(DEFAULT_PAGE);
        start..(start + first.min(LARGEST_PAGE)).min(self.entries.len())
    }

    fn page_info(&self, page: &Range<usize>) -> PageInfo {
        let window = self.window.as_ref();
        PageInfo {
            has_next_page: window.map_or(page.end < self.entries.len(), |window| window.has_next),
            has_previous_page: window.map_or(page.start > 0, |window| window.has_previous),
            start_cursor: (!page.is_empty()).then(|| self.cursor(page.start)),
            end_cursor: (!page.is_empty()).then(|| self.cursor(page.end - 1)),
        }
    }

    fn cursor(&self, place: usize) -> String {
        match &self.window {
            Some(window) => window.cursors.get(place).cloned().unwrap_or_default(),
            None => self.entries.get(place).map(|entry| encode(&entry.place)).unwrap_or_default(),
        }
    }

    fn total(&self) -> Option<i32> {
        let known = self.window.is_none() && self.completeness.is_complete();
        known.then(|| i32::try_from(self.entries.len()).unwrap_or(i32::MAX))
    }
}

/// Items that several lists may hold.
fn shared<T>(entries: Vec<Entry<T>>) -> Vec<Entry<Arc<T>>> {
    let share = |entry: Entry<T>| Entry { place: entry.place, node: Arc::new(entry.node) };
    entries.into_iter().map(share).collect()
}

const NODES: usize = 0;
const EDGES: usize = 1;
const PAGE_INFO: usize = 2;
const TOTAL_COUNT: usize = 3;
const COMPLETENESS: usize = 4;
const FIELDS: [&str; 5] = ["nodes", "edges", "pageInfo", "totalCount", "completeness"];

const CURSOR: usize = 0;
const NODE: usize = 1;
const EDGE_FIELDS: [&str; 2] = ["cursor", "node"];

/// A field that everybody may see who may see the list: its name, what it tells, its type.
fn field(name: &str, about: &'static str, kind: String) -> MetaField {
    registry_field(name, about, kind, FieldClass::Inherit, &[])
}

fn edge_fields(item: &str) -> [MetaField; 2] {
    [
        field("cursor", "Where the item stands in the list.", "String!".to_owned()),
        field("node", "The item.", format!("{item}!")),
    ]
}

fn page_fields(item: &str, edge: &str) -> [MetaField; 5] {
    [
        field("nodes", "The items of this page.", format!("[{item}!]!")),
        field("edges", "The items of this page with their cursors.", format!("[{edge}!]!")),
        field("pageInfo", "Where this page stands in the list.", "PageInfo!".to_owned()),
        field(
            "totalCount",
            "How many items this viewer may see in all; null while a source is missing.",
            "Int".to_owned(),
        ),
        field(
            "completeness",
            "Which sources are in the list, and which are missing.",
            "Completeness!".to_owned(),
        ),
    ]
}

impl<T: Item> Output for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        T::CONNECTION.into()
    }

    fn register(registry: &mut Registry) {
        if registry.types.contains_key(T::CONNECTION) {
            return;
        }
        let name = <T as Output>::type_name();
        let edge = "An item with its place in the list.";
        register_fields(registry, T::EDGE, edge, edge_fields(&name));
        let page = "A page of a list, with what is missing from it.";
        register_fields(registry, T::CONNECTION, page, page_fields(&name, T::EDGE));
        <T as Output>::register(registry);
        PageInfo::register(registry);
        Completeness::register(registry);
    }

    fn compile<'q>(
        compiler: &mut Compiler<'q>,
        args: &Args,
        selections: &Selections<'q>,
    ) -> ServerResult<Shape> {
        check_paging(args, T::PAGED_HERE)?;
        let fields =
            compiler.fields(
                selections,
                T::CONNECTION,
                &FIELDS,
                |compiler, place, args, below| match place {
                    NODES => <T as Output>::compile(compiler, args, below),
                    EDGES => compiler
                        .fields(below, T::EDGE, &EDGE_FIELDS, |compiler, place, args, below| {
                            match place {
                                NODE => <T as Output>::compile(compiler, args, below),
                                _ => Ok(Shape::Leaf),
                            }
                        })
                        .map(Shape::Object),
                    PAGE_INFO => PageInfo::compile(compiler, args, below),
                    COMPLETENESS => Completeness::compile(compiler, args, below),
                    _ => Ok(Shape::Leaf),
                },
            )?;
        Ok(Shape::Page(args.clone(), fields))
    }

    fn write(&self, shape: &Shape, out: &mut Writer) {
        let Shape::Page(args, fields) = shape else { return out.null() };
        let page = self.page(args);
        write_fields(T::CONNECTION, fields, out, |place, field, out| match place {
            NODES => out.list(["[", "]"], &self.entries[page.clone()], |entry, out| {
                entry.node.write(&field.shape, out);
            }),
            EDGES => out.list(["[", "]"], page.clone(), |place, out| {
                self.write_edge(place, &field.shape, out);
            }),
            PAGE_INFO => self.page_info(&page).write(&field.shape, out),
            TOTAL_COUNT => self.total().write(&field.shape, out),
            COMPLETENESS => self.completeness.write(&field.shape, out),
            _ => out.null(),
        });
    }

    /// A list that may not be seen is not an empty list: it is unavailable, and its length is not told.
    fn withheld(shape: &Shape, out: &mut Writer) {
        let hidden =
            Self { entries: Vec::new(), completeness: Completeness::withheld(), window: None };
        hidden.write(shape, out);
    }

    const CAN_BE_WITHHELD: bool = true;
}

impl<T: Item> Connection<T> {
    fn write_edge(&self, place: usize, shape: &Shape, out: &mut Writer) {
        let (Shape::Object(fields), Some(entry)) = (shape, self.entries.get(place)) else {
            return out.null();
        };
        write_fields(T::EDGE, fields, out, |field_place, field, out| match field_place {
            CURSOR => out.string(&self.cursor(place)),
            _ => entry.node.write(&field.shape, out),
        });
    }
}

fn write_fields(
    name: &str,
    fields: &[PlanField],
    out: &mut Writer,
    write: impl Fn(usize, &PlanField, &mut Writer),
) {
    out.list(["{", "}"], fields, |field, out| {
        out.raw(&field.key);
        match field.kind {
            PlanKind::Typename => out.string(name),
            PlanKind::Shown(place) => write(place, field, out),
            PlanKind::Withheld(_) => out.null(),
        }
    });
}
