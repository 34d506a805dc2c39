//! YAML as a tree, event by event: the parser's own loader copies what an alias names, which has no bound.

use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::scanner::TScalarStyle;

use super::Refused;
use super::tree::{Budget, DEPTH, TOO_DEEP, TOO_MANY, Tree};

/// How many keys one table may have.
const KEYS: usize = 5_000;

/// What is being read.
enum Open {
    List(Vec<Tree>),
    /// With the key whose value comes next.
    Fields(Vec<(String, Tree)>, Option<String>),
}

/// Reads the first document of a text.
pub(super) fn read(text: &str) -> Result<Tree, Refused> {
    let budget = Budget::new();
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    loop {
        let (event, mark) = parser.next_token().map_err(|error| {
            Refused(format!("cannot be read as YAML at line {}", error.marker().line()))
        })?;
        budget.take().ok_or_else(|| Refused(TOO_MANY.to_owned()))?;
        let done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Fields(Vec::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items)) => Some(Tree::List(items)),
                Some(Open::Fields(fields, _)) => Some(Tree::Fields(fields)),
                None => return Err(cut_off()),
            },
            Event::Scalar(text, style, ..) => Some(scalar(text, style)),
            Event::Alias(_) => {
                let line = mark.line();
                let why =
                    format!("has an alias (*name) at line {line}; write out what it stands for");
                return Err(Refused(why));
            }
            Event::DocumentEnd | Event::StreamEnd => return Err(cut_off()),
            Event::Nothing | Event::StreamStart | Event::DocumentStart => None,
        };
        if open.len() > DEPTH {
            return Err(Refused(TOO_DEEP.to_owned()));
        }
        let Some(value) = done else { continue };
        if open.is_empty() {
            return Ok(value);
        }
        if !put(&mut open, value) {
            let why = format!(
                "has a key at line {} that is no text, stands there twice, or is one of more than 5,000",
                mark.line()
            );
            return Err(Refused(why));
        }
    }
}

fn cut_off() -> Refused {
    Refused("is empty or cut off".to_owned())
}

/// Puts a value where it belongs; false when it is a key that cannot be one.
fn put(open: &mut [Open], value: Tree) -> bool {
    match open.last_mut() {
        Some(Open::List(items)) => items.push(value),
        Some(Open::Fields(fields, key)) => {
            if let Some(key) = key.take() {
                fields.push((key, value));
            } else {
                // Status codes are keys that look like numbers.
                let Some(name) = value.scalar() else { return false };
                if fields.len() == KEYS || fields.iter().any(|(known, _)| *known == name) {
                    return false;
                }
                *key = Some(name);
            }
        }
        None => {}
    }
    true
}

fn scalar(text: String, style: TScalarStyle) -> Tree {
    if style != TScalarStyle::Plain {
        return Tree::Text(text);
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Tree::Null,
        "true" | "True" | "TRUE" => Tree::Bool(true),
        "false" | "False" | "FALSE" => Tree::Bool(false),
        _ if text.parse::<f64>().is_ok() => Tree::Number(text),
        _ => Tree::Text(text),
    }
}
