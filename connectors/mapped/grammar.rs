//! From the tree that the library reads out of a path (RFC 9535) to the one that is run here.

use jsonpath_rust::parser::model as parsed;
use regex::RegexBuilder;

use super::path::{
    Comparison, Compiled, Filter, Flaw, Operand, Query, Segment, Selector, Step, flaw,
};

/// The longest pattern of `match` and `search`, in bytes, and the memory that one may take when compiled.
const LONGEST_PATTERN: usize = 128;
const PATTERN_MEMORY: usize = 64 * 1024;

pub(super) fn segments(all: &[parsed::Segment], may_be_deep: bool) -> Compiled<Vec<Segment>> {
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

pub(super) fn filter(it: &parsed::Filter) -> Compiled<Filter> {
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
            parsed::TestFunction::Match(of, by) => pattern(of, by, true),
            parsed::TestFunction::Search(of, by) => pattern(of, by, false),
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
