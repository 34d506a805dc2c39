//! Where the items are in an answer, what one holds, and what stands beside them.

use super::guess::{self, Target};
use super::leaf::{Leaves, step};
use super::read::Format;
use super::shape::Shape;
use super::tree::Tree;
use super::words::{is_name, plain};

/// An answer, taken to pieces.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) format: Format,
    /// The path to the items.
    pub(super) items: String,
    /// What their list is called, taken apart.
    pub(super) name: String,
    pub(super) leaves: Leaves,
    /// What stands beside the items.
    pub(super) beside: Leaves,
    /// The items of a sample.
    pub(super) rows: Vec<Tree>,
}

/// One place where the items may be.
struct Place<'s> {
    keys: Vec<String>,
    inner: &'s Shape,
    is_list: bool,
    /// The key of the table in which each item stands.
    wrapped: Option<&'static str>,
}

/// How deep the list of an answer may stand.
const DEPTH: usize = 5;

/// Items that stand in a table of their own, as in bundles and in edges.
const WRAPPED: [&str; 2] = ["resource", "node"];

impl Outline {
    /// Of a sample.
    pub(super) fn of_sample(
        tree: &Tree,
        format: Format,
        hint: &str,
        target: Option<Target>,
    ) -> Option<(Self, Option<Target>)> {
        let shape = Shape::of(&[tree]);
        let (place, target) = place_of(&shape, hint, target)?;
        let keys: Vec<&str> = place.keys.iter().map(String::as_str).collect();
        let at = tree.at(&keys)?;
        let rows = if place.is_list { at.items() } else { std::slice::from_ref(at) };
        let unwrapped = rows.iter().filter_map(|row| match place.wrapped {
            Some(key) => row.get(key),
            None => Some(row),
        });
        let rows = unwrapped.cloned().collect();
        Some((Self::at(&shape, &place, format, rows), target))
    }

    /// Of a description.
    pub(super) fn of_shape(
        shape: &Shape,
        hint: &str,
        target: Option<Target>,
    ) -> Option<(Self, Option<Target>)> {
        let (place, target) = place_of(shape, hint, target)?;
        Some((Self::at(shape, &place, Format::Json, Vec::new()), target))
    }

    fn at(shape: &Shape, place: &Place<'_>, format: Format, rows: Vec<Tree>) -> Self {
        let path: String = place.keys.iter().map(|key| step(key)).collect();
        let end = if place.is_list { "[*]" } else { "" };
        let wrapped = place.wrapped.map(step).unwrap_or_default();
        Self {
            format,
            items: format!("${path}{end}{wrapped}"),
            name: place.keys.last().map(|key| plain(key)).unwrap_or_default(),
            leaves: Leaves::of(place.inner),
            beside: Leaves::of(&without(shape, &place.keys)),
            rows,
        }
    }

    /// The values of each item at these keys.
    pub(super) fn column(&self, keys: &[String]) -> Vec<Option<String>> {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        self.rows.iter().map(|row| row.at(&keys).and_then(Tree::scalar)).collect()
    }
}

/// Where the items are: at the list that looks most like what is wanted.
fn place_of<'s>(
    shape: &'s Shape,
    hint: &str,
    target: Option<Target>,
) -> Option<(Place<'s>, Option<Target>)> {
    let mut places = Vec::new();
    lists(shape, &mut Vec::new(), &mut places);
    if places.is_empty() {
        places.extend(single(shape));
    }
    let judged = places.into_iter().map(|place| {
        let name = place.keys.last().map(|key| plain(key)).unwrap_or_default();
        let leaves = Leaves::of(place.inner);
        let (worth, found) = guess::judge(&leaves, &[name.as_str(), hint], target);
        // Among lists that say nothing to us, the one with more fields.
        ((worth, leaves.all.len()), place, found)
    });
    let (_, place, found) = judged.max_by_key(|(worth, ..)| *worth)?;
    Some((place, target.or(found)))
}

fn lists<'s>(shape: &'s Shape, keys: &mut Vec<String>, into: &mut Vec<Place<'s>>) {
    match shape {
        Shape::List(inner) => {
            let Shape::Fields(fields) = &**inner else { return };
            let wrapped = WRAPPED.into_iter().find_map(|key| {
                let (_, shape) = fields.iter().find(|(known, _)| known == key)?;
                matches!(shape, Shape::Fields(_)).then_some((key, shape))
            });
            into.push(Place {
                keys: keys.clone(),
                inner: wrapped.map_or(inner, |(_, shape)| shape),
                is_list: true,
                wrapped: wrapped.map(|(key, _)| key),
            });
        }
        Shape::Fields(fields) if keys.len() < DEPTH => {
            for (key, inner) in fields.iter().filter(|(key, _)| is_name(key)) {
                keys.push(key.clone());
                lists(inner, keys, into);
                keys.pop();
            }
        }
        _ => {}
    }
}

/// An answer that is one item: all of it, or the one table that holds most of it.
fn single(shape: &Shape) -> Option<Place<'_>> {
    let Shape::Fields(fields) = shape else { return None };
    let all = Leaves::of(shape).all.len();
    let inner = fields.iter().find(|(key, inner)| {
        is_name(key) && matches!(inner, Shape::Fields(_)) && Leaves::of(inner).all.len() * 2 > all
    });
    let of = |keys, inner| Place { keys, inner, is_list: false, wrapped: None };
    Some(match inner {
        Some((key, inner)) => of(vec![key.clone()], inner),
        None => of(Vec::new(), shape),
    })
}

/// The same shape without what stands below these keys.
fn without(shape: &Shape, keys: &[String]) -> Shape {
    let (Shape::Fields(fields), [first, rest @ ..]) = (shape, keys) else {
        return Shape::Fields(Vec::new());
    };
    let left = fields.iter().filter_map(|(key, inner)| match (key == first, rest) {
        (false, _) => Some((key.clone(), inner.clone())),
        (true, []) => None,
        (true, rest) => Some((key.clone(), without(inner, rest))),
    });
    Shape::Fields(left.collect())
}
