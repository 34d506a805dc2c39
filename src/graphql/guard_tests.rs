//! The guard's sizes against what comes out when every fragment is put in, on random documents.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::*;
use crate::graphql::document::parse;

/// A selection, before it is written down.
enum Item {
    Field { alias: bool, name: &'static str, first: Option<u64>, directives: u64, below: Vec<Item> },
    Inline { directives: u64, below: Vec<Item> },
    Spread { directives: u64, of: usize },
}

impl Item {
    /// What makes it a repetition of another one in its set.
    fn key(&self) -> String {
        match self {
            Self::Field { alias: true, .. } => "field z".to_owned(),
            Self::Field { name, .. } => format!("field {name}"),
            Self::Inline { .. } => "inline".to_owned(),
            Self::Spread { of, .. } => format!("spread {of}"),
        }
    }
}

const NAMES: [&str; 5] = ["a", "b", "nodes", "edges", "c"];

/// Fragments that spread later ones only, so that all of them end.
struct Document {
    root: Vec<Item>,
    fragments: Vec<Vec<Item>>,
}

impl Document {
    fn random(random: &mut StdRng) -> Self {
        let count = random.random_range(0..5);
        let fragments = (0..count).map(|own| items(random, own + 1, count, 2)).collect();
        Self { root: items(random, 0, count, 3), fragments }
    }

    fn text(&self) -> String {
        let mut text = format!("query {}", set(&self.root));
        for (place, fragment) in self.fragments.iter().enumerate() {
            text = format!("{text} fragment F{place} on Query {}", set(fragment));
        }
        text
    }

    /// What a selection comes to, fragment after fragment, with nothing remembered. `page` is how many items the
    /// connection holds in which it stands.
    fn size(&self, items: &[Item], page: u64) -> Size {
        let mut size = Size::default();
        let mut seen = Vec::new();
        for item in items {
            let key = item.key();
            size.repeats += u64::from(seen.contains(&key));
            seen.push(key);
            size.selections += 1;
            let (directives, below) = match item {
                Item::Field { alias, name, first, directives, below } => {
                    size.aliases += u64::from(*alias);
                    let mut inner = self.size(below, first.unwrap_or(DEFAULT_PAGE));
                    inner.depth += 1;
                    let objects = if below.is_empty() { 0 } else { inner.fixed + 1 };
                    inner.fixed =
                        if matches!(*name, "nodes" | "edges") { objects * page } else { objects };
                    (directives, inner)
                }
                Item::Inline { directives, below } => (directives, self.size(below, page)),
                Item::Spread { directives, of } => {
                    (directives, self.size(&self.fragments[*of], page))
                }
            };
            size.directives += directives;
            size.add(below);
        }
        size
    }
}

fn items(random: &mut StdRng, from: usize, count: usize, depth: u32) -> Vec<Item> {
    (0..random.random_range(1..4)).map(|_| item(random, from, count, depth)).collect()
}

fn item(random: &mut StdRng, from: usize, count: usize, depth: u32) -> Item {
    let directives = random.random_range(0..2);
    match random.random_range(0..4) {
        0 if from < count => Item::Spread { directives, of: random.random_range(from..count) },
        1 if depth > 0 => Item::Inline { directives, below: items(random, from, count, depth - 1) },
        _ => {
            let is_leaf = depth == 0 || random.random_bool(0.3);
            Item::Field {
                alias: random.random_bool(0.3),
                name: NAMES[random.random_range(0..NAMES.len())],
                first: random.random_bool(0.5).then(|| random.random_range(1..=LARGEST_PAGE)),
                directives,
                below: if is_leaf { Vec::new() } else { items(random, from, count, depth - 1) },
            }
        }
    }
}

/// Writes a selection set; an empty one is none.
fn set(items: &[Item]) -> String {
    let directives = |count: u64| " @x".repeat(usize::try_from(count).unwrap());
    let written = items.iter().map(|item| match item {
        Item::Field { alias, name, first, directives: count, below } => {
            let alias = if *alias { "z: " } else { "" };
            let first = first.map(|first| format!("(first: {first})")).unwrap_or_default();
            format!("{alias}{name}{first}{} {}", directives(*count), set(below))
        }
        Item::Inline { directives: count, below } => {
            format!("...{} {}", directives(*count), set(below))
        }
        Item::Spread { directives: count, of } => format!("...F{of}{}", directives(*count)),
    });
    let written: Vec<String> = written.collect();
    if written.is_empty() { String::new() } else { format!("{{ {} }}", written.join(" ")) }
}

#[test]
fn sizes_are_those_of_the_document_with_all_fragments_put_in() {
    sizes_are_those_of_brute_force(7, 2_000);
}

#[test]
#[ignore = "takes about a minute; run it with --ignored"]
fn sizes_are_those_of_50_000_documents_with_all_fragments_put_in() {
    sizes_are_those_of_brute_force(8, 50_000);
}

fn sizes_are_those_of_brute_force(seed: u64, count: usize) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut largest = 0;
    for _ in 0..count {
        let document = Document::random(&mut random);
        let text = document.text();
        let parsed = parse(&text, 100_000).unwrap();
        let variables = Variables::default();
        let operation = operation(&parsed, None).unwrap();
        let mut guard = Guard {
            document: &parsed,
            variables: &variables,
            operation,
            measured: HashMap::new(),
            reads_variables: Cell::new(false),
        };
        let mut measured = guard.measure(&operation.selection_set.node).unwrap();
        measured.fixed += measured.paged * DEFAULT_PAGE;
        let expected = document.size(&document.root, DEFAULT_PAGE);
        let all =
            |it: Size| [it.depth, it.selections, it.aliases, it.directives, it.repeats, it.fixed];
        assert_eq!(all(measured), all(expected), "{text}");
        largest = largest.max(expected.selections);
    }
    assert!(largest > 100, "only {largest} selections at most");
}

#[test]
fn no_field_of_ours_is_named_as_a_list_of_introspection_is() {
    for (field, _) in crate::graphql::Engine::classes().unwrap() {
        let name = field.rsplit('.').next().unwrap_or_default();
        assert!(!INTROSPECTED_LISTS.contains(&name), "{field}");
    }
}

#[test]
fn numbers_saturate() {
    let levels: String = (0..70)
        .map(|level| {
            let next = level + 1;
            format!("fragment F{level} on Query {{ ...F{next} ...F{next} }} ")
        })
        .collect::<Vec<_>>()
        .concat();
    let text = format!("{{ ...F0 }} {levels} fragment F70 on Query {{ a }}");
    let parsed = parse(&text, 100_000).unwrap();
    let refused = check(&parsed, None, &Variables::default(), &Limits::default()).unwrap_err();
    assert!(refused.message.contains(&u64::MAX.to_string()), "{}", refused.message);
}

#[test]
fn operations_that_are_not_chosen_are_measured_too() {
    let levels = (0..40).map(|level| {
        let next = level + 1;
        format!("fragment F{level} on Query {{ ...F{next} ...F{next} }} ")
    });
    let bomb = format!("{} fragment F40 on Query {{ a }}", levels.collect::<Vec<_>>().concat());
    let repeated = format!("{{ {} }} fragment F40 on Query {{ a }}", "role ".repeat(80));
    for other in [format!("{{ ...F0 }} {bomb}"), repeated] {
        let text = format!("query A {{ ...F40 }} query B {other}");
        let parsed = parse(&text, 2_000).unwrap();
        let refused = check(&parsed, Some("A"), &Variables::default(), &Limits::default());
        assert!(refused.is_err(), "{text}");
    }
}
