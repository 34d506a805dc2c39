//! Whoever watches a connector while it is tried: sees what is asked and what comes back, may answer in place of the source,
//! and hears which rules of a manifest fit what came. In service nobody watches.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::HeaderMap;
use url::Url;

use crate::connector::Problem;
use crate::egress::Reply;

/// Watches a connector that is tried.
pub trait Witness: Send + Sync {
    /// What comes back in place of the source's own answer; `None` lets the source be asked.
    fn plays(&self, asked: &Asked) -> Option<Played> {
        let _ = asked;
        None
    }

    /// What came back, and how long that took.
    fn saw(&self, asked: Asked, came: &Result<Reply, Problem>, took: Duration);

    /// An answer is not what a setting of the manifest says: where that stands, why, and what to do, each in a sentence without
    /// its stop.
    fn refused(&self, at: &str, why: &str, remedy: &str) {
        let _ = (at, why, remedy);
    }

    /// A rule was run on an item.
    fn ruled(&self, ruling: &Ruling<'_>) {
        let _ = ruling;
    }

    /// A condition was asked of something.
    fn looked(&self, look: &Look<'_>) {
        let _ = look;
    }
}

impl fmt::Debug for dyn Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witness")
    }
}

/// A request as it was put together: without what shows who we are, which is added on its way.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is to be done.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Headers beside those that every request has.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
}

/// It may name a patient, so a debug print shows the type alone.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked")
    }
}

/// An answer that is played in place of the source's own. It is read as if it had come over the network.
#[derive(Clone, Debug)]
pub enum Played {
    /// An answer, whole.
    Whole(Scripted),
    /// The first half of it, then the connection breaks.
    Broken(Scripted),
    /// Its head, and then blanks without an end.
    Endless(Scripted),
    /// None at all, for as long as anybody waits.
    Silence,
}

/// An answer that somebody made up.
#[derive(Clone, Debug, Default)]
pub struct Scripted {
    /// HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, not packed.
    pub body: Bytes,
}

/// What came of a rule of a manifest, for one item.
#[derive(Clone, Debug)]
pub struct Ruling<'r> {
    /// Where the rule stands in the manifest.
    pub at: &'r str,
    /// What came of it.
    pub outcome: Outcome,
    /// When there was nothing: the member that is not there, and one that is, whose name is alike.
    pub alike: Option<(&'r str, &'r str)>,
    /// When it does not fit: what would.
    pub needed: Option<String>,
    /// When it does not fit: how it is written, each digit as 9 and each letter as a.
    pub written: Option<String>,
    /// When it does not fit: the value itself, for the eyes of whom the source belongs to.
    pub said: Option<&'r str>,
}

/// What came of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The source said something that fits.
    Found,
    /// There was nothing.
    Missing,
    /// What the source said does not fit, and the manifest allows it to be left out.
    LeftOut,
    /// What the source said does not fit, so that the item cannot be read.
    Unfit,
}

/// What a path of a condition led to.
#[derive(Clone, Debug)]
pub struct Look<'r> {
    /// Where the condition stands in the manifest.
    pub at: &'r str,
    /// The path, as it stands in the condition.
    pub path: String,
    /// It leads somewhere, or the condition holds all the same.
    pub is_useful: bool,
    /// When it does not: where in the item there is a member of its name.
    pub elsewhere: Option<String>,
    /// What was looked at is a part of that item.
    pub is_of_part: bool,
}
