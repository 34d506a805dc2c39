//! Rules for single values and for what is made of several, with a word on what is not certain.

use super::block::Entry;
use super::codes::system_of;
use super::dates::{Written, recognise};
use super::leaf::{Leaf, Leaves};
use super::shape::Facts;
use super::toml_text::{list, quoted, table};
use super::words::Sure;

/// The rule of a date, and what is to be said of it; nothing when it cannot be read.
pub(super) fn date(leaf: &Leaf) -> Option<(String, Option<String>)> {
    let path = quoted(&leaf.path);
    let written = |format: &str| table([("path", path.clone()), ("date", quoted(format))]);
    let found = match recognise(&leaf.facts) {
        Written::Plain => (path, None),
        Written::Untold => (
            path,
            Some("guessed: nothing shows how it is written, and this reads 2026-03-04".to_owned()),
        ),
        Written::As(format) => (written(&format), None),
        Written::Count(format) => {
            (written(format), Some("guessed from the number of digits".to_owned()))
        }
        Written::Either(one, other) => (
            written(&format!("{one} or {other}")),
            Some(format!(
                "OPEN: no value of the sample shows whether the day or the month comes first; leave {one} or {other}"
            )),
        ),
        Written::Both(one, other) => (
            written(&format!("{one} or {other}")),
            Some(format!(
                "OPEN: some values of the sample can only be {one}, others only {other}; find out which are wrong"
            )),
        ),
        Written::Short | Written::Not => return None,
    };
    leaf.read();
    Some(found)
}

/// The number of an amount: its rule, and what is to be said.
pub(super) fn number(path: &str, facts: &Facts) -> Option<(String, Option<&'static str>)> {
    let path = quoted(path);
    let written = |format: &str| table([("path", path.clone()), ("number", quoted(format))]);
    if facts.values.is_empty() || facts.all(is_plain) {
        return Some((path, None));
    }
    let (point, comma) =
        (facts.all(|it| is_grouped(it, ',', '.')), facts.all(|it| is_grouped(it, '.', ',')));
    match (point, comma) {
        (true, false) => Some((written("1,234.5"), None)),
        (false, true) => Some((written("1.234,5"), None)),
        (true, true) => Some((
            written("1,234.5 or 1.234,5"),
            Some(
                "OPEN: no value of the sample shows which sign parts the fraction; leave \"1,234.5\" or \"1.234,5\"",
            ),
        )),
        (false, false) => None,
    }
}

fn is_plain(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
        && text.starts_with(|it: char| it.is_ascii_digit() || it == '-')
}

fn is_grouped(text: &str, group: char, point: char) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = text.split_once(point).unwrap_or((text, "0"));
    let mut groups = whole.split(group);
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let first =
        groups.next().is_some_and(|it| digits(it) && (it.len() <= 3 || !whole.contains(group)));
    first && groups.all(|it| digits(it) && it.len() == 3) && digits(part)
}

