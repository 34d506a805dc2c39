//! Paths into an answer (RFC 9535), compiled once. A library reads them; what they may hold is limited here, so that running
//! one takes no more steps than its budget has (see [`super::walk`]).

use jsonpath_rust::parser::model as parsed;
use jsonpath_rust::parser::parse_json_path;
use regex::{Regex, RegexBuilder};

/// The longest path or condition, in bytes.
const LONGEST: usize = 512;

/// How deep brackets may stand in each other: the parser tries alternatives at each level.
const DEEPEST: usize = 6;

/// The longest pattern of `match` and `search`, in bytes, and the memory that one may take when compiled.
const LONGEST_PATTERN: usize = 128;
const PATTERN_MEMORY: usize = 64 * 1024;

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

type Compiled<T> = Result<T, Flaw>;

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

fn flaw<T>(why: &str, remedy: &'static str) -> Compiled<T> {
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
            let is_part = it.is_alphanumeric() || it == '_';
            if is_part && is_word && is_apart {
                return flaw(
                    "a name with a blank stands without quotes",
                    "write it as in $['first name']",
                );
            }
            is_apart = it.is_whitespace();
            is_word = is_part || (is_word && is_apart);
        }
        match (quote, it) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), it) if it == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(it),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, _) => {}
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

fn segments(all: &[parsed::Segment], may_be_deep: bool) -> Compiled<Vec<Segment>> {
    all.iter().map(|it| segment(it, may_be_deep)).collect()
}

fn segment(segment: &parsed::Segment, may_be_deep: bool) -> Compiled<Segment> {
    match segment {
        parsed::Segment::Selector(one) => Ok(match selector(one)? {
            Selector::Step(step) => Segment::Step(step),
            other => Segment::Children(vec![other]),
        }),
        parsed::Segment::Selectors(several) => {
            several.iter().map(selector).collect::<Compiled<_>>().map(Segment::Children)
        }
        parsed::Segment::Descendant(_) if !may_be_deep => {
            flaw("`..` cannot stand within a filter", "name the way to the value")
        }
        parsed::Segment::Descendant(below) => match &**below {
            parsed::Segment::Selector(one) => Ok(Segment::Descendants(vec![selector(one)?])),
            parsed::Segment::Selectors(several) => {
                several.iter().map(selector).collect::<Compiled<_>>().map(Segment::Descendants)
            }
            parsed::Segment::Descendant(_) => flaw("`..` stands twice in one path", "name the way"),
        },
    }
}

fn selector(selector: &parsed::Selector) -> Compiled<Selector> {
    Ok(match selector {
        parsed::Selector::Name(name) => Selector::Step(Step::Name(name.clone())),
        parsed::Selector::Index(place) => Selector::Step(Step::Place(*place)),
        parsed::Selector::Wildcard => Selector::All,
        parsed::Selector::Slice(from, to, step) => Selector::Slice(*from, *to, step.unwrap_or(1)),
        parsed::Selector::Filter(it) => Selector::Filter(filter(it)?),
    })
}

fn filter(it: &parsed::Filter) -> Compiled<Filter> {
    Ok(match it {
        parsed::Filter::Or(all) => Filter::Or(all.iter().map(filter).collect::<Compiled<_>>()?),
        parsed::Filter::And(all) => Filter::And(all.iter().map(filter).collect::<Compiled<_>>()?),
        parsed::Filter::Atom(parsed::FilterAtom::Filter { expr, not }) => {
            negated(filter(expr)?, *not)
        }
        parsed::Filter::Atom(parsed::FilterAtom::Test { expr, not }) => negated(test(expr)?, *not),
        parsed::Filter::Atom(parsed::FilterAtom::Comparison(comparison)) => compared(comparison)?,
    })
}

fn negated(filter: Filter, not: bool) -> Filter {
    if not { Filter::Not(Box::new(filter)) } else { filter }
}

fn test(test: &parsed::Test) -> Compiled<Filter> {
    match test {
        parsed::Test::RelQuery(_) | parsed::Test::AbsQuery(_) => query(test).map(Filter::Exists),
        parsed::Test::Function(function) => match &**function {
            parsed::TestFunction::Match(text, by) => pattern(text, by, true),
            parsed::TestFunction::Search(text, by) => pattern(text, by, false),
            _ => flaw(
                "this function is no test by itself",
                "compare what it gives, as in length(@.list) > 0",
            ),
        },
    }
}

