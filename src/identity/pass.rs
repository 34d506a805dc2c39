//! One reading of a roster, page by page.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use caregraph_connectors::{Problem, RosterCursor, RosterPage};
use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use super::error::IndexError;
use super::ids::Seq;
use super::intake::{retire, take_in};
use super::keeper::RosterKeeper;
use super::pause::Pause;
use super::profile::Profile;
use super::progress::SourceState;
use super::seal::SealError;
use super::seen::Seen;

/// How many people are taken in by one change of the store.
const TAKEN_TOGETHER: usize = 1_000;
/// How often a cursor may fail before the reading begins anew.
const MOST_FAILURES: u32 = 2;
/// After how much time, or how many people, the log tells how far it is.
const TOLD_EVERY: (Duration, u64) = (Duration::from_secs(10), 50_000);

/// What a reading is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PassKind {
    /// Everybody, for the first time.
    First,
    /// Everybody, again.
    Full,
    /// Who has changed.
    Changes,
}

/// Why a reading stopped.
pub(super) enum Trouble {
    /// The source failed; the reading can go on from where it is.
    Source(Problem),
    /// The index failed; the reading has to begin anew.
    Index(IndexError),
}

/// One reading, and where it stands.
pub(super) struct Pass {
    pub(super) kind: PassKind,
    /// When it began.
    pub(super) from_ms: i64,
    cursor: Option<RosterCursor>,
    /// How often the cursor has failed by what may be its own fault.
    failures: u32,
    /// Hashes of the cursors that were followed, because some sources lead round in circles.
    followed: HashSet<u64>,
    seen: Seen,
    read: u64,
    total: Option<u64>,
    unreadable: u64,
    told: (Instant, u64),
}

impl Pass {
    pub(super) fn new(kind: PassKind, cursor: RosterCursor, from_ms: i64) -> Self {
        Self {
            kind,
            from_ms,
            cursor: Some(cursor),
            failures: 0,
            followed: HashSet::new(),
            seen: Seen::default(),
            read: 0,
            total: None,
            unreadable: 0,
            told: (Instant::now(), 0),
        }
    }

    /// Reads on until the last page is stored. While some people are being stored the next are fetched.
    pub(super) async fn run(
        &mut self,
        keeper: &RosterKeeper,
        pause: &mut Pause,
    ) -> Result<(), Trouble> {
        let mut held: Vec<Profile> = Vec::new();
        let mut trouble = None;
        while let Some(cursor) = self.cursor.clone().filter(|_| trouble.is_none()) {
            let enough = held.len() >= TAKEN_TOGETHER;
            let storing = if enough { std::mem::take(&mut held) } else { Vec::new() };
            let (fetched, stored) = tokio::join!(fetch(keeper, &cursor), store(keeper, storing));
            self.seen.add(&stored.map_err(Trouble::Index)?);
            match fetched {
                Ok((page, profiles)) => {
                    pause.reset();
                    self.turn(&page, profiles.len());
                    self.tell(keeper);
                    held.extend(profiles);
                    trouble = self.circle();
                }
                Err(failure) => trouble = Some(self.failed(failure)),
            }
        }
        // What was read is kept, whatever came after it: the reading goes on behind it.
        self.seen.add(&store(keeper, held).await.map_err(Trouble::Index)?);
        trouble.map_or(Ok(()), Err)
    }

    /// True when the cursor is of no use any more, so that the reading has to begin anew.
    pub(super) fn is_cursor_spent(&self) -> bool {
        self.failures >= MOST_FAILURES
    }

    fn failed(&mut self, trouble: Trouble) -> Trouble {
        if let Trouble::Source(problem) = &trouble
            && may_be_the_cursor(problem)
            && matches!(self.cursor, Some(RosterCursor::Page(_)))
        {
            self.failures += 1;
        }
        trouble
    }

    /// Notes what a page said and turns to the next.
    fn turn(&mut self, page: &RosterPage, people: usize) {
        self.failures = 0;
        self.read += people as u64;
        self.unreadable += u64::from(page.unreadable);
        self.total = page.total.or(self.total);
        self.cursor.clone_from(&page.next);
    }

    /// The trouble with a source that leads back to a page where we have been.
    fn circle(&mut self) -> Option<Trouble> {
        let Some(RosterCursor::Page(page)) = &self.cursor else { return None };
        let mut hasher = DefaultHasher::new();
        page.hash(&mut hasher);
        if self.followed.insert(hasher.finish()) {
            return None;
        }
        self.failures = MOST_FAILURES;
        Some(Trouble::Source(Problem::Garbled))
    }

