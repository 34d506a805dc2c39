//! How an answer says that there is more, and that all is well.

use super::block::Entry;
use super::leaf::{Leaf, Leaves};
use super::outline::Outline;
use super::toml_text::{quoted, table};

const NEXT: &[&str] = &[
    "next",
    "nextlink",
    "nextpage",
    "nextpageurl",
    "nexturl",
    "nexthref",
    "odatanextlink",
    "next/href",
];
const CURSOR: &[&str] = &[
    "nextcursor",
    "cursor",
    "nextpagetoken",
    "nexttoken",
    "pagetoken",
    "continuationtoken",
    "continuation",
    "endcursor",
    "cursor/next",
];
const PAGES: &[&str] = &[
    "pages",
    "totalpages",
    "pagecount",
    "numpages",
    "pagestotal",
    "lastpage",
    "page/of",
    "seiten",
    "paginas",
];
const PAGE: &[&str] =
    &["page", "pageno", "pagenumber", "currentpage", "page/no", "page/number", "page/current"];
const OFFSET: &[&str] = &["offset", "skip", "startindex"];
const TOTAL: &[&str] = &[
    "total",
    "totalcount",
    "totalitems",
    "totalresults",
    "totalrecords",
    "recordcount",
    "totalelements",
    "total/value",
    "gesamt",
    "~count",
];
const MORE: &[&str] = &["hasmore", "more", "hasnext", "hasnextpage", "morepages"];
const LAST: &[&str] = &["last", "islast", "islastpage"];
const GOOD: &[&str] =
    &["result", "success", "ok", "succeeded", "outcome", "status", "responsestatus"];

const NAMED: &str = "guessed: is the parameter of the query called so?";

/// The parameters of a request, with their templates.
pub(super) type Query = Vec<(String, String)>;

/// The keys of a block that say how answers go on. What a request needs for it is added to the query.
pub(super) fn entries(outline: &Outline, query: &mut Query) -> Vec<Entry> {
    let mut entries = Vec::new();
    let paging = style(&outline.beside, query);
    let has_pages = paging.is_some();
    entries.extend(paging);
    entries.extend(total(outline, has_pages));
    entries.extend(success(&outline.beside));
    entries
}

fn asks(query: &Query, variable: &str) -> bool {
    query.iter().any(|(_, it)| it.contains(variable))
}

fn style(beside: &Leaves, query: &mut Query) -> Option<Entry> {
    let single =
        |names: &[&str]| beside.named_if(names, |leaf| leaf.each.is_none()).map(|(leaf, _)| leaf);
    let limit = asks(query, "{limit}").then(|| ("limit", "100".to_owned()));
    let paging = |parts: Vec<(&str, String)>| table(parts.into_iter().chain(limit.clone()));
    let is_address = |leaf: &Leaf| {
        leaf.facts.values.iter().all(|it| it.starts_with("http") || it.starts_with(['/', '?']))
    };
    if let Some(leaf) = beside
        .named_if(NEXT, |leaf| leaf.each.is_none() && is_address(leaf) && !leaf.facts.is_bool)
        .map(|(leaf, _)| leaf)
    {
        let is_seen = !leaf.facts.values.is_empty();
        let rule = paging(vec![("style", quoted("next")), ("next", quoted(leaf.read()))]);
        let entry = Entry::of("paging", rule);
        return Some(if is_seen {
            entry
        } else {
            entry.noted(
                "guessed from its name: nothing shows that it is the address of the next page",
            )
        });
    }
    let more = condition(beside);
    if let Some(leaf) = single(CURSOR) {
        let was_asked = asks(query, "{cursor}");
        add(query, "{cursor}", &asked_by(leaf));
        let mut parts = vec![("style", quoted("cursor")), ("cursor", quoted(leaf.read()))];
        parts.extend(more.map(|it| ("more", quoted(&it))));
        let entry = Entry::of("paging", paging(parts));
        return Some(if was_asked { entry } else { entry.noted(NAMED) });
    }
    let (pages, page, offset) = (single(PAGES), single(PAGE), single(OFFSET));
    let first = page
        .filter(|leaf| leaf.facts.values.first().is_some_and(|it| it == "0"))
        .map(|_| ("first", "0".to_owned()));
    let sign =
        pages.map(|leaf| ("pages", quoted(leaf.read()))).or(more.map(|it| ("more", quoted(&it))));
    for leaf in [page, offset].into_iter().flatten() {
        leaf.read();
    }
    let style = match (
        page.is_some() || pages.is_some() || asks(query, "{page}"),
        offset.is_some() || asks(query, "{offset}"),
    ) {
        (true, _) => "page",
        (false, true) => "offset",
        (false, false) => {
            return asks(query, "{cursor}").then(|| {
                Entry::of("paging", "{ style = \"cursor\" }".to_owned())
                    .noted("OPEN: where in the answer is the cursor of the next page?")
            });
        }
    };
    let variable = format!("{{{style}}}");
    let was_asked = asks(query, &variable);
    let name = page
        .or(offset)
        .and_then(|leaf| leaf.keys.last())
        .filter(|key| key.to_lowercase().starts_with(style));
    add(query, &variable, name.map_or(style, String::as_str));
    let rule = paging([("style", quoted(style))].into_iter().chain(first).chain(sign).collect());
    let entry = Entry::of("paging", rule);
    Some(if was_asked { entry } else { entry.noted(NAMED) })
}