fn compared(comparison: &parsed::Comparison) -> Compiled<Filter> {
    let how = match comparison {
        parsed::Comparison::Eq(..) => Comparison::Equal,
        parsed::Comparison::Ne(..) => Comparison::NotEqual,
        parsed::Comparison::Lt(..) => Comparison::Less,
        parsed::Comparison::Lte(..) => Comparison::LessOrEqual,
        parsed::Comparison::Gt(..) => Comparison::Greater,
        parsed::Comparison::Gte(..) => Comparison::GreaterOrEqual,
    };
    let (left, right) = comparison.vals();
    Ok(Filter::Compare(how, comparable(left)?, comparable(right)?))
}

fn comparable(comparable: &parsed::Comparable) -> Compiled<Operand> {
    match comparable {
        parsed::Comparable::Literal(value) => Ok(literal(value)),
        parsed::Comparable::Function(it) => function(it),
        parsed::Comparable::SingularQuery(query) => {
            let (is_from_root, all) = match query {
                parsed::SingularQuery::Current(all) => (false, all),
                parsed::SingularQuery::Root(all) => (true, all),
            };
            let step = |segment: &parsed::SingularQuerySegment| {
                Segment::Step(match segment {
                    parsed::SingularQuerySegment::Index(place) => Step::Place(*place),
                    parsed::SingularQuerySegment::Name(name) => Step::Name(name.clone()),
                })
            };
            Ok(Operand::At(Query { is_from_root, segments: all.iter().map(step).collect() }))
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of JSON are as exact as this")]
fn literal(literal: &parsed::Literal) -> Operand {
    match literal {
        parsed::Literal::Int(number) => Operand::Number(*number as f64),
        parsed::Literal::Float(number) => Operand::Number(*number),
        parsed::Literal::String(text) => Operand::Text(text.clone()),
        parsed::Literal::Bool(value) => Operand::Bool(*value),
        parsed::Literal::Null => Operand::Null,
    }
}

fn query(test: &parsed::Test) -> Compiled<Query> {
    match test {
        parsed::Test::RelQuery(all) => {
            Ok(Query { is_from_root: false, segments: segments(all, false)? })
        }
        parsed::Test::AbsQuery(all) => {
            Ok(Query { is_from_root: true, segments: segments(&all.segments, false)? })
        }
        parsed::Test::Function(_) => {
            flaw("a path is needed here", "write it as in count(@.list[*])")
        }
    }
}

fn function(function: &parsed::TestFunction) -> Compiled<Operand> {
    match function {
        parsed::TestFunction::Length(of) => Ok(Operand::Length(Box::new(argument(of)?))),
        parsed::TestFunction::Count(parsed::FnArg::Test(of)) => query(of).map(Operand::Count),
        parsed::TestFunction::Value(parsed::FnArg::Test(of)) => query(of).map(Operand::Only),
        _ => flaw("this function cannot be compared", "use length, count or value"),
    }
}

/// A single value, as functions take it.
fn argument(argument: &parsed::FnArg) -> Compiled<Operand> {
    match argument {
        parsed::FnArg::Literal(value) => Ok(literal(value)),
        parsed::FnArg::Test(test) => match &**test {
            parsed::Test::Function(it) => function(it),
            path => {
                let query = query(path)?;
                if query.segments.iter().all(|it| matches!(it, Segment::Step(_))) {
                    Ok(Operand::At(query))
                } else {
                    flaw("this path may lead to several values", "name one, or use count or value")
                }
            }
        },
        parsed::FnArg::Filter(_) => flaw("a value is needed here", "write a path to it"),
    }
}

fn pattern(text: &parsed::FnArg, by: &parsed::FnArg, is_whole: bool) -> Compiled<Filter> {
    let parsed::FnArg::Literal(parsed::Literal::String(pattern)) = by else {
        return flaw(
            "a pattern must be written out",
            "write it in quotes; an answer cannot bring it along",
        );
    };
    if pattern.len() > LONGEST_PATTERN || pattern.contains("(?") {
        return Err(Flaw(
            format!("MAPPING_LIMIT: a pattern has at most {LONGEST_PATTERN} bytes and no `(?`"),
            "write a plainer one (RFC 9485)",
        ));
    }
    let whole = if is_whole { format!("^(?:{pattern})$") } else { pattern.clone() };
    let compiled = RegexBuilder::new(&whole).size_limit(PATTERN_MEMORY).nest_limit(32).build();
    let compiled = compiled.map_err(|_| {
        Flaw(
            "MAPPING_LIMIT: this pattern is none, or takes too much memory".to_owned(),
            "write a plainer one (RFC 9485)",
        )
    })?;
    Ok(Filter::Matches(argument(text)?, compiled))
}
