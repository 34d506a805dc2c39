//! XML as the same tree that JSON gives: an element is a text when it has nothing but text, else an object of its children,
//! with attributes as `@name` and its own text as `#text`. There is no DTD and no entity beyond the five.

use std::borrow::Cow;
use std::collections::BTreeSet;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::hint::Objection;
use super::json::{DEPTH, NODES};
use super::node::{Fields, Node};
use super::part::Part;
use crate::connector::Problem;

/// How XML is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Xml {
    /// The elements that are lists, however often they stand there.
    lists: Vec<String>,
}

/// An element that is being read.
#[derive(Default)]
struct Element<'a> {
    name: Cow<'a, str>,
    attributes: Vec<(Cow<'a, str>, Node<'a>)>,
    children: Vec<(Cow<'a, str>, Node<'a>)>,
    text: String,
}

impl Xml {
    pub(super) fn read(part: &Part<'_>) -> Self {
        let lists = part.texts("lists").into_iter().map(str::to_owned).collect();
        part.close();
        Self { lists }
    }

    /// True for elements of which there may be none: where a list is empty, nothing stands for it.
    pub(super) fn is_list(&self, name: &str) -> bool {
        self.lists.iter().any(|list| list == name)
    }

    /// Why a text is none that can be read; of what came, the names of elements alone are repeated.
    pub(super) fn flaw(&self, text: &str) -> Objection {
        if let Some(name) = self.repeated(text) {
            return Objection::new(
                format!(
                    "an answer has several `{name}` in one element, which `lists` does not name"
                ),
                format!(
                    "write format = {{ xml = {{ lists = [\"{name}\"] }} }}, beside those that stand there"
                ),
            );
        }
        Objection::new(
            "an answer is no XML that can be read, or has a DTD",
            "let the server send well-formed XML without a DTD, or write the format in which it answers",
        )
    }

    /// The first element that stands twice in its parent and is no list.
    fn repeated(&self, text: &str) -> Option<String> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<BTreeSet<String>> = vec![BTreeSet::new()];
        for _ in 0..NODES {
            let (name, is_open) = match reader.read_event().ok()? {
                Event::Start(start) => (start.name().0.to_owned(), true),
                Event::Empty(start) => (start.name().0.to_owned(), false),
                Event::End(_) => {
                    open.pop();
                    continue;
                }
                Event::Eof => return None,
                _ => continue,
            };
            if !self.is_list(&name) && !open.last_mut()?.insert(name.clone()) {
                return Some(name);
            }
            if is_open {
                open.push(BTreeSet::new());
            }
        }
        None
    }

    pub(super) fn decode<'a>(&self, text: &'a str) -> Result<Node<'a>, Problem> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element<'a>> = vec![Element::default()];
        let mut left = NODES;
        loop {
            left = left.checked_sub(1).ok_or(Problem::TooMuch)?;
            match reader.read_event().map_err(|_| Problem::Garbled)? {
                Event::Start(start) => {
                    if open.len() > DEPTH as usize {
                        return Err(Problem::Garbled);
                    }
                    open.push(Element::begun(&start, &mut left)?);
                }
                Event::Empty(start) => {
                    let element = Element::begun(&start, &mut left)?;
                    self.close(element, &mut open)?;
                }
                Event::End(_) => {
                    let element = open.pop().ok_or(Problem::Garbled)?;
                    self.close(element, &mut open)?;
                }
                Event::Text(part) => add(&mut open, &part.xml10_content())?,
                Event::CData(part) => add(&mut open, &part.xml10_content())?,
                Event::GeneralRef(reference) => add(&mut open, &resolved(&reference)?)?,
                // Nothing that is declared elsewhere is believed, or fetched.
                Event::DocType(_) => return Err(Problem::Garbled),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        let (Some(all), true) = (open.pop(), open.is_empty()) else { return Err(Problem::Garbled) };
        match (all.children.len(), all.text.trim()) {
            (1, "") => Fields::of(all.children).map(Node::Fields).ok_or(Problem::Garbled),
            _ => Err(Problem::Garbled),
        }
    }

    fn close<'a>(&self, element: Element<'a>, open: &mut [Element<'a>]) -> Result<(), Problem> {
        let parent = open.last_mut().ok_or(Problem::Garbled)?;
        let name = element.name.clone();
        let node = self.node(element)?;
        parent.children.push((name, node));
        Ok(())
    }

    fn node<'a>(&self, element: Element<'a>) -> Result<Node<'a>, Problem> {
        let Element { attributes, children, text, .. } = element;
        let is_blank = text.trim().is_empty();
        if attributes.is_empty() && children.is_empty() {
            return Ok(if is_blank { Node::Null } else { Node::Text(Cow::Owned(text)) });
        }
        let mut all = attributes;
        let mut lists: Vec<(Cow<'a, str>, Vec<Node<'a>>)> = Vec::new();
        for (name, node) in children {
            if self.lists.iter().all(|list| *list != name) {
                all.push((name, node));
                continue;
            }
            match lists.iter_mut().find(|(known, _)| *known == name) {
                Some((_, items)) => items.push(node),
                None => lists.push((name, vec![node])),
            }
        }
        all.extend(lists.into_iter().map(|(name, items)| (name, Node::List(items))));
        if !is_blank {
            all.push((Cow::Borrowed("#text"), Node::Text(Cow::Owned(text))));
        }
        // An element that stands there twice and is no list: nobody can tell which of them counts.
        Fields::of(all).map(Node::Fields).ok_or(Problem::Garbled)
    }
}

