//! Statements over lists, in sizes that repeat, so that the database prepares each of them once.

use std::fmt::Write;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Encode, Row, Type};

use crate::identity::StoreError;

/// The list sizes that statements are made for, the largest first.
const SIZES: [usize; 4] = [512, 64, 8, 1];

/// Cuts a list into pieces of the usual sizes.
pub(super) fn pieces<T>(mut list: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= list.len())?;
        let (piece, rest) = list.split_at(size);
        list = rest;
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

/// A statement and its values.
pub(super) struct Statement {
    text: String,
    values: AnyArguments,
    count: usize,
}

impl Statement {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: AnyArguments::default(), count: 0 }
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
        self.count += 1;
        // Writing to a string cannot fail, nor can putting a number, a text or bytes into a list of values.
        let _ = write!(self.text, "${}", self.count);
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
        let query = sqlx::query_with(AssertSqlSafe(self.text), self.values);
        Ok(query.execute(connection).await?.rows_affected())
    }

    pub(super) async fn fetch<T>(
        self,
        connection: &mut AnyConnection,
        read: impl Fn(&AnyRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, StoreError> {
        let query = sqlx::query_with(AssertSqlSafe(self.text), self.values);
        let rows = query.fetch_all(connection).await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }
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

/// A column of bytes of a fixed length.
pub(super) fn bytes<const N: usize>(row: &AnyRow, column: usize) -> Result<[u8; N], sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes.try_into().map_err(|_| sqlx::Error::Decode("a key has the wrong length".into()))
}
