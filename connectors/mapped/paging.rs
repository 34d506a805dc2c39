//! How an answer goes on: which request brings the next page, and when there is none.

use hyper::header::LINK;
use serde::{Deserialize, Serialize};
use url::Url;

use super::compile::Compiler;
use super::node::{Node, Scalar};
use super::part::Part;
use super::path::{Condition, Path};
use super::request::{Request, within};
use super::template::Variable;
use super::walk::Walk;
use crate::connector::Problem;
use crate::egress::Reply;

/// How many pages are followed when nobody says so, and at most.
const PAGES: u32 = 100;
const MOST_PAGES: u32 = 1_000;

/// How pages follow each other.
#[derive(Debug)]
pub(super) struct Paging {
    style: Style,
    /// How many items a page is asked to hold.
    pub(super) limit: Option<u32>,
    pub(super) max_pages: u32,
    /// How many items there are in all, as the source counts.
    total: Option<Path>,
    first: u32,
}

#[derive(Debug)]
enum Style {
    Single,
    /// `Link: <…>; rel="next"`.
    LinkHeader,
    /// The address of the next page stands in the answer.
    Next(Path),
    /// Pages are counted.
    Page(Signs),
    /// Items are counted.
    Offset(Signs),
    /// The answer has a mark by which the next page is asked for.
    Cursor(Path, Option<Condition>),
}

impl Style {
    fn read(table: &Part<'_>, compiler: &Compiler<'_>) -> Option<Self> {
        let needed = |key, remedy: &str| {
            if !table.has(key) {
                table.missing(key, remedy);
            }
            compiler.path_of(table, key)
        };
        let signs = || Signs {
            more: compiler.condition_of(table, "more"),
            pages: compiler.path_of(table, "pages"),
        };
        if !table.has("style") {
            table.missing("style", format!("write one of `{}`", STYLES.join("`, `")));
            // Which of the other keys belong there is not known yet.
            for key in ["next", "cursor", "more", "pages", "first"] {
                table.knows(key);
            }
        }
        match table.one_of("style", &STYLES)? {
            "link-header" => Some(Self::LinkHeader),
            "next" => {
                let remedy = "write the path to the address of the next page, such as \"$.next\"";
                needed("next", remedy).map(Self::Next)
            }
            "page" => Some(Self::Page(signs())),
            "offset" => Some(Self::Offset(signs())),
            _ => {
                let remedy = "write the path to the mark of the next page, such as \"$.cursor\"";
                let (path, more) = (needed("cursor", remedy), compiler.condition_of(table, "more"));
                path.map(|path| Self::Cursor(path, more))
            }
        }
    }

    /// What the request needs a place for.
    fn counts(&self) -> Option<Variable> {
        match self {
            Self::Single | Self::LinkHeader | Self::Next(_) => None,
            Self::Page(_) => Some(Variable::Page),
            Self::Offset(_) => Some(Variable::Offset),
            Self::Cursor(..) => Some(Variable::Cursor),
        }
    }
}

/// By what a source says that there is more.
#[derive(Debug, Default)]
struct Signs {
    more: Option<Condition>,
    /// How many pages there are.
    pages: Option<Path>,
}

const STYLES: [&str; 5] = ["link-header", "next", "page", "offset", "cursor"];

/// Which page is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Turn {
    pub(super) page: u32,
    /// How many items came before it.
    pub(super) offset: u32,
    pub(super) cursor: Option<String>,
    /// Its address, if the source gave one.
    pub(super) url: Option<String>,
}

