//! Who a patient is: names, birth date, sex, address, and how to reach them.

use super::block::Entry;
use super::closed::{self, truth};
use super::leaf::{Leaf, Leaves};
use super::persons_names::{
    BORN, CITY, COUNTRY, DEAD, EMAIL, FAMILY, FULL, GIVEN, LANGUAGE, MIDDLE, OTHERS, PHONE,
    POST_CODE, SEX, SSN, STATE, STREET, STREET_2,
};
use super::rules::date;
use super::toml_text::{list, quoted, table};
use super::words::Sure;

fn is_own(leaf: &Leaf) -> bool {
    let is_other = |name: &str| OTHERS.iter().any(|it| name.contains(it));
    !is_other(&leaf.name)
        && !leaf.keys.iter().any(|key| is_other(&super::words::plain(key)))
        && !is_other(&leaf.above)
}

fn own<'l>(leaves: &'l Leaves, names: &[&str]) -> Option<(&'l Leaf, Sure)> {
    leaves.named_if(names, is_own)
}

/// The fields of a person.
pub(super) fn fields(leaves: &Leaves) -> Vec<Entry> {
    let found = [
        names(leaves),
        born(leaves),
        sex(leaves),
        deceased(leaves),
        languages(leaves),
        address(leaves),
        telecom(leaves),
        identifiers(leaves),
    ];
    let mut entries: Vec<Entry> = found.into_iter().flatten().collect();
    if !entries.iter().any(|it| it.key == "names" || it.key == "identifiers") {
        entries.insert(
            0,
            Entry::open(
                "names",
                "which fields hold the name? Write [{ family = \"$.…\", given = [\"$.…\"] }]",
            ),
        );
    }
    entries
}

/// How surely a list of fields is that of people: how many of a person's most usual fields there are.
pub(super) fn likeness(leaves: &Leaves) -> usize {
    let has = |names: &[&str]| usize::from(own(leaves, names).is_some());
    let name = has(FAMILY).max(has(FULL));
    2 * has(BORN) + has(SEX) + name + has(CITY).min(has(BORN)) + has(PHONE).min(has(BORN))
}

fn names(leaves: &Leaves) -> Option<Entry> {
    let is_name =
        |leaf: &Leaf| is_own(leaf) && (leaf.each.is_none() || leaf.above.ends_with("name"));
    let find = |names: &[&str]| leaves.named_if(names, is_name);
    if let Some((family, sure)) = find(FAMILY) {
        let given: Vec<&Leaf> =
            [GIVEN, MIDDLE].into_iter().filter_map(|names| find(names).map(|(it, _)| it)).collect();
        if let Some((each, _)) = &family.each {
            return Some(Entry::of("names", listed_names(each, family, &given)).sure(sure));
        }
        let mut parts = vec![("family", quoted(family.read()))];
        let given: Vec<String> = given.into_iter().map(|leaf| quoted(leaf.read())).collect();
        if !given.is_empty() {
            parts.push(("given", list(&given)));
        }
        return Some(Entry::of("names", list(&[table(parts)])).sure(sure));
    }
    let (full, sure) = find(FULL)?;
    Some(Entry::of("names", list(&[quoted(full.read())])).sure(sure))
}

/// Names as FHIR has them: a list, in which given names are a list.
fn listed_names(each: &str, family: &Leaf, given: &[&Leaf]) -> String {
    let rest = |leaf: &Leaf| leaf.each.as_ref().map(|(_, rest)| rest.clone()).unwrap_or_default();
    family.read();
    let mut parts = vec![("each", quoted(each)), ("family", quoted(&rest(family)))];
    if let Some(first) = given.first() {
        first.read();
        let path = rest(first);
        let rule = if path.ends_with("[*]") {
            table([("each", quoted(&path))])
        } else {
            list(&[quoted(&path)])
        };
        parts.push(("given", rule));
    }
    table(parts)
}

fn born(leaves: &Leaves) -> Option<Entry> {
    let (leaf, sure) = own(leaves, BORN)?;
    if let Some((rule, remark)) = date(leaf) {
        Some(Entry::of("birthDate", rule).noted_if(remark.as_deref()).sure(sure))
    } else {
        leaf.why.set(Some("looks like a birth date, and is written as none that can be read, such as with a year of two digits"));
        None
    }
}

fn sex(leaves: &Leaves) -> Option<Entry> {
    let (leaf, sure) = own(leaves, SEX)?;
    Some(closed::rule("sex", leaf, &closed::codes_of("Person", "sex")).sure(sure))
}

