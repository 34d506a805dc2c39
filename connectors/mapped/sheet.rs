//! Tables of text (CSV): a list with an object for each row, whose keys are the columns.

use std::borrow::Cow;

use csv::ReaderBuilder;

use super::hint::Objection;
use super::json::NODES;
use super::node::{Fields, Node};
use super::part::Part;
use crate::connector::Problem;
use crate::mistake::{ALIKE_KEYS, nearest_by};

/// How many columns there may be.
const COLUMNS: usize = 500;

/// How a table is written.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    delimiter: u8,
    /// The columns, when the table does not begin with their names.
    columns: Option<Vec<String>>,
    /// Those without which it is another table.
    needed: Vec<String>,
}

impl Default for Sheet {
    fn default() -> Self {
        Self { delimiter: b',', columns: None, needed: Vec::new() }
    }
}

impl Sheet {
    pub(super) fn read(part: &Part<'_>) -> Option<Self> {
        let delimiter = match part.text("delimiter") {
            None => Some(b','),
            Some("tab") => Some(b'\t'),
            Some("," | ";" | "|") => part.text("delimiter").and_then(|it| it.bytes().next()),
            Some(_) => {
                part.wrong(
                    "delimiter",
                    "must be one of `,` `;` `|` and `tab`",
                    "write the sign itself, as in delimiter = \";\"",
                );
                None
            }
        };
        let named = part.has("columns");
        let columns: Vec<String> = part.texts("columns").into_iter().map(str::to_owned).collect();
        let are_twice = columns
            .iter()
            .enumerate()
            .any(|(place, it)| columns.iter().take(place).any(|known| known == it));
        if named && (columns.is_empty() || are_twice || columns.len() > COLUMNS) {
            part.wrong(
                "columns",
                format!("must name 1 to {COLUMNS} columns, each once"),
                "leave it out when the first row names them",
            );
        }
        part.close();
        let columns = named.then_some(columns);
        Some(Self { delimiter: delimiter?, columns, needed: Vec::new() })
    }

    /// From now on a table without these columns is none: nobody can tell a column that is gone from one that is empty.
    pub(super) fn need(&mut self, columns: &[&str]) {
        self.needed = columns.iter().map(|&column| column.to_owned()).collect();
    }

    /// Why a text is no such table: of what came, only the name of a column that is nearly one of the manifest's is repeated.
    pub(super) fn flaw(&self, text: &str) -> Objection {
        let mut reader = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let first = reader.records().next().and_then(Result::ok).unwrap_or_default();
        let has = |name: &String| first.iter().any(|it| it.trim() == name);
        let lacking: Vec<&str> =
            self.needed.iter().filter(|name| !has(name)).map(String::as_str).collect();
        if self.columns.is_some() || lacking.is_empty() {
            return Objection::new(
                "an answer is no table that can be read: each column has one name, and quotes are closed",
                "let the server send such a table",
            );
        }
        let why = format!("the first row of the table does not name `{}`", lacking.join("`, `"));
        if first.len() == 1 {
            let why = format!("{why}; is the delimiter another?");
            let remedy = "write the sign between two columns, as in format = { csv = { delimiter = \";\" } }";
            return Objection::new(why, remedy);
        }
        let alike = lacking.iter().find_map(|name| nearest_by(name, first.iter(), ALIKE_KEYS));
        let hint = alike.map(|it| format!("; did you mean `{}`?", it.trim())).unwrap_or_default();
        Objection::new(
            format!("{why}{hint}"),
            "write the columns in the rules as the first row has them, such as \"$['Site ID']\"; or optional = true for one that may be gone",
        )
    }

    /// A row of another length than the first is nothing: nobody can tell which value stands in which column.
    pub(super) fn decode<'a>(&self, text: &'a str) -> Result<Node<'a>, Problem> {
        let mut reader = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut rows = reader.records();
        let columns = match &self.columns {
            Some(columns) => columns.clone(),
            None => match rows.next() {
                None => return Err(Problem::Garbled),
                Some(row) => {
                    let row = row.map_err(|_| Problem::Garbled)?;
                    row.iter().map(|name| name.trim().to_owned()).collect()
                }
            },
        };
        // A page of the web has a first row too.
        let lacks = self.needed.iter().any(|name| !columns.contains(name));
        if lacks || columns.len() > COLUMNS || columns.iter().any(|name| name.starts_with('<')) {
            return Err(Problem::Garbled);
        }
        let (mut list, mut left) = (Vec::new(), NODES);
        for row in rows {
            let row = row.map_err(|_| Problem::Garbled)?;
            let count = u32::try_from(row.len() + 1).unwrap_or(u32::MAX);
            left = left.checked_sub(count).ok_or(Problem::TooMuch)?;
            if row.len() != columns.len() {
                list.push(Node::Null);
                continue;
            }
            let pairs = columns.iter().zip(row.iter());
            let pairs = pairs.map(|(name, value)| {
                (Cow::Owned(name.clone()), Node::Text(Cow::Owned(value.to_owned())))
            });
            list.push(Fields::of(pairs.collect()).map(Node::Fields).ok_or(Problem::Garbled)?);
        }
        Ok(Node::List(list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(sheet: &Sheet, text: &str, column: &str) -> Vec<Option<String>> {
        let Ok(Node::List(rows)) = sheet.decode(text) else { panic!("{text} is no table") };
        let cell = |row: &Node<'_>| match row.member(column) {
            Some(Node::Text(text)) => Some(text.to_string()),
            _ => None,
        };
        rows.iter().map(cell).collect()
    }

    #[test]
    fn rows_are_read_with_quotes_line_breaks_and_blank_lines() {
        let text = "id, name\r\n1,\"Hall, \"\"North\"\"\"\r\n\r\n2,\"two\nlines\"\r\n";
        let expected = [Some("Hall, \"North\"".to_owned()), Some("two\nlines".to_owned())];
        assert_eq!(cells(&Sheet::default(), text, "name"), expected);
        let sheet = Sheet {
            delimiter: b';',
            columns: Some(vec!["a".into(), "b".into()]),
            ..Sheet::default()
        };
        assert_eq!(cells(&sheet, "1;2\n3;4", "b"), [Some("2".to_owned()), Some("4".to_owned())]);
    }

    #[test]
    fn a_row_of_another_length_is_nothing() {
        assert_eq!(
            cells(&Sheet::default(), "a,b\n1\n1,2\n1,2,3", "a"),
            [None, Some("1".into()), None]
        );
    }

    #[test]
    fn a_table_without_a_needed_column_is_another_one() {
        let mut sheet = Sheet::default();
        sheet.need(&["id"]);
        assert!(sheet.decode("name,id\n").is_ok());
        for text in ["name,ID\n1,2", "{\"error\": \"no such table\"}"] {
            assert_eq!(sheet.decode(text), Err(Problem::Garbled), "{text}");
        }
    }

    #[test]
    fn what_is_no_table_is_garbled() {
        for text in ["", "a,a\n1,2", "<!doctype html><title>x</title>\n<p>x", &",".repeat(600)] {
            assert_eq!(Sheet::default().decode(text), Err(Problem::Garbled), "{text:.20}");
        }
        let long = format!("a,b\n{}", "1,2\n".repeat(NODES as usize / 3 + 1));
        assert_eq!(Sheet::default().decode(&long), Err(Problem::TooMuch));
    }
}