impl Element<'_> {
    fn begun(start: &BytesStart<'_>, left: &mut u32) -> Result<Self, Problem> {
        let mut attributes = Vec::new();
        // Whether one stands there twice is found out by whoever keeps them.
        for attribute in start.attributes().with_checks(false) {
            *left = left.checked_sub(1).ok_or(Problem::TooMuch)?;
            let attribute = attribute.map_err(|_| Problem::Garbled)?;
            let key = format!("@{}", attribute.key.0);
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|_| Problem::Garbled)?;
            attributes.push((Cow::Owned(key), Node::Text(Cow::Owned(value.into_owned()))));
        }
        let name = Cow::Owned(start.name().0.to_owned());
        Ok(Self { name, attributes, ..Self::default() })
    }
}

fn add(open: &mut [Element<'_>], text: &str) -> Result<(), Problem> {
    open.last_mut().ok_or(Problem::Garbled)?.text.push_str(text);
    Ok(())
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, Problem> {
    if let Some(it) = reference.resolve_char_ref().map_err(|_| Problem::Garbled)? {
        return Ok(it.to_string());
    }
    resolve_predefined_entity(&reference.xml10_content()).map(str::to_owned).ok_or(Problem::Garbled)
}

#[cfg(test)]
mod tests {
    use super::super::node::Scalar;
    use super::*;

    fn read(text: &str) -> Result<Node<'_>, Problem> {
        Xml { lists: vec!["fill".to_owned()] }.decode(text)
    }

    #[test]
    fn elements_become_objects_lists_and_texts() {
        let text = "<?xml version=\"1.0\"?><!-- x --><fills at=\"3 &amp; 4\">\n <fill no='1'><drug>A &lt; B &#65;</drug><note/></fill>\n <total unit=\"n\">7</total></fills>";
        let root = read(text).unwrap();
        let fills = root.member("fills").unwrap();
        assert_eq!(fills.member("@at").map(Node::scalar), Some(Scalar::Text("3 & 4")));
        let fill = fills.member("fill").and_then(|list| list.item(0)).unwrap();
        assert_eq!(fill.member("drug").map(Node::scalar), Some(Scalar::Text("A < B A")));
        assert_eq!(fill.member("note"), Some(&Node::Null));
        assert_eq!(fills.member("total").map(Node::scalar), Some(Scalar::Text("7")));
        assert_eq!(fills.member("#text"), None);
        let two = read("<fills><fill>1</fill><fill>2</fill></fills>").unwrap();
        assert_eq!(two.member("fills").unwrap().member("fill").unwrap().children().len(), 2);
        let cdata = read("<a><![CDATA[<b>]]></a>").unwrap();
        assert_eq!(cdata.member("a").map(Node::scalar), Some(Scalar::Text("<b>")));
    }

    #[test]
    fn what_declares_entities_or_stands_twice_is_garbled() {
        for text in [
            "",
            "text",
            "<a><b/></a",
            "<a></b>",
            "<a/><a/>",
            "<a/><b/>",
            "<a><b>1</b><b>2</b></a>",
            "<a b='1' b='2'/>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "<a>&x;</a>",
            "<a>&#0;</a>",
            "<a b='&x;'/>",
            &format!("{}1{}", "<a>".repeat(66), "</a>".repeat(66)),
            "{\"a\": 1}",
        ] {
            assert_eq!(read(text), Err(Problem::Garbled), "{text:.50}");
        }
        let many = format!("<a>{}</a>", "<fill/>".repeat(NODES as usize));
        assert_eq!(read(&many), Err(Problem::TooMuch));
    }
}
