//! What is played, and what is expected of a connector that keeps the contract.

use std::time::Duration;

use super::dialect::Tamper;
use super::fault::Fault;
use crate::connector::Problem;

/// How many records count as very many.
const MANY: usize = 5_000;

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is called.
    pub name: &'static str,
    /// What goes wrong.
    pub fault: Fault,
    /// The problem that is expected, in words.
    pub expected: &'static str,
    /// Whether a problem is the expected one.
    pub right: fn(Option<&Problem>) -> bool,
    /// What the connector must have afterwards.
    pub kept: Kept,
    /// So much to carry that the time it takes says nothing about the deadline.
    pub heavy: bool,
    /// Whether it can be played on the roster as well: it is about an answer, not about records.
    pub general: bool,
}

/// What must be there after a case. A directory keeps its old copy where others have nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Everything.
    All,
    /// No record: the source has none.
    Empty,
    /// No record, because of the problem.
    Nothing,
    /// Everything but one record.
    AllButOne,
    /// What came before the problem.
    Part,
    /// As many as were sent.
    Many,
    /// Whatever.
    Any,
}

impl Kept {
    /// Whether `got` records are right when a healthy source has `healthy`.
    pub(super) fn allows(self, got: usize, healthy: usize, is_directory: bool) -> bool {
        match self {
            Self::All => got == healthy,
            Self::Nothing | Self::Part if is_directory => got == healthy,
            Self::Empty | Self::Nothing => got == 0,
            Self::AllButOne => got + 1 == healthy,
            Self::Part => got > 0,
            Self::Many => got == MANY,
            Self::Any => true,
        }
    }

    pub(super) fn words(self, is_directory: bool) -> &'static str {
        match self {
            Self::All => "every record",
            Self::Nothing | Self::Part if is_directory => "the old copy",
            Self::Empty | Self::Nothing => "no record",
            Self::AllButOne => "every record but one",
            Self::Part => "the records that came first",
            Self::Many => "all of the very many records",
            Self::Any => "any number of records",
        }
    }
}

/// Every case, the healthy one first: if that fails, the others mean nothing.
pub(super) fn all() -> Vec<Case> {
    [answers(), times(), garbage(), breaks(), statuses(), records(), pages()].concat()
}

fn case(
    name: &'static str,
    fault: Fault,
    expected: &'static str,
    right: fn(Option<&Problem>) -> bool,
) -> Case {
    Case { name, fault, expected, right, kept: Kept::Nothing, heavy: false, general: true }
}

impl Case {
    fn keeps(self, kept: Kept) -> Self {
        Self { kept, ..self }
    }

    fn heavy(self) -> Self {
        Self { heavy: true, ..self }
    }

    fn special(self) -> Self {
        Self { general: false, ..self }
    }
}

fn tampered(
    name: &'static str,
    tamper: Tamper,
    expected: &'static str,
    right: fn(Option<&Problem>) -> bool,
) -> Case {
    case(name, Fault::Tampered(tamper), expected, right).special()
}

fn none(problem: Option<&Problem>) -> bool {
    problem.is_none()
}

fn is_garbled(problem: Option<&Problem>) -> bool {
    problem == Some(&Problem::Garbled)
}

fn is_late(problem: Option<&Problem>) -> bool {
    problem == Some(&Problem::Timeout)
}

fn is_too_much(problem: Option<&Problem>) -> bool {
    problem == Some(&Problem::TooMuch)
}

/// A body that ends early can be seen as a broken connection or as broken content.
fn is_broken(problem: Option<&Problem>) -> bool {
    matches!(problem, Some(Problem::Unreachable | Problem::Garbled))
}

fn is_refused(problem: Option<&Problem>) -> bool {
    problem == Some(&Problem::Unauthorized)
}

fn is_busy(problem: Option<&Problem>) -> bool {
    problem == Some(&Problem::Busy { retry_after: Some(Duration::from_secs(7)) })
}

