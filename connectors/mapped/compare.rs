//! Compares values as filters do (RFC 9535, section 2.3.5.2.2).

use std::cmp::Ordering;

use super::node::{Node, Scalar};
use super::path::Comparison;

/// One side of a comparison.
#[derive(Clone, Debug)]
pub(super) enum Value<'v, 'a> {
    /// There is none.
    Nothing,
    Null,
    Bool(bool),
    Number(f64),
    Text(&'v str),
    Many(&'v Node<'a>),
}

impl<'v, 'a> Value<'v, 'a> {
    pub(super) fn of(node: &'v Node<'a>) -> Self {
        match node {
            Node::Null => Self::Null,
            Node::Bool(value) => Self::Bool(*value),
            Node::Number(digits) => digits.parse().map_or(Self::Nothing, Self::Number),
            Node::Text(text) => Self::Text(text),
            // An element of XML with attributes is compared by its text.
            Node::Fields(fields) => match fields.get("#text").map(Node::scalar) {
                Some(Scalar::Text(text)) => Self::Text(text),
                _ => Self::Many(node),
            },
            Node::List(_) => Self::Many(node),
        }
    }

    /// What comparing it costs.
    pub(super) fn size(&self) -> usize {
        pub(super) fn of(node: &Node<'_>) -> usize {
            1 + node.children().into_iter().map(of).sum::<usize>()
        }
        match self {
            Self::Text(text) => 1 + text.len() / 16,
            Self::Many(node) => of(node),
            _ => 1,
        }
    }
}

pub(super) fn compare(how: Comparison, left: &Value<'_, '_>, right: &Value<'_, '_>) -> bool {
    let order = match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        _ => None,
    };
    let is_equal = match (left, right) {
        (Value::Nothing, Value::Nothing) | (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Many(left), Value::Many(right)) => left == right,
        _ => order == Some(Ordering::Equal),
    };
    match how {
        Comparison::Equal => is_equal,
        Comparison::NotEqual => !is_equal,
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => order == Some(Ordering::Less) || is_equal,
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => order == Some(Ordering::Greater) || is_equal,
    }
}
