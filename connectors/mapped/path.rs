//! Paths into an answer (RFC 9535), compiled once. A library reads them; what they may hold is limited here, so that running
//! one takes no more steps than its budget has (see [`super::walk`]).

use jsonpath_rust::parser::model as parsed;
use jsonpath_rust::parser::parse_json_path;
use regex::Regex;

use super::grammar::{filter, segments};

/// The longest path or condition, in bytes.
const LONGEST: usize = 512;

/// How deep brackets may stand in each other: the parser tries alternatives at each level.
const DEEPEST: usize = 6;

/// A path, ready to be run.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) segments: Vec<Segment>,
}

/// A condition on a value, ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Condition(pub(super) Filter);

#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// The one value below that name or place.
    Step(Step),
    /// Whatever these select of what stands directly below.
    Children(Vec<Selector>),
    /// Whatever these select at any depth.
    Descendants(Vec<Selector>),
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Name(String),
    Place(i64),
}

#[derive(Clone, Debug)]
pub(super) enum Selector {
    Step(Step),
    All,
    Slice(Option<i64>, Option<i64>, i64),
    Filter(Filter),
}

#[derive(Clone, Debug)]
pub(super) enum Filter {
    Or(Vec<Filter>),
    And(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Query),
    Compare(Comparison, Operand, Operand),
    /// The text is matched by the pattern.
    Matches(Operand, Regex),
}

/// A path within a filter: from the value that is looked at, or from the root.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) is_from_root: bool,
    pub(super) segments: Vec<Segment>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug)]
pub(super) enum Operand {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// The value at a path that leads to one at most.
    At(Query),
    Length(Box<Operand>),
    Count(Query),
    /// The value at a path, if there is exactly one.
    Only(Query),
}

/// What is wrong with a path, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flaw(pub(super) String, pub(super) &'static str);

pub(super) type Compiled<T> = Result<T, Flaw>;

impl Path {
    pub(super) fn compile(text: &str) -> Compiled<Self> {
        if !text.starts_with('$') {
            return flaw(
                "a path begins with `$`",
                "write `$` for the value itself and `$.name` for what is below it",
            );
        }
        bounded(text)?;
        let query = parse_json_path(text).map_err(|error| unreadable(text, &error))?;
        let segments = segments(&query.segments, true)?;
        let deep = segments.iter().filter(|it| matches!(it, Segment::Descendants(_))).count();
        if deep > 1 {
            return flaw("`..` stands twice in one path", "name the way to the value");
        }
        Ok(Self { segments })
    }

    /// True when it leads to one value at most.
    pub(super) fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| matches!(segment, Segment::Step(_)))
    }

    /// True when it searches at any depth.
    pub(super) fn is_deep(&self) -> bool {
        self.segments.iter().any(|segment| matches!(segment, Segment::Descendants(_)))
    }
}

impl Condition {
    /// A filter expression on the value itself, which is `@`.
    pub(super) fn compile(text: &str) -> Compiled<Self> {
        bounded(text)?;
        let path = format!("$[?{text}]");
        let query = parse_json_path(&path).map_err(|error| unreadable(text, &error))?;
        match query.segments.as_slice() {
            [parsed::Segment::Selector(parsed::Selector::Filter(it))] => filter(it).map(Self),
            _ => {
                flaw("a condition is one filter expression", "write it as in '@.status == \"ok\"'")
            }
        }
    }
}

pub(super) fn flaw<T>(why: &str, remedy: &'static str) -> Compiled<T> {
    Err(Flaw(why.to_owned(), remedy))
}

fn bounded(text: &str) -> Compiled<()> {
    if text.len() > LONGEST {
        return Err(Flaw(
            format!(
                "MAPPING_LIMIT: a path may have {LONGEST} bytes, and this one has {}",
                text.len()
            ),
            "shorten it",
        ));
    }
    let (mut depth, mut quote, mut is_escaped) = (0_usize, None, false);
    // The parser reads `a b` as one name, which the specification has in quotes alone.
    let (mut is_word, mut is_apart) = (false, false);
    for it in text.chars() {
        if quote.is_none() {
            let is_letter = it.is_alphanumeric() || it == '_';
            if is_letter && is_word && is_apart {
                return flaw(
                    "a name with a blank stands without quotes",
                    "write it as in $['first name']",
                );
            }
            is_apart = it.is_whitespace();
            is_word = is_letter || (is_word && is_apart);
        }
        match (quote, it) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), it) if it == open => quote = None,
            (None, '\'' | '"') => quote = Some(it),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Flaw(
                format!("MAPPING_LIMIT: brackets may stand {DEEPEST} deep in each other"),
                "write it with fewer of them",
            ));
        }
    }
    Ok(())
}

/// The parser's own words are about its grammar, so that only the place is taken.
fn unreadable(text: &str, error: &impl ToString) -> Flaw {
    let said = error.to_string();
    let place = said
        .split("--> 1:")
        .nth(1)
        .and_then(|rest| rest.split(|it: char| !it.is_ascii_digit()).next()?.parse::<usize>().ok());
    // A condition is read behind three characters of ours.
    let place =
        place.map(|place| if text.starts_with('$') { place } else { place.saturating_sub(3) });
    let why = match place {
        Some(place) => {
            format!("this cannot be read as JSONPath (RFC 9535) from character {place} on")
        }
        None => "this cannot be read as JSONPath (RFC 9535)".to_owned(),
    };
    Flaw(why, "write it as in $.a.b[0], $['first name'], $.list[*] or $.list[?@.kind == \"x\"]")
}
