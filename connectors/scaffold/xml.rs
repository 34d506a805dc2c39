//! A sample in XML as a tree, in the form that the mapping language gives it. What may be a list is found out here.

use std::collections::BTreeSet;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::Refused;
use super::tree::{Budget, DEPTH, TOO_DEEP, TOO_MANY, Tree};

/// How many kinds of elements may be lists.
const LISTS: usize = 200;

/// An element that is being read.
#[derive(Default)]
struct Element {
    name: String,
    attributes: Vec<(String, Tree)>,
    children: Vec<(String, Tree)>,
    text: String,
}

/// Reads a text; answers also which elements are lists: those that stand twice in one place, and those that are named as
/// one of what their parent is named as many.
pub(super) fn read(text: &str) -> Result<(Tree, Vec<String>), Refused> {
    let budget = Budget::new();
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        budget.take().ok_or_else(|| Refused(TOO_MANY.to_owned()))?;
        let event = reader.read_event();
        let line = || line_at(text, reader.buffer_position());
        match event.map_err(|_| unreadable(line()))? {
            Event::Start(start) => {
                if open.len() > DEPTH {
                    return Err(Refused(TOO_DEEP.to_owned()));
                }
                open.push(begun(&start).ok_or_else(|| unreadable(line()))?);
            }
            Event::Empty(start) => {
                let element = begun(&start).ok_or_else(|| unreadable(line()))?;
                close(element, &mut open);
            }
            Event::End(_) => match open.pop() {
                Some(element) => close(element, &mut open),
                None => return Err(unreadable(line())),
            },
            Event::Text(part) => add(&mut open, Some(&part.xml10_content())),
            Event::CData(part) => add(&mut open, Some(&part.xml10_content())),
            Event::GeneralRef(reference) => {
                let text = resolved(&reference).ok_or_else(|| unreadable(line()))?;
                add(&mut open, Some(&text));
            }
            Event::DocType(_) => {
                return Err(Refused("has a DTD, which no answer may have; take it out".to_owned()));
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(all), true) if all.children.len() == 1 && all.text.trim().is_empty() => {
            let mut lists = BTreeSet::new();
            let tree = Tree::Fields(all.children);
            repeated(&tree, "", &mut lists);
            if lists.len() > LISTS {
                return Err(Refused("has more than 200 kinds of elements that repeat".to_owned()));
            }
            Ok((gathered(tree, &lists), lists.into_iter().collect()))
        }
        _ => Err(Refused("is cut off or has no single outer element".to_owned())),
    }
}

fn unreadable(line: usize) -> Refused {
    Refused(format!("cannot be read as XML at line {line}"))
}

fn line_at(text: &str, byte: u64) -> usize {
    let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
    text.bytes().take(byte).filter(|it| *it == b'\n').count() + 1
}

fn begun(start: &BytesStart<'_>) -> Option<Element> {
    let mut attributes: Vec<(String, Tree)> = Vec::new();
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.ok()?;
        let name = attribute.key.as_ref();
        // What says where names come from is no value.
        if name.starts_with("xmlns") {
            continue;
        }
        let value = quick_xml::escape::unescape(&attribute.value).ok()?;
        attributes.push((format!("@{name}"), Tree::Text(value.into_owned())));
    }
    let name = start.name().as_ref().to_owned();
    Some(Element { name, attributes, ..Element::default() })
}

fn resolved(reference: &BytesRef<'_>) -> Option<String> {
    if let Some(sign) = reference.resolve_char_ref().ok()? {
        return Some(sign.to_string());
    }
    resolve_predefined_entity(&reference.xml10_content()).map(str::to_owned)
}

fn add(open: &mut [Element], text: Option<&str>) {
    if let (Some(element), Some(text)) = (open.last_mut(), text) {
        element.text.push_str(text);
    }
}

fn close(element: Element, open: &mut [Element]) {
    let Element { name, mut attributes, children, text } = element;
    let is_blank = text.trim().is_empty();
    let tree = if attributes.is_empty() && children.is_empty() {
        if is_blank { Tree::Null } else { Tree::Text(text) }
    } else {
        attributes.extend(children);
        if !is_blank {
            attributes.push(("#text".to_owned(), Tree::Text(text)));
        }
        Tree::Fields(attributes)
    };
    if let Some(parent) = open.last_mut() {
        parent.children.push((name, tree));
    }
}

/// Notes the names of elements that are lists.
fn repeated(tree: &Tree, above: &str, lists: &mut BTreeSet<String>) {
    let fields = tree.fields();
    let mut known = BTreeSet::new();
    for (name, value) in fields {
        let plural = above.to_lowercase();
        let one = name.to_lowercase();
        let is_one_of_many = [format!("{one}s"), format!("{one}es"), format!("{one}list")]
            .contains(&plural)
            || one.strip_suffix('y').is_some_and(|stem| format!("{stem}ies") == plural);
        if !known.insert(name) || is_one_of_many {
            lists.insert(name.clone());
        }
        repeated(value, name, lists);
    }
}

/// The same tree with its lists.
fn gathered(tree: Tree, lists: &BTreeSet<String>) -> Tree {
    let Tree::Fields(fields) = tree else { return tree };
    let mut all: Vec<(String, Tree)> = Vec::new();
    for (name, value) in fields {
        let value = gathered(value, lists);
        if !lists.contains(&name) {
            all.push((name, value));
        } else if let Some((_, Tree::List(items))) =
            all.iter_mut().find(|(known, _)| *known == name)
        {
            items.push(value);
        } else {
            all.push((name, Tree::List(vec![value])));
        }
    }
    Tree::Fields(all)
}
