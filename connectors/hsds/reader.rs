//! Reading a directory page by page.
//!
//! Nothing that a server says about its paging is believed: a reading ends at the page that is last by its
//! word, empty, or a repetition, and after a fixed number of pages and services whatever the server says. Pages are asked
//! for by their numbers, from 1 or, where a server calls that not its first, from 0; a server that names the next page is
//! asked for that one, if it is a place of its own.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::lenient::read;
use super::map;
use super::page::{Page, page};
use super::wire::Service;
use crate::connector::Problem;
use crate::record::{FuzzyDate, ServiceRecord};
use crate::registry::Io;

/// The most pages that one reading follows.
const MAX_PAGES: u32 = 2_000;

/// The most services that one directory may have.
const MAX_SERVICES: usize = 200_000;

/// How many pages in a row may hold nothing but broken entries. They have no ids, so nothing else tells
/// whether such a page is the last one over again.
const MAX_BARREN: u32 = 3;

/// How much longer than a question of a viewer one page may take: nobody waits for it, and a page in full
/// is the heaviest thing that such servers are asked for.
const PATIENCE: u32 = 4;

/// One directory on the network.
pub(super) struct Reader<'a> {
    pub(super) io: &'a Io,
    pub(super) page_size: u16,
}

/// All entries of the list.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) entries: Vec<Entry>,
    /// How many entries could not be read.
    pub(super) unreadable: u32,
    /// How many entries the server says there are.
    pub(super) told: Option<u64>,
    seen: HashSet<String>,
    /// What lies behind the last page that was read is missing.
    is_cut: bool,
    /// The last page held what was there before.
    repeated: bool,
    /// How many pages in a row held nothing but broken entries.
    barren: u32,
}

/// One readable entry of the list.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) record: ServiceRecord,
    /// The list itself gave the service in full.
    pub(super) whole: bool,
    /// Who runs it, for when no name is given.
    pub(super) organization_id: Option<String>,
}

/// What a page told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    GoOn,
    End,
}

/// Which page is asked for.
enum Turn {
    /// By its number.
    Number(u32),
    /// Where the page before said that it is.
    Link(Url),
}

impl Reader<'_> {
    /// The whole list, or what changed since an instant.
    ///
    /// `None` when the server does not honour the instant: it sent something older. Servers ignore
    /// parameters that they don't know, so the answer has to prove itself.
    pub(super) async fn list(&self, since: Option<&FuzzyDate>) -> Result<Option<Listing>, Problem> {
        let mut listing = Listing::default();
        let (mut full, mut turn) = (true, Turn::Number(1));
        for number in 1..=MAX_PAGES {
            let mut page = match self.page(&turn, since, &mut full).await {
                // Some servers have no page after the last one.
                Err(Problem::Status(404)) if number > 1 && matches!(turn, Turn::Number(_)) => {
                    return Ok(Some(listing));
                }
                other => other?,
            };
            let (first, next) = (page.first, page.next.take());
            let start = listing.entries.len();
            let step = listing.take(page);
            if number == 1 && first == Some(false) {
                self.before_the_first(&mut listing, since, &mut full).await?;
            }
            if since.is_some_and(|since| !listing.is_newer(start, since)) {
                return Ok(None);
            }
            if listing.entries.len() > MAX_SERVICES {
                return Err(Problem::TooMuch);
            }
            turn = match (step, turn, next) {
                (Step::GoOn, Turn::Number(_), None) => Turn::Number(number + 1),
                (Step::GoOn, turn, Some(next)) => match self.led(&turn, &next) {
                    Some(url) => Turn::Link(url),
                    None => return Ok(Some(listing.cut())),
                },
                (Step::End, _, Some(_)) if listing.repeated => return Ok(Some(listing.cut())),
                (Step::End, ..) | (Step::GoOn, Turn::Link(_), None) => return Ok(Some(listing)),
            };
        }
        Err(Problem::TooMuch)
    }

    /// A server that calls page 1 not its first counts from 0.
    async fn before_the_first(
        &self,
        listing: &mut Listing,
        since: Option<&FuzzyDate>,
        full: &mut bool,
    ) -> Result<(), Problem> {
        match self.page(&Turn::Number(0), since, full).await {
            // It says so and has none: it was the first all the same.
            Err(Problem::Status(400..=499)) => Ok(()),
            other => {
                listing.take(other?);
                Ok(())
            }
        }
    }

    /// Where a server says that the next page is, if that is a place of its own.
    fn led(&self, from: &Turn, next: &str) -> Option<Url> {
        let url = match from {
            Turn::Number(_) => self.url(&["services"]).join(next),
            Turn::Link(url) => url.join(next),
        };
        url.ok().filter(|url| self.is_ours(url))
    }

    /// True when an address lies below the base address.
    fn is_ours(&self, url: &Url) -> bool {
        let base = &self.io.base_url;
        let below = url.path().strip_prefix(base.path().trim_end_matches('/'));
        let is_below = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        url.origin() == base.origin()
            && is_below
            && url.username().is_empty()
            && url.password().is_none()
    }

    /// Asks for whole services first; a server that refuses is asked for plain ones from then on.
    async fn page(
        &self,
        turn: &Turn,
        since: Option<&FuzzyDate>,
        full: &mut bool,
    ) -> Result<Page, Problem> {
        let number = match turn {
            Turn::Number(number) => *number,
            // Whatever was asked for stands in the address.
            Turn::Link(url) => return after_the_first(&self.get(url.clone()).await?),
        };
        let body = match self.get(self.page_url(number, since, *full)).await {
            Err(Problem::Status(400..=499) | Problem::TooMuch) if *full && number > 0 => {
                *full = false;
                self.get(self.page_url(number, since, false)).await?
            }
            other => other?,
        };
        if number > 1 { after_the_first(&body) } else { page(&body) }
    }

    fn page_url(&self, number: u32, since: Option<&FuzzyDate>, full: bool) -> Url {
        let mut url = self.url(&["services"]);
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("page", &number.to_string());
            query.append_pair("per_page", &self.page_size.to_string());
            if let Some(since) = since {
                query.append_pair("modified_after", since.as_str());
            }
            if full {
                query.append_pair("full", "true");
            }
        }
        url
    }

    /// The address of something below the base address.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.io.base_url.clone();
        // Building the connector has made sure that the base address can have a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// The body that `url` answers with, within the time of one page.
    pub(super) async fn get(&self, url: Url) -> Result<Bytes, Problem> {
        let deadline = Instant::now() + patience(self.io.timeout);
        self.io.egress.get_json(url, &self.io.credentials, deadline).await
    }
}