impl Paging {
    /// Reads `paging` and `total`; checks that the request has places for what it needs.
    pub(super) fn read(
        part: &Part<'_>,
        request: Option<&Request>,
        compiler: &Compiler<'_>,
    ) -> Self {
        let total = compiler.path_of(part, "total");
        let mut paging = Self { style: Style::Single, limit: None, max_pages: 1, total, first: 1 };
        let mut needs = Vec::new();
        if let Some(table) = part.part("paging") {
            paging.max_pages = table.whole("max_pages", 1..=MOST_PAGES).unwrap_or(PAGES);
            paging.limit = table.whole("limit", 1..=10_000);
            paging.style = Style::read(&table, compiler).unwrap_or(Style::Single);
            needs.extend(paging.style.counts());
            needs.extend(paging.limit.map(|_| Variable::Limit));
            if matches!(paging.style, Style::Page(_)) {
                paging.first = table.whole("first", 0..=1).unwrap_or(1);
            }
            table.close();
        }
        Self::check(part, request, &needs);
        paging
    }

    /// The request has a place for each of these, and for no others of their kind.
    fn check(part: &Part<'_>, request: Option<&Request>, needs: &[Variable]) {
        let Some(request) = request else { return };
        let used = request.variables();
        for variable in needs.iter().filter(|it| !used.contains(it)) {
            let name = variable.name();
            part.wrong(
                "paging",
                format!("the request has no place for {{{name}}}"),
                format!("write query = {{ … = \"{{{name}}}\" }}"),
            );
        }
        for variable in [Variable::Page, Variable::Offset, Variable::Cursor, Variable::Limit] {
            if used.contains(&variable) && !needs.contains(&variable) {
                let name = variable.name();
                part.wrong(
                    "paging",
                    format!(
                        "the request has a place for {{{name}}}, which this paging does not give"
                    ),
                    "leave it out of the request, or write paging = { style = …, limit = … }",
                );
            }
        }
        if request.has_in_path(Variable::Cursor) {
            part.wrong(
                "paging",
                "the first page has no {cursor}, so that it cannot stand in the path",
                "write it into query or body",
            );
        }
    }

