//! The formats in which answers come. Each is read into the same tree.

use toml::Value;

use super::hint::Objection;
use super::json;
use super::node::Node;
use super::part::{Part, kind_of};
use super::sheet::Sheet;
use super::xml::Xml;
use crate::connector::Problem;

/// How an answer is written.
#[derive(Clone, Debug)]
pub(super) enum Format {
    Json,
    /// A value a line.
    Lines,
    Csv(Sheet),
    Xml(Xml),
}

const NAMES: [&str; 4] = ["json", "ndjson", "csv", "xml"];

impl Format {
    /// Reads `format = "csv"` or `format = { csv = { delimiter = ";" } }`.
    pub(super) fn read(part: &Part<'_>) -> Self {
        match part.get("format") {
            None => Self::Json,
            Some(Value::Table(_)) => Self::read_table(part).unwrap_or(Self::Json),
            Some(Value::String(_)) => match part.one_of("format", &NAMES) {
                Some("ndjson") => Self::Lines,
                Some("csv") => Self::Csv(Sheet::default()),
                Some("xml") => Self::Xml(Xml::default()),
                _ => Self::Json,
            },
            Some(other) => {
                let why = format!("must be the name of a format, and is {}", kind_of(other));
                part.wrong("format", why, format!("write \"{}\"", NAMES.join("\" or \"")));
                Self::Json
            }
        }
    }

    fn read_table(part: &Part<'_>) -> Option<Self> {
        let format = part.part("format")?;
        let found = match (format.part("csv"), format.part("xml")) {
            (Some(csv), None) => Sheet::read(&csv).map(Self::Csv),
            (None, Some(xml)) => Some(Self::Xml(Xml::read(&xml))),
            _ => {
                part.wrong(
                    "format",
                    "must have exactly one of `csv`, `xml`",
                    "write format = \"json\" for the others",
                );
                None
            }
        };
        format.close();
        found
    }

    /// What is asked for.
    pub(super) fn accept(&self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Lines => "application/x-ndjson, application/json;q=0.5",
            Self::Csv(_) => "text/csv",
            Self::Xml(_) => "application/xml, text/xml;q=0.9",
        }
    }

    /// Where the items are when nobody says so.
    pub(super) fn items(&self) -> Option<&'static str> {
        match self {
            Self::Lines | Self::Csv(_) => Some("$[*]"),
            Self::Json | Self::Xml(_) => None,
        }
    }

    /// Why a body cannot be read, in words that repeat nothing of it.
    pub(super) fn flaw(&self, body: &[u8]) -> Objection {
        let Ok(text) = std::str::from_utf8(body) else {
            return Objection::new(
                "an answer is not written in UTF-8",
                "let the server write UTF-8",
            );
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
        if text.is_empty() {
            let remedy = "let the server send an empty list where there is nothing, or 404 with none_when = [404]";
            return Objection::new("an answer is empty", remedy);
        }
        let begins =
            |with: &str| text.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with));
        if begins("<!doctype html") || begins("<html") {
            let remedy = "see that base_url and path lead to the API, and that the credentials are taken: such a page is most often one to sign in";
            return Objection::new("an answer is a web page", remedy);
        }
        let is_json = text.starts_with(['{', '[']);
        match self {
            Self::Json | Self::Lines if text.starts_with('<') => Objection::new(
                "an answer is XML",
                "write format = \"xml\", or let the server answer in JSON",
            ),
            Self::Csv(_) | Self::Xml(_) if is_json => Objection::new(
                "an answer is JSON",
                "write format = \"json\", or let the server answer in this one",
            ),
            Self::Json => json::flaw(text),
            Self::Lines => Objection::new(
                "an answer is not one value of JSON a line",
                "write format = \"json\" where all of it is one value",
            ),
            Self::Csv(sheet) => sheet.flaw(text),
            Self::Xml(xml) => xml.flaw(text),
        }
    }

    /// Reads a body. A mark of byte order at its beginning says nothing.
    pub(super) fn decode<'a>(&self, body: &'a [u8]) -> Result<Node<'a>, Problem> {
        let text = std::str::from_utf8(body).map_err(|_| Problem::Garbled)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match self {
            Self::Json => json::read(text),
            Self::Lines => json::read_lines(text),
            Self::Csv(sheet) => sheet.decode(text),
            Self::Xml(xml) => xml.decode(text),
        }
    }
}
