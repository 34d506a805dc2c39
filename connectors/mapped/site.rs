//! The partner's system: asks one question page by page.

use std::collections::HashSet;

use tokio::time::Instant;
use url::Url;

use super::exchange::{Answer, Exchange};
use super::hint::Objection;
use super::paging::Turn;
use super::request::within;
use super::template::{Values, Whom};
use crate::connector::{LocalId, Problem};
use crate::egress::{Credentials, Egress};
use crate::witness::Witness;

/// How to reach it.
#[derive(Debug)]
pub(super) struct Site {
    /// Ends in a slash.
    pub(super) base: Url,
    pub(super) credentials: Credentials,
    pub(super) egress: Egress,
}

/// What a page brought, beside what it is.
pub(super) struct Brought<T> {
    pub(super) taken: T,
    /// The page that follows.
    pub(super) next: Option<Turn>,
    /// How many items there are in all, if that is said.
    pub(super) total: Option<u64>,
    /// How many items were taken of the page.
    pub(super) items: usize,
    /// How many it holds.
    pub(super) listed: usize,
}

/// How far a reading has come.
#[derive(Debug, Default)]
struct Progress {
    pages: u32,
    /// The addresses and marks of pages that were asked for.
    marks: HashSet<String>,
    items: u64,
    total: Option<u64>,
}

/// What one page of a question brought.
pub(super) enum Step {
    /// Something that was not there before.
    New,
    /// Nothing new, though there were items.
    Nothing,
}

impl Step {
    /// New when either is.
    pub(super) fn or(self, other: Self) -> Self {
        if matches!(self, Self::New) { self } else { other }
    }
}

