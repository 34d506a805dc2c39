//! The partner's system: asks one question page by page.

use tokio::time::Instant;
use url::Url;

use super::exchange::{Answer, Exchange};
use super::hint::Objection;
use super::paging::Turn;
use super::progress::{Progress, Step};
use super::request::within;
use super::revalidation::Trail;
use super::template::{Values, Whom};
use crate::connector::{LocalId, Problem};
use crate::egress::{Credentials, Egress, Reply};
use crate::parts::Part as Page;
use crate::tag::Tag;
use crate::witness::Witness;

/// How to reach it.
#[derive(Debug)]
pub(super) struct Site {
    /// Ends in a slash.
    pub(super) base: Url,
    pub(super) credentials: Credentials,
    pub(super) egress: Egress,
}

/// What came, and of which address.
pub(super) struct Arrived {
    pub(super) url: Url,
    pub(super) reply: Reply,
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
        let arrived = self.ask(exchange, whom, turn, None, deadline).await?;
        self.read(exchange, turn, &arrived, take)
    }

    /// Asks for one page. That what the source gave this tag for still holds is a problem; to say so unasked, or of something
    /// else, is a fault, whatever the manifest says of statuses.
    pub(super) async fn ask(
        &self,
        exchange: &Exchange,
        whom: Whom<'_>,
        turn: &Turn,
        since: Option<&Tag>,
        deadline: Instant,
    ) -> Result<Arrived, Problem> {
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
        asked.headers.extend(since.and_then(Tag::header));
        let url = asked.url.clone();
        let reply = self.egress.exchange(asked, &self.credentials, deadline).await?;
        reply.unchanged(since).map_or(Ok(Arrived { url, reply }), Err)
    }

    /// Takes a page to pieces; nothing when the source says that there is nothing.
    fn read<T>(
        &self,
        exchange: &Exchange,
        turn: &Turn,
        Arrived { url, reply }: &Arrived,
        take: impl FnOnce(&Answer<'_>) -> Result<T, Problem>,
    ) -> Result<Option<Brought<T>>, Problem> {
        exchange.read_reply(reply, self.egress.witness(), |answer| {
            let (items, listed) = (answer.items.len(), answer.listed);
            let total = exchange.paging.total(answer.walk);
            let taken = take(answer)?;
            let next = exchange.paging.next(turn, answer.walk, reply, listed, (url, &self.base));
            let next = next.inspect_err(|problem| self.refuse(exchange, || astray(problem)))?;
            Ok(Brought { taken, next, total, items, listed })
        })
    }

    /// All pages, one after the other, each given to `take`; at the end, why that may not be all. If the pages of `before`
    /// still hold, none is, and that is why.
    pub(super) async fn pages(
        &self,
        exchange: &Exchange,
        patients: &[LocalId],
        before: Option<&[Page]>,
        deadline: Instant,
        mut take: impl FnMut(&Answer<'_>) -> Result<Step, Problem>,
    ) -> (Option<Problem>, Option<Vec<Page>>) {
        let (mut progress, mut trail) = (Progress::default(), Trail::of(exchange));
        let (mut turn, whom) = (exchange.paging.start(), Whom::Patients(patients));
        let mut first = match before {
            Some(before) => self.changed(exchange, patients, before, deadline).await,
            None => None,
        };
        loop {
            let arrived = match first.take() {
                Some(arrived) => arrived,
                None => self.ask(exchange, whom, &turn, None, deadline).await,
            };
            let brought = arrived.and_then(|arrived| {
                trail.note(&turn, &arrived);
                self.read(exchange, &turn, &arrived, &mut take)
            });
            match brought {
                Ok(None) => break,
                Ok(Some(brought)) => match progress.after(exchange, brought) {
                    Ok(Some(next)) => turn = next,
                    Ok(None) => break,
                    Err(endless) => {
                        self.refuse(exchange, || endless.objection(exchange));
                        return (Some(Problem::TooMuch), None);
                    }
                },
                Err(problem) => return (Some(problem), None),
            }
        }
        let Some((key, why)) = progress.lack(exchange) else { return (None, trail.end()) };
        exchange.refuse(self.witness(), key, || why);
        (Some(Problem::Incomplete), None)
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
