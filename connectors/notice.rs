//! What a source tells of its own accord. It never brings data: only whose, and of what kind, are to be asked for anew.

use async_trait::async_trait;

use crate::connector::{LocalId, Problem};
use crate::record::Section;

/// A message of a source, as it came. Somebody else's text: a debug print would show it, so there is none.
#[derive(Clone, Copy)]
pub struct Message<'m> {
    /// What the address named beside the source, such as `Observation/9`; nothing for most.
    pub path: &'m str,
    /// The body; empty for a ping.
    pub body: &'m [u8],
}

/// What a message tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// What has changed.
    pub changes: Vec<Change>,
    /// Somebody on the roster may have changed, or is new.
    pub roster: bool,
    /// How the source counts its messages, if it does.
    pub count: Option<Count>,
}

/// A source that tells what has changed on a line that we open and it keeps open.
#[async_trait]
pub trait Feed: Send + Sync {
    /// Opens the line, to go on behind the message of that mark.
    async fn open(&self, after: Option<&str>) -> Result<Box<dyn Line>, Problem>;
}

/// A line that is open. Dropped, it is closed.
#[async_trait]
pub trait Line: Send {
    /// True when it goes on behind the mark, so that nothing was lost.
    fn is_resumed(&self) -> bool;

    /// The next message. After a problem the line is of no use any more. Whoever stops waiting has lost nothing.
    async fn next(&mut self) -> Result<Tiding, Problem>;
}

/// A message of a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tiding {
    /// What it tells.
    pub notice: Notice,
    /// By what the source can be asked to go on behind it; `None` when it cannot be.
    pub mark: Option<String>,
}

/// Something that has changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Whose it is; anybody's when there is nobody.
    pub patient: Option<LocalId>,
    /// In which section; in any when there is none.
    pub section: Option<Section>,
}

impl Change {
    /// Anything of anybody.
    pub const ANYTHING: Self = Self { patient: None, section: None };
}

/// Where a message stands among all that the source sent about one subscription. By this it is found out that one was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which subscription, as the source names it.
    pub subscription: String,
    /// On what occasion.
    pub occasion: Occasion,
    /// How many events there have been in all, with those of this message.
    pub in_all: Option<u64>,
    /// The numbers of the events of this message.
    pub numbers: Vec<u64>,
}

/// Why a source sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The subscription begins, or begins again.
    Handshake,
    /// To show that it is there.
    Heartbeat,
    /// Something has happened.
    Events,
}

impl Notice {
    /// Anything may have changed.
    pub fn of_anything() -> Self {
        Self { changes: vec![Change::ANYTHING], roster: true, count: None }
    }
}