/// Some servers have a page after the last one, with nothing in it, not even an envelope. A first page like that proves nothing.
fn after_the_first(body: &[u8]) -> Result<Page, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Page { last: true, ..Page::default() });
    }
    page(body)
}

/// How long one page may take.
pub(super) fn patience(timeout: Duration) -> Duration {
    timeout.saturating_mul(PATIENCE)
}

impl Listing {
    /// Takes what is new on a page.
    fn take(&mut self, page: Page) -> Step {
        self.told = page.total.or(self.told);
        let (before, given) = (self.entries.len(), page.entries.len());
        let mut unreadable = 0;
        for entry in page.entries {
            match Entry::read(entry) {
                Some(entry) if self.seen.insert(entry.record.id.clone()) => {
                    self.entries.push(entry);
                }
                Some(_) => {}
                None => unreadable += 1,
            }
        }
        // Entries that were seen before and none beside them: a page over again, its broken entries too.
        let is_new = self.entries.len() > before;
        let is_broken = given > 0 && given == unreadable;
        self.repeated = given > 0 && !is_new && !is_broken;
        if !is_new && !is_broken {
            return Step::End;
        }
        self.unreadable =
            self.unreadable.saturating_add(u32::try_from(unreadable).unwrap_or(u32::MAX));
        self.barren = if is_broken { self.barren + 1 } else { 0 };
        if page.last || self.barren > MAX_BARREN { Step::End } else { Step::GoOn }
    }

    /// The server names a next page that nobody can go to.
    fn cut(self) -> Self {
        Self { is_cut: true, ..self }
    }

    fn is_newer(&self, start: usize, since: &FuzzyDate) -> bool {
        self.entries.iter().skip(start).all(|entry| {
            entry.record.updated.as_ref().is_some_and(|at| at.starts_ms() >= since.starts_ms())
        })
    }

    /// What is wrong with the list as a whole.
    pub(super) fn problem(&self) -> Option<Problem> {
        let given = self.entries.len() as u64 + u64::from(self.unreadable);
        let is_short = self.is_cut || self.told.is_some_and(|told| told > given);
        let short = is_short.then_some(Problem::Incomplete);
        let broken = (self.unreadable > 0).then_some(Problem::Unreadable(self.unreadable));
        Problem::graver(short, broken)
    }
}

impl Entry {
    fn read(entry: Value) -> Option<Self> {
        let service: Service = read(entry)?;
        // By the specification a list has no nested lists. One that names a place was sent in full: an
        // empty list proves nothing, since some servers put it into every entry.
        let at_locations = &service.service_at_locations.0;
        let whole = at_locations.iter().any(|at| at.location.0.is_some());
        Some(Self {
            record: map::record(&service)?,
            whole,
            organization_id: map::organization_id(&service),
        })
    }
}
