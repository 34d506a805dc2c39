//! What the suite has to be told about a kind.

use std::time::Duration;

use super::http::{HttpAnswer, HttpRequest};
use crate::record::Section;
use crate::registry::Kind;

/// How a healthy server of one kind answers, and how its answers are tampered with.
pub trait Dialect: Sync {
    /// The kind that is tried.
    fn kind(&self) -> Kind;

    /// The settings that only this kind has.
    fn settings(&self) -> toml::Table {
        toml::Table::new()
    }

    /// The path of the base URL.
    fn base_path(&self) -> &str;

    /// What the connector is asked for.
    fn subject(&self) -> Subject;

    /// How many records a healthy server gives on it. At least two, on at least two pages if there are pages.
    fn records(&self) -> usize;

    /// How many people stand on a healthy server's roster; `None` to leave the roster out.
    fn roster(&self) -> Option<usize> {
        None
    }

    /// The answer of a healthy server to any request.
    fn answer(&self, request: &HttpRequest) -> HttpAnswer;

    /// The tampered answer; `None` to let the healthy one stand. A tampering that never changed an answer does
    /// not apply to this dialect. Every tampered body holds [`super::CANARY`].
    fn tampered(&self, request: &HttpRequest, tamper: &Tamper) -> Option<HttpAnswer>;

    /// True when the request is for a page that is not the first.
    fn is_further_page(&self, request: &HttpRequest) -> bool;

    /// How long the connector may take over one answer when it is built with this timeout.
    fn patience(&self, timeout: Duration) -> Duration {
        timeout
    }
}

/// What a connector is asked for.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A section of one patient.
    Patient {
        /// The patient's id in the source.
        id: &'static str,
        /// The section.
        section: Section,
        /// A section that this kind never offers.
        unoffered: Section,
    },
    /// The directory of services.
    Directory,
}

/// A change of healthy answers that only the dialect can make.
#[derive(Clone, Debug)]
pub enum Tamper {
    /// Nothing is on record.
    Empty,
    /// This many records on one page.
    Many(usize),
    /// All records are somebody else's; their ids hold [`super::STRANGER`].
    Strangers,
    /// One more record, which is somebody else's.
    OneStranger,
    /// One of the records cannot be read.
    OneBroken,
    /// After every page follows another, with new records.
    Endless,
    /// After the last page follows another, which is the last page over again.
    Circular,
    /// The first page is followed by one on this foreign origin.
    Astray(String),
    /// Keys of a record are sent twice, the second time with another value.
    DoubledKeys,
}
