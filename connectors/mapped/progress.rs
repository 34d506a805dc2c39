//! How far the reading of a list has come, page by page, and whether all of it has.

use std::collections::HashSet;

use super::exchange::Exchange;
use super::hint::Objection;
use super::paging::Turn;
use super::site::Brought;

/// What the items of a page turned out to be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Step {
    /// How many had not been there before.
    new: usize,
    /// How many stand on this page a second time.
    twice: usize,
    /// How many stood on an earlier page.
    again: usize,
}

/// Whether an item had been there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Novelty {
    /// On this page.
    Twice,
    /// On an earlier page.
    Again,
    New,
}

impl Step {
    pub(super) fn add(&mut self, novelty: Novelty) {
        match novelty {
            Novelty::New => self.new += 1,
            Novelty::Twice => self.twice += 1,
            Novelty::Again => self.again += 1,
        }
    }
}

/// How far a reading has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pages: u32,
    /// The addresses and marks of pages that were asked for.
    marks: HashSet<String>,
    /// How many items the pages listed.
    listed: u64,
    twice: usize,
    again: usize,
    total: Option<u64>,
}

impl Progress {
    /// Takes note of a page; says which one follows.
    pub(super) fn after(
        &mut self,
        exchange: &Exchange,
        brought: Brought<Step>,
    ) -> Result<Option<Turn>, Endless> {
        let Step { new, twice, again } = brought.taken;
        self.pages += 1;
        self.listed += brought.listed as u64;
        (self.twice, self.again) = (self.twice + twice, self.again + again);
        self.total = brought.total.or(self.total);
        let Some(next) = brought.next else { return Ok(None) };
        // A page that brings nothing new although it holds items is the one before it again.
        let is_again = new == 0 && brought.items > 0;
        let mark = next.url.as_ref().or(next.cursor.as_ref());
        let is_known = mark.is_some_and(|mark| !self.marks.insert(mark.clone()));
        match () {
            () if is_known => Err(Endless::Circle),
            () if is_again => Err(Endless::Again),
            () if self.pages >= exchange.paging.max_pages => Err(Endless::Many),
            () => Ok(Some(next)),
        }
    }

    /// Why what has come may not be all, after the last page; with the setting that tells it.
    pub(super) fn lack(&self, exchange: &Exchange) -> Option<(&'static str, Objection)> {
        let repeated = (self.twice + self.again) as u64;
        // What stands on one page alone has come, however often it stands there.
        let read = if self.pages > 1 { self.listed.saturating_sub(repeated) } else { self.listed };
        if let Some(total) = self.total.filter(|total| *total > read) {
            return Some(("total", short(read, total)));
        }
        // Where items are counted, one that stands there twice has moved the count beyond another. An item of an earlier page
        // means that the list has moved meanwhile.
        let leads_past = self.pages > 1
            && (exchange.paging.counts_items() && repeated > 0
                || exchange.paging.counts_pages() && self.again > 0);
        leads_past.then(|| ("paging", moved(repeated)))
    }
}

fn short(read: u64, total: u64) -> Objection {
    Objection::new(
        format!("the answers held {read} items, and this says that there are {total}"),
        "write in `paging` how pages follow each other; and see that this path leads to how many items of this very list there are",
    )
}

fn moved(repeated: u64) -> Objection {
    Objection::new(
        format!(
            "{repeated} items stood there more than once, so that counting leads past others that were not read"
        ),
        "let the server list each item once, in an order that stays while pages are read; or page by a cursor or a link",
    )
}

/// Why pages would be followed without an end.
pub(super) enum Endless {
    Again,
    Circle,
    Many,
}

impl Endless {
    pub(super) fn objection(&self, exchange: &Exchange) -> Objection {
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