impl Site {
    /// One page; nothing when the source says that there is nothing.
    pub(super) async fn page<T>(
        &self,
        exchange: &Exchange,
        whom: Whom<'_>,
        turn: &Turn,
        deadline: Instant,
        take: impl FnOnce(&Answer<'_>) -> Result<T, Problem>,
    ) -> Result<Option<Brought<T>>, Problem> {
        let values = Values {
            whom,
            page: turn.page,
            offset: turn.offset,
            limit: exchange.paging.limit,
            cursor: turn.cursor.as_deref(),
        };
        let asked = exchange.asked(&self.base, &values, turn.url.as_deref());
        let mut asked = asked.ok_or(match whom {
            // An id that came from the source itself and cannot be asked for: what it said cannot be used.
            Whom::Nobody | Whom::Patients(_) => Problem::Garbled,
            Whom::Bearer(_) => Problem::NotSupported,
        })?;
        self.credentials.remove_from(&mut asked.url);
        let url = asked.url.clone();
        let reply = self.egress.exchange(asked, &self.credentials, deadline).await?;
        exchange.read_reply(&reply, self.egress.witness(), |answer| {
            let (items, listed) = (answer.items.len(), answer.listed);
            let total = exchange.paging.total(answer.walk);
            let taken = take(answer)?;
            let next = exchange.paging.next(turn, answer.walk, &reply, listed, (&url, &self.base));
            let next = next.inspect_err(|problem| self.refuse(exchange, || astray(problem)))?;
            Ok(Brought { taken, next, total, items, listed })
        })
    }

    /// All pages, one after the other, each given to `take`; at the end, why that may not be all.
    pub(super) async fn pages(
        &self,
        exchange: &Exchange,
        patients: &[LocalId],
        deadline: Instant,
        mut take: impl FnMut(&Answer<'_>) -> Result<Step, Problem>,
    ) -> Option<Problem> {
        let mut progress = Progress::default();
        let mut turn = exchange.paging.start();
        loop {
            let whom = Whom::Patients(patients);
            match self.page(exchange, whom, &turn, deadline, &mut take).await {
                Ok(None) => break,
                Ok(Some(brought)) => match progress.after(exchange, brought) {
                    Ok(Some(next)) => turn = next,
                    Ok(None) => break,
                    Err(endless) => {
                        self.refuse(exchange, || endless.objection(exchange));
                        return Some(Problem::TooMuch);
                    }
                },
                Err(problem) => return Some(problem),
            }
        }
        let lacks = progress.total.is_some_and(|total| total > progress.items);
        lacks.then(|| {
            exchange.refuse(self.witness(), "total", || {
                let (read, said) = (progress.items, progress.total.unwrap_or_default());
                Objection::new(
                    format!("the answers held {read} items, and this says that there are {said}"),
                    "write in `paging` how pages follow each other; and see that this path leads to how many items of this very list there are",
                )
            });
            Problem::Incomplete
        })
    }

    fn witness(&self) -> Option<&dyn Witness> {
        self.egress.witness().map(|witness| &**witness)
    }

    /// Tells why pages are not followed any further.
    fn refuse(&self, exchange: &Exchange, why: impl FnOnce() -> Objection) {
        exchange.refuse(self.witness(), "paging", why);
    }
}

/// Why what tells of the next page is of no use.
fn astray(problem: &Problem) -> Objection {
    match problem {
        Problem::Incomplete => Objection::new(
            "the next page stands at another place than base_url",
            "let the server lead to its pages by the very scheme, host, port and path of base_url, or write base_url as its links have it",
        ),
        Problem::TooMuch => Objection::new(
            "what tells of the next page takes too many steps to find",
            "write a plain path to it",
        ),
        _ => Objection::new(
            "what tells of the next page is not there, or is no single value",
            "write the path to it as each answer has it; `caregraph connector try` shows one",
        ),
    }
}

/// Why pages would be followed without an end.
enum Endless {
    Again,
    Circle,
    Many,
}

impl Endless {
    fn objection(&self, exchange: &Exchange) -> Objection {
        let most = exchange.paging.max_pages;
        match self {
            Self::Again => Objection::new(
                "a page brought the items of the one before it again",
                "see that the server heeds what is counted under the name that the request gives it, and write what tells that there is no more (`more`, `pages`, `total`)",
            ),
            Self::Circle => Objection::new(
                "pages lead in a circle",
                "let the last page lead nowhere; see that the path picks what leads to the next page, and not to this one",
            ),
            Self::Many => Objection::new(
                format!("there are more pages than max_pages allows ({most})"),
                "ask for more items a page with {limit}, or write a higher max_pages",
            ),
        }
    }
}

impl Progress {
    fn after(
        &mut self,
        exchange: &Exchange,
        brought: Brought<Step>,
    ) -> Result<Option<Turn>, Endless> {
        self.pages += 1;
        self.items += brought.listed as u64;
        self.total = brought.total.or(self.total);
        let Some(next) = brought.next else { return Ok(None) };
        // A page that brings nothing new although it holds items is the one before it again.
        let is_again = matches!(brought.taken, Step::Nothing) && brought.items > 0;
        let mark = next.url.as_ref().or(next.cursor.as_ref());
        let is_known = mark.is_some_and(|mark| !self.marks.insert(mark.clone()));
        match () {
            () if is_known => Err(Endless::Circle),
            () if is_again => Err(Endless::Again),
            () if self.pages >= exchange.paging.max_pages => Err(Endless::Many),
            () => Ok(Some(next)),
        }
    }
}

/// Writes a page for whoever asks for it later.
pub(super) fn mark(turn: &Turn) -> Option<String> {
    serde_json::to_string(turn).ok()
}

/// Reads such a page. Its address is looked at again: others have kept it.
pub(super) fn marked(text: &str, base: &Url) -> Result<Turn, Problem> {
    let turn: Turn = serde_json::from_str(text).map_err(|_| Problem::Incomplete)?;
    let is_ours = |url: &String| Url::parse(url).is_ok_and(|url| within(&url, base));
    if turn.url.as_ref().is_none_or(is_ours) { Ok(turn) } else { Err(Problem::Incomplete) }
}