/// Words and codes: of the leaf that has the words, if one does, and of those beside it that have codes.
pub(super) fn concept(
    leaves: &Leaves,
    names: &[&str],
    systems: &[&'static str],
) -> Option<(String, Sure)> {
    let is_code = |leaf: &Leaf| system_of(leaf, systems).is_some();
    let mut words =
        leaves.named_if(names, |leaf| leaf.each.is_none() && !is_code(leaf) && !is_coding(leaf));
    let codings: Vec<(&Leaf, &str, Sure)> = leaves
        .all
        .iter()
        .filter(|leaf| !leaf.is_used.get() && leaf.each.is_none())
        .filter_map(|leaf| system_of(leaf, systems).map(|(system, sure)| (leaf, system, sure)))
        .filter(|(leaf, ..)| {
            leaf.above_path == "$"
                || words.is_none_or(|(it, _)| {
                    it.path == leaf.above_path || it.above_path == leaf.above_path
                })
                || leaf.is_any(names)
        })
        .collect();
    if words.is_none()
        && let Some((first, ..)) = codings.first()
    {
        words = leaves
            .named_if(&["display", "label", "name", "description", "text", "title"], |it| {
                it.above_path == first.above_path && it.each.is_none()
            });
    }
    let listed = fhir_codings(leaves, names);
    let text = words.map(|(leaf, _)| quoted(leaf.read()));
    let sure =
        words.map(|(_, sure)| sure).into_iter().chain(codings.iter().map(|(.., sure)| *sure)).min();
    let mut each: Vec<String> = Vec::new();
    for (leaf, system, _) in &codings {
        each.push(table([("system", quoted(system)), ("code", quoted(leaf.read()))]));
    }
    let codings = match (each.is_empty(), listed) {
        (false, _) => Some(list(&each)),
        (true, found) => found,
    };
    if text.is_none() && codings.is_none() {
        return None;
    }
    let rule = match (text, codings) {
        (Some(text), None) => text,
        (text, codings) => table(
            [("text", text), ("codings", codings)]
                .into_iter()
                .filter_map(|(key, it)| Some((key, it?))),
        ),
    };
    Some((rule, sure.unwrap_or(Sure::Plain)))
}

/// A part of a coding as FHIR has them, which is no text of its own.
fn is_coding(leaf: &Leaf) -> bool {
    leaf.above == "coding"
        && matches!(leaf.name.as_str(), "system" | "code" | "display" | "version")
}

/// The codings of a concept as FHIR has them: a list of systems and codes, the systems being URIs.
fn fhir_codings(leaves: &Leaves, names: &[&str]) -> Option<String> {
    let heads: Vec<&str> =
        names.iter().filter_map(|name| name.split_once("/text")).map(|(head, _)| head).collect();
    let find = |name: &str| {
        leaves.all.iter().find(|leaf| {
            let head = leaf.above_path.trim_end_matches("[*]").trim_end_matches(".coding");
            let head = super::words::plain(head.rsplit('.').next().unwrap_or_default());
            leaf.above == "coding"
                && leaf.name == name
                && !leaf.is_used.get()
                && heads.iter().any(|it| head.ends_with(it))
        })
    };
    let (system, code) = (find("system")?, find("code")?);
    if !system.facts.values.is_empty() && !system.facts.all(|it| it.contains(':')) {
        return None;
    }
    let (each, system_rest) = system.each.clone()?;
    let (_, code_rest) = code.each.clone()?;
    let display = find("display")
        .and_then(|leaf| leaf.read().strip_prefix(&each).map(|rest| format!("${rest}")));
    system.read();
    code.read();
    let parts = [
        ("each", Some(each)),
        ("system", Some(system_rest)),
        ("code", Some(code_rest)),
        ("display", display),
    ];
    Some(table(parts.into_iter().filter_map(|(key, it)| Some((key, quoted(&it?))))))
}

/// A list of concepts.
pub(super) fn concepts(
    leaves: &Leaves,
    names: &[&str],
    systems: &[&'static str],
) -> Option<(String, Option<&'static str>, Sure)> {
    let is_meant = |leaf: &&Leaf| {
        let above = || names.iter().any(|name| name.trim_start_matches('~') == leaf.above);
        leaf.each.is_some()
            && !leaf.is_used.get()
            && (leaf.is_any(names) || above())
            && leaf.above != "coding"
    };
    if let Some(first) = leaves.all.iter().find(is_meant) {
        let (each, _) = first.each.clone()?;
        let of_list: Vec<&Leaf> = leaves
            .all
            .iter()
            .filter(|leaf| leaf.each.as_ref().is_some_and(|(it, _)| *it == each))
            .collect();
        return listed_concepts(&each, &of_list, systems).map(|rule| (rule, None, Sure::Plain));
    }
    let (leaf, sure) = leaves.named_if(names, |leaf| leaf.each.is_none())?;
    if let Some(sign) = parted(&leaf.facts) {
        let rule = table([("path", quoted(leaf.read())), ("split", quoted(sign))]);
        return Some((rule, Some("guessed from the signs between its parts"), sure));
    }
    let (rule, sure) = concept(leaves, names, systems)?;
    Some((format!("[{rule}]"), None, sure))
}

fn listed_concepts(each: &str, of_list: &[&Leaf], systems: &[&'static str]) -> Option<String> {
    let rest = |leaf: &Leaf| leaf.each.as_ref().map(|(_, rest)| quoted(rest));
    let coded = of_list.iter().find_map(|leaf| Some((*leaf, system_of(leaf, systems)?.0)));
    let words = ["text", "display", "name", "label", "description", "reaction", "reason"];
    let is_code = |leaf: &Leaf| coded.is_some_and(|(it, _)| it.path == leaf.path);
    let text = of_list
        .iter()
        .find(|leaf| !is_code(leaf) && (words.contains(&leaf.name.as_str()) || leaf.path == each));
    let codings = coded.and_then(|(leaf, system)| {
        leaf.read();
        Some(list(&[table([("system", quoted(system)), ("code", rest(leaf)?)])]))
    });
    let text = text.and_then(|leaf| {
        leaf.read();
        rest(leaf)
    });
    if text.is_none() && codings.is_none() {
        return None;
    }
    let parts = [("each", Some(quoted(each))), ("text", text), ("codings", codings)];
    Some(table(parts.into_iter().filter_map(|(key, it)| Some((key, it?)))))
}

/// The sign that parts what stands in one text, if some of them have it and none has a longer text in between.
pub(super) fn parted(facts: &Facts) -> Option<&'static str> {
    [";", "|"].into_iter().find(|sign| facts.values.iter().any(|it| it.contains(sign)))
}

/// A list of texts.
pub(super) fn texts(key: &str, leaf: &Leaf, sure: Sure, by_commas: bool) -> Entry {
    let path = quoted(leaf.read());
    if let Some((each, rest)) = &leaf.each {
        let rule = if rest == "$" {
            table([("each", quoted(each))])
        } else {
            table([("each", quoted(each)), ("path", quoted(rest))])
        };
        return Entry::of(key, rule).sure(sure);
    }
    let commas = (by_commas && leaf.facts.values.iter().any(|it| it.contains(','))).then_some(",");
    match parted(&leaf.facts).or(commas) {
        Some(sign) => Entry::of(key, table([("path", path), ("split", quoted(sign))]))
            .noted("guessed from the signs between its parts"),
        None => Entry::of(key, format!("[{path}]")).sure(sure),
    }
}
