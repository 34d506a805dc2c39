//! Statements over lists, in sizes that repeat, so that the database prepares each of them once.

use std::fmt::Write;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Encode, Type};

use crate::identity::StoreError;

/// The list sizes that statements are made for, the largest first.
const SIZES: [usize; 5] = [512, 128, 32, 8, 1];
/// Values in one statement of many rows.
const MOST_VALUES: usize = 1_024;

/// Cuts rows of so many columns into pieces of the usual sizes.
pub(super) fn pieces<T>(mut rows: &[T], columns: usize) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let fits = |size: usize| size <= rows.len() && size * columns <= MOST_VALUES;
        let size = SIZES.into_iter().find(|size| fits(*size))?;
        let (piece, rest) = rows.split_at(size);
        rows = rest;
        Some(piece)
    })
}

/// Cuts a list into pieces, and says for each to which size it should be filled up by repeating its last element:
/// for lists in which repetition means nothing.
pub(super) fn padded<T>(list: &[T]) -> impl Iterator<Item = (&[T], usize)> {
    list.chunks(SIZES[0]).map(|piece| {
        let size = SIZES.into_iter().rev().find(|size| *size >= piece.len()).unwrap_or(piece.len());
        (piece, size)
    })
}

/// A statement and its values, the same for every database. A question mark stands for each value.
pub(super) struct Statement {
    text: String,
    values: AnyArguments,
}

impl Statement {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: AnyArguments::default() }
    }

    /// Adds text.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Adds a placeholder and its value.
    pub(super) fn value<'v, T: Encode<'v, Any> + Type<Any>>(mut self, value: T) -> Self {
        self.push(value);
        self
    }

    fn push<'v, T: Encode<'v, Any> + Type<Any>>(&mut self, value: T) {
        self.text.push('?');
        // Putting a number, a text or bytes into a list of values cannot fail.
        let _ = sqlx::Arguments::add(&mut self.values, value);
    }

    /// Adds `(v1,v2,…)`, filled up to `size` with the last value.
    pub(super) fn list<'v, I, T: Encode<'v, Any> + Type<Any>>(
        mut self,
        (items, size): (&[I], usize),
        value: impl Fn(&I) -> T,
    ) -> Self {
        let filling = items.last().into_iter().cycle();
        self.text.push('(');
        for (at, item) in items.iter().chain(filling).take(size).enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            self.push(value(item));
        }
        self.text.push(')');
        self
    }

    /// Adds `(…),(…),…`, one for each of `rows`.
    pub(super) fn rows<R>(mut self, rows: &[R], each: impl Fn(&mut Cells<'_>, &R)) -> Self {
        for (at, row) in rows.iter().enumerate() {
            self.text.push_str(if at > 0 { ",(" } else { "(" });
            each(&mut Cells { statement: &mut self, first: true }, row);
            self.text.push(')');
        }
        self
    }

    pub(super) async fn run(self, connection: &mut AnyConnection) -> Result<u64, StoreError> {
        let query =
            sqlx::query_with(AssertSqlSafe(for_backend(self.text, connection)), self.values);
        Ok(query.execute(connection).await?.rows_affected())
    }

    pub(super) async fn fetch<T>(
        self,
        connection: &mut AnyConnection,
        read: impl Fn(&AnyRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, StoreError> {
        let query =
            sqlx::query_with(AssertSqlSafe(for_backend(self.text, connection)), self.values);
        let rows = query.fetch_all(connection).await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }
}

/// The text as the database wants it. PostgreSQL wants its placeholders numbered. SQLite takes numbers too, but
/// then looks each up in a list of all of them, so that binding a thousand would take a million steps.
fn for_backend(text: String, connection: &AnyConnection) -> String {
    if connection.backend_name() == "SQLite" {
        return text;
    }
    let mut parts = text.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (number, part) in (1..).zip(parts) {
        // Writing to a string cannot fail.
        let _ = write!(numbered, "${number}{part}");
    }
    numbered
}

/// The cells of a row that is being added.
pub(super) struct Cells<'s> {
    statement: &'s mut Statement,
    first: bool,
}

impl Cells<'_> {
    /// Adds a cell.
    pub(super) fn cell<'v, T: Encode<'v, Any> + Type<Any>>(&mut self, value: T) -> &mut Self {
        if !self.first {
            self.statement.text.push(',');
        }
        self.first = false;
        self.statement.push(value);
        self
    }
}