fn add(query: &mut Query, variable: &str, name: &str) {
    if !asks(query, variable) {
        query.push((name.to_owned(), variable.to_owned()));
    }
}

/// The parameter by which a page is asked for whose cursor stands in that field: `pageToken` for `nextPageToken`.
fn asked_by(leaf: &Leaf) -> String {
    let key = leaf.keys.last().map_or("cursor", String::as_str);
    let rest = key.strip_prefix("next_").or_else(|| key.strip_prefix("next")).unwrap_or(key);
    let mut signs = rest.chars();
    signs
        .next()
        .map_or_else(|| "cursor".to_owned(), |first| first.to_lowercase().chain(signs).collect())
}

/// What holds while there is more.
fn condition(beside: &Leaves) -> Option<String> {
    let of = |names: &[&str], holds: bool| {
        let (leaf, _) = beside.named_if(names, |leaf| leaf.each.is_none() && leaf.facts.is_bool)?;
        Some(format!("@{} == {holds}", leaf.read().trim_start_matches('$')))
    };
    of(MORE, true).or_else(|| of(LAST, false))
}

fn total(outline: &Outline, has_pages: bool) -> Option<Entry> {
    let counts = |leaf: &Leaf| {
        let enough = leaf
            .facts
            .values
            .iter()
            .all(|it| it.parse::<usize>().is_ok_and(|it| it >= outline.rows.len()));
        leaf.each.is_none() && enough
    };
    let found = outline.beside.named_if(TOTAL, counts).or_else(|| {
        let name = format!("page/{}", outline.name);
        outline.beside.named_if(&[name.as_str()], counts)
    });
    let (leaf, sure) = found?;
    // A count may be that of the page.
    (!(has_pages && leaf.name == "count"))
        .then(|| Entry::of("total", quoted(leaf.read())).sure(sure))
}

/// What holds of every good answer.
fn success(beside: &Leaves) -> Option<Entry> {
    let (leaf, _) = beside.named_if(GOOD, |leaf| {
        let is_word = leaf
            .facts
            .all(|it| matches!(it.to_lowercase().as_str(), "ok" | "success" | "succeeded"));
        leaf.above_path == "$"
            && (is_word || (leaf.facts.is_bool && leaf.facts.all(|it| it == "true")))
    })?;
    let value = leaf.facts.values.first()?;
    let value = if leaf.facts.is_bool { value.clone() } else { quoted(value) };
    let condition = format!("@{} == {value}", leaf.read().trim_start_matches('$'));
    Some(Entry::of("success", quoted(&condition)))
}