    /// The paths that an answer is asked for what it says of pages, with the keys at which they stand.
    pub(super) fn paths(&self) -> Vec<(&'static [&'static str], &Path)> {
        let total = self.total.iter().map(|path| (&["total"][..], path));
        let sign: Option<(&[&str], &Path)> = match &self.style {
            Style::Single | Style::LinkHeader => None,
            Style::Next(path) => Some((&["paging", "next"], path)),
            Style::Cursor(path, _) => Some((&["paging", "cursor"], path)),
            Style::Page(signs) | Style::Offset(signs) => {
                signs.pages.as_ref().map(|path| (&["paging", "pages"][..], path))
            }
        };
        total.chain(sign).collect()
    }

    /// The condition by which a source says that there is another page.
    pub(super) fn more(&self) -> Option<&Condition> {
        match &self.style {
            Style::Page(signs) | Style::Offset(signs) => signs.more.as_ref(),
            Style::Cursor(_, more) => more.as_ref(),
            Style::Single | Style::LinkHeader | Style::Next(_) => None,
        }
    }

    /// True when a page is asked for by how many items came before it.
    pub(super) fn counts_items(&self) -> bool {
        matches!(self.style, Style::Offset(_))
    }

    /// True when a page is asked for by its number.
    pub(super) fn counts_pages(&self) -> bool {
        matches!(self.style, Style::Page(_))
    }

    /// True when a header says whether there is another page.
    pub(super) fn is_by_header(&self) -> bool {
        matches!(self.style, Style::LinkHeader)
    }

    /// The first page.
    pub(super) fn start(&self) -> Turn {
        Turn { page: self.first, ..Turn::default() }
    }

    /// How many items there are in all, if the source says so.
    pub(super) fn total(&self, walk: Walk<'_, '_>) -> Option<u64> {
        number(self.total.as_ref()?, walk)
    }

    /// The page after one that brought `count` items.
    pub(super) fn next(
        &self,
        turn: &Turn,
        walk: Walk<'_, '_>,
        reply: &Reply,
        count: usize,
        (asked, base): (&Url, &Url),
    ) -> Result<Option<Turn>, Problem> {
        let offset = turn.offset.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        let counted = Turn { page: turn.page.saturating_add(1), offset, cursor: None, url: None };
        let at = |text: Option<&str>| match text.map(str::trim).filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => {
                let url = asked.join(text);
                // A page that stands elsewhere is never fetched, and the list is not complete without it.
                let url = url.ok().filter(|url| within(url, base)).ok_or(Problem::Incomplete)?;
                Ok(Some(Turn { url: Some(url.into()), ..counted.clone() }))
            }
        };
        let text_at = |path: &Path| match walk.one(path, walk.root) {
            Err(_) => Err(Problem::TooMuch),
            Ok(node) => match node.map_or(Scalar::Missing, Node::scalar) {
                Scalar::Missing => Ok(None),
                Scalar::Text(text) => Ok(Some(text)),
                Scalar::Many => Err(Problem::Garbled),
            },
        };
        match &self.style {
            Style::Single => Ok(None),
            Style::LinkHeader => {
                let links = reply.headers.get_all(LINK).iter();
                at(links.filter_map(|link| link.to_str().ok()).find_map(next_link))
            }
            Style::Next(path) => at(text_at(path)?),
            Style::Page(signs) | Style::Offset(signs) => {
                let is_last = self.is_last(signs, turn, walk, offset, count)?;
                Ok((!is_last).then_some(counted))
            }
            Style::Cursor(path, more) => {
                let cursor = text_at(path)?.filter(|text| !text.is_empty()).map(str::to_owned);
                let is_over = match more {
                    Some(more) => !walk.holds(more, walk.root).map_err(|_| Problem::TooMuch)?,
                    None => false,
                };
                Ok(cursor.filter(|_| !is_over).map(|it| Turn { cursor: Some(it), ..counted }))
            }
        }
    }

    /// Whether a page is the last one. How many items it holds says nothing, as long as there are any: a source may give
    /// fewer than it was asked for.
    fn is_last(
        &self,
        signs: &Signs,
        turn: &Turn,
        walk: Walk<'_, '_>,
        offset: u32,
        count: usize,
    ) -> Result<bool, Problem> {
        if let Some(more) = &signs.more {
            return walk.holds(more, walk.root).map(|more| !more).map_err(|_| Problem::TooMuch);
        }
        if let Some(pages) = &signs.pages {
            let pages = number(pages, walk).ok_or(Problem::Garbled)?;
            return Ok(u64::from(turn.page - self.first) + 1 >= pages);
        }
        Ok(count == 0 || self.total(walk).is_some_and(|total| u64::from(offset) >= total))
    }
}

fn number(path: &Path, walk: Walk<'_, '_>) -> Option<u64> {
    match walk.one(path, walk.root).ok()??.scalar() {
        Scalar::Text(text) => text.trim().parse().ok(),
        Scalar::Missing | Scalar::Many => None,
    }
}

/// The address of the next page in a header such as `<…?page=2>; rel="next", <…>; rel="last"` (RFC 8288).
fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, behind)) = rest.split_once('<') {
        let (address, after) = behind.split_once('>')?;
        let parameters = after.split_once('<').map_or(after, |(parameters, _)| parameters);
        let is_next = parameters.split([';', ',']).any(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                let value = value.trim().trim_matches('"');
                name.trim().eq_ignore_ascii_case("rel")
                    && value.split_whitespace().any(|it| it.eq_ignore_ascii_case("next"))
            })
        });
        if is_next {
            return Some(address);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links() {
        for (header, expected) in [
            ("<a?page=2>; rel=\"next\"", Some("a?page=2")),
            ("<a?page=1>; rel=prev, <a?page=3>; title=\"x, y\"; rel=next", Some("a?page=3")),
            ("<a>; rel=\"last next\"", Some("a")),
            ("<a>; rel=last", None),
            ("<a; rel=next", None),
            ("", None),
        ] {
            assert_eq!(next_link(header), expected, "{header}");
        }
    }
}