fn answers() -> Vec<Case> {
    vec![
        case("healthy", Fault::Healthy, "no problem", none).keeps(Kept::All),
        tampered("empty", Tamper::Empty, "no problem", none).keeps(Kept::Empty),
        tampered("very many records", Tamper::Many(MANY), "no problem", none)
            .keeps(Kept::Many)
            .heavy(),
        case("huge, length announced", Fault::Huge { announced: true }, "TooMuch", is_too_much)
            .heavy(),
        case("huge, length unknown", Fault::Huge { announced: false }, "TooMuch", is_too_much)
            .heavy(),
        case("gzip bomb", Fault::GzipBomb, "TooMuch", is_too_much).heavy(),
    ]
}

fn times() -> Vec<Case> {
    vec![
        case("slow but in time", Fault::Slow, "no problem", none).keeps(Kept::All),
        case("past the deadline", Fault::TooSlow, "Timeout", is_late),
        case("byte by byte", Fault::Drip, "Timeout", is_late),
        case("silent in the middle", Fault::Stall, "Timeout", is_late),
        case("silent from the start", Fault::Hang, "Timeout", is_late),
    ]
}

fn garbage() -> Vec<Case> {
    vec![
        case("a web page", Fault::Html, "Garbled", is_garbled),
        case("noise", Fault::Noise, "Garbled", is_garbled),
        case("JSON of another shape", Fault::WrongShape, "Garbled", is_garbled),
        case("not UTF-8", Fault::BadUtf8, "Garbled", is_garbled),
        case("nested 10,000 deep", Fault::Deep, "Garbled", is_garbled),
    ]
}

fn breaks() -> Vec<Case> {
    vec![
        case("truncated", Fault::Truncated, "Unreachable or Garbled", is_broken),
        case("reset in the middle", Fault::Reset, "Unreachable or Garbled", is_broken),
    ]
}

fn statuses() -> Vec<Case> {
    vec![
        case("401", Fault::Status(401, None), "Unauthorized", is_refused),
        case("403", Fault::Status(403, None), "Unauthorized", is_refused),
        // A source may know no such section at all.
        case("404", Fault::Status(404, None), "Status(404) or NotSupported", |problem| {
            matches!(problem, Some(Problem::Status(404) | Problem::NotSupported))
        }),
        case("429 with Retry-After", Fault::Status(429, Some(7)), "Busy for 7 s", is_busy),
        case("500", Fault::Status(500, None), "Status(500)", |problem| {
            problem == Some(&Problem::Status(500))
        }),
        case("503", Fault::Status(503, None), "Status(503)", |problem| {
            problem == Some(&Problem::Status(503))
        }),
        case("503 with Retry-After", Fault::Status(503, Some(7)), "Busy for 7 s", is_busy),
        case("redirect to a foreign host", Fault::Redirect, "Status(302)", |problem| {
            problem == Some(&Problem::Status(302))
        }),
    ]
}

fn records() -> Vec<Case> {
    vec![
        tampered("all of another patient", Tamper::Strangers, "WrongPatient", |problem| {
            matches!(problem, Some(Problem::WrongPatient(1..)))
        }),
        tampered("one of another patient", Tamper::OneStranger, "WrongPatient(1)", |problem| {
            problem == Some(&Problem::WrongPatient(1))
        })
        .keeps(Kept::All),
        tampered("one unreadable record", Tamper::OneBroken, "Unreadable(1)", |problem| {
            problem == Some(&Problem::Unreadable(1))
        })
        .keeps(Kept::AllButOne),
        // JSON leaves open which of the two counts, so any answer will do that does no harm.
        tampered("keys sent twice", Tamper::DoubledKeys, "any problem or none", |_| true)
            .keeps(Kept::Any),
    ]
}

fn pages() -> Vec<Case> {
    vec![
        tampered("endless pages", Tamper::Endless, "TooMuch", is_too_much)
            .keeps(Kept::Part)
            .heavy(),
        // Whether going round in circles is a lie or a quirk depends on the protocol.
        tampered("pages in a circle", Tamper::Circular, "any problem or none", |_| true)
            .keeps(Kept::All)
            .heavy(),
        tampered("next page on a foreign host", Tamper::Astray(String::new()), "a problem", |it| {
            it.is_some()
        })
        .keeps(Kept::Part),
        case("a further page fails", Fault::FurtherPage(500), "Status(500)", |problem| {
            problem == Some(&Problem::Status(500))
        })
        .keeps(Kept::Part)
        .special(),
    ]
}