    fn tell(&mut self, keeper: &RosterKeeper) {
        if self.kind == PassKind::First {
            let state = SourceState::Reading { read: self.read, total: self.total };
            keeper.index.core.progress.set(&keeper.source, state);
        }
        if self.told.0.elapsed() >= TOLD_EVERY.0 || self.read - self.told.1 >= TOLD_EVERY.1 {
            info!(source.id = %keeper.source, read = self.read, total = self.total, "reading the roster");
            self.told = (Instant::now(), self.read);
        }
    }

    /// Retires the records that were not on the roster, unless some of it was not seen.
    pub(super) async fn retire_missing(&self, keeper: &RosterKeeper) -> Result<(), IndexError> {
        let (read, unreadable) = (self.read, self.unreadable);
        if unreadable > 0 || self.total.is_some_and(|total| read < total) {
            warn!(
                source.id = %keeper.source, read, total = self.total, unreadable,
                "the roster was not read whole, so nobody is taken for gone"
            );
            return Ok(());
        }
        let core = &keeper.index.core;
        let rows = core.store.sources().await?;
        let number = super::intake::find(&rows, &keeper.source)?.number;
        let (mut after, mut retired) = (Seq::default(), 0);
        loop {
            let seqs = core.store.active_after(number, after, TAKEN_TOGETHER * 10).await?;
            let Some(last) = seqs.iter().max() else { break };
            after = *last;
            let gone: Vec<Seq> = seqs.into_iter().filter(|seq| !self.seen.has(*seq)).collect();
            for gone in gone.chunks(TAKEN_TOGETHER) {
                retire(core, &keeper.source, gone).await?;
            }
            retired += gone.len();
        }
        if retired > 0 {
            info!(source.id = %keeper.source, retired, "records that are no longer on the roster were retired");
        }
        Ok(())
    }
}

/// True for what a stale or broken cursor may be the cause of. A source that is down says nothing of the cursor.
fn may_be_the_cursor(problem: &Problem) -> bool {
    match problem {
        Problem::Status(status) => !matches!(status, 502..=504),
        Problem::Garbled
        | Problem::TooMuch
        | Problem::Unreadable(_)
        | Problem::WrongPatient(_)
        | Problem::Incomplete => true,
        Problem::Timeout
        | Problem::Unreachable
        | Problem::Unauthorized
        | Problem::Busy { .. }
        | Problem::NotSupported
        | Problem::Unchanged
        | Problem::Suspended
        | Problem::NotAsked { .. } => false,
    }
}

async fn fetch(
    keeper: &RosterKeeper,
    cursor: &RosterCursor,
) -> Result<(RosterPage, Vec<Profile>), Trouble> {
    let deadline = Instant::now() + keeper.pace.page_deadline;
    // The connector keeps to the deadline by itself; a moment later it is taken from it.
    let answer = timeout_at(
        deadline + keeper.pace.page_deadline / 10,
        keeper.connector.roster(cursor, deadline),
    );
    // A panic in a mapping is one source's problem; its roster is read again later.
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    let answer = answer.unwrap_or(Ok(Err(Problem::Garbled)));
    let mut page = answer.unwrap_or(Err(Problem::Timeout)).map_err(Trouble::Source)?;
    let (people, source) = (std::mem::take(&mut page.people), keeper.source.clone());
    let profiles = keeper.index.core.aside(move |sealer| {
        people
            .iter()
            .map(|entry| Profile::of(sealer, &source, entry))
            .collect::<Result<Vec<_>, SealError>>()
    });
    let profiles =
        profiles.await.map_err(Trouble::Index)?.map_err(|error| Trouble::Index(error.into()))?;
    Ok((page, profiles))
}

async fn store(keeper: &RosterKeeper, profiles: Vec<Profile>) -> Result<Vec<Seq>, IndexError> {
    let mut seen = Vec::with_capacity(profiles.len());
    let mut profiles = profiles.into_iter().peekable();
    while profiles.peek().is_some() {
        let some: Vec<Profile> = profiles.by_ref().take(TAKEN_TOGETHER).collect();
        seen.extend(take_in(&keeper.index.core, &keeper.source, some).await?);
    }
    Ok(seen)
}