fn deceased(leaves: &Leaves) -> Option<Entry> {
    let (leaf, sure) = own(leaves, DEAD)?;
    if let Some(rule) = truth(leaf) {
        return Some(Entry::of("deceased", rule).sure(sure));
    }
    let (rule, remark) = date(leaf)?;
    Some(Entry::of("deceased", rule).noted_if(remark.as_deref()).sure(sure))
}

fn languages(leaves: &Leaves) -> Option<Entry> {
    let (rule, remark, sure) = super::rules::concepts(leaves, LANGUAGE, &[])?;
    Some(Entry::of("languages", rule).noted_if(remark).sure(sure))
}

fn address(leaves: &Leaves) -> Option<Entry> {
    let (city, sure) = own(leaves, CITY).or_else(|| own(leaves, POST_CODE))?;
    let beside = |names: &[&str]| {
        leaves
            .named_if(names, |leaf| leaf.above_path == city.above_path && is_own(leaf))
            .map(|(leaf, _)| leaf)
    };
    let text = |leaf: &Leaf| {
        let path = match &leaf.each {
            Some((_, rest)) if leaf.above_path.ends_with("[*]") => rest.clone(),
            _ => leaf.path.clone(),
        };
        leaf.read();
        quoted(&path)
    };
    let mut parts: Vec<(&str, String)> = Vec::new();
    let lines: Vec<String> = [STREET, STREET_2]
        .into_iter()
        .filter_map(beside)
        .map(|leaf| (text(leaf), leaf))
        .map(|(path, _)| path)
        .collect();
    match lines.as_slice() {
        [] => {}
        [line] if line.ends_with("[*]\"") => parts.push(("line", table([("each", line.clone())]))),
        lines => parts.push(("line", list(lines))),
    }
    for (field, names) in
        [("city", CITY), ("state", STATE), ("postalCode", POST_CODE), ("country", COUNTRY)]
    {
        if let Some(leaf) = beside(names) {
            parts.push((field, text(leaf)));
        }
    }
    let each = city
        .each
        .as_ref()
        .filter(|_| city.above_path.ends_with("[*]"))
        .map(|(each, _)| each.clone());
    let rule = match each {
        Some(each) => {
            parts.insert(0, ("each", quoted(&each)));
            table(parts)
        }
        None => list(&[table(parts)]),
    };
    Some(Entry::of("addresses", rule).sure(sure))
}

fn telecom(leaves: &Leaves) -> Option<Entry> {
    let constant = |text: &str| table([("const", quoted(text))]);
    let mut points = Vec::new();
    let mut least = Sure::Plain;
    for (system, names) in [("phone", PHONE), ("email", EMAIL)] {
        while let Some((leaf, sure)) =
            leaves.named_if(names, |leaf| is_own(leaf) && leaf.each.is_none())
        {
            least = least.min(sure);
            let mut parts = vec![("system", constant(system)), ("value", quoted(leaf.read()))];
            if let Some(usage) = usage_of(&leaf.name) {
                parts.push(("usage", constant(usage)));
            }
            points.push(table(parts));
        }
    }
    (!points.is_empty()).then(|| Entry::of("telecom", list(&points)).sure(least))
}

fn usage_of(name: &str) -> Option<&'static str> {
    let usages = [
        ("mobile", "mobile"),
        ("cell", "mobile"),
        ("handy", "mobile"),
        ("movil", "mobile"),
        ("home", "home"),
        ("work", "work"),
    ];
    usages.into_iter().find(|(part, _)| name.contains(part)).map(|(_, usage)| usage)
}

fn identifiers(leaves: &Leaves) -> Option<Entry> {
    let (leaf, sure) = own(leaves, SSN)?;
    let rule = table([
        ("system", quoted("ssn")),
        ("value", quoted(leaf.read())),
        ("kind", table([("const", quoted("SS"))])),
    ]);
    Some(Entry::of("identifiers", list(&[rule])).sure(sure))
}

/// Whether the source still uses the record of a person.
pub(super) fn active(leaves: &Leaves) -> Option<Entry> {
    let names = [
        "active",
        "isactive",
        "status",
        "state",
        "memberstatus",
        "patientstatus",
        "membershipstatus",
        "enrolled",
        "aktiv",
        "activo",
        "inactive",
    ];
    let (leaf, sure) =
        leaves.named_if(&names, |leaf| leaf.above_path == "$" && leaf.name != "inactive")?;
    let has_city = leaves.all.iter().any(|it| it.above_path == "$" && it.is_any(CITY));
    // Beside a city a state is a place.
    if leaf.name == "state" && has_city {
        return None;
    }
    Some(closed::rule("active", leaf, &["true".to_owned(), "false".to_owned()]).sure(sure))
}
