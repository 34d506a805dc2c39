//! Many rows in one: each row that a driver hands from thread to thread costs several times what finding it does.

use std::str::Split;

use sqlx::{AnyConnection, Row};

use super::statement::Statement;
use crate::identity::StoreError;

/// What a column holds. None may be null.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Number,
    Bytes,
}

/// Begins a statement whose rows come back as one text; [`Statement::unpack`] ends and runs it. What is added in
/// between is a query with the columns `c1`, `c2`, … Their order is lost.
pub(super) fn packed(columns: &[Column]) -> Statement {
    let cells = (1..).zip(columns).map(|(number, column)| match column {
        Column::Number => format!("CAST(t.c{number} AS TEXT)"),
        Column::Bytes => format!("hex(t.c{number})"),
    });
    let cells: Vec<String> = cells.collect();
    Statement::new(&format!("SELECT string_agg({}, ' ') FROM (", cells.join(" || ',' || ")))
}

impl Statement {
    /// Ends and runs a statement that [`packed`] began.
    pub(super) async fn unpack<T>(
        self,
        connection: &mut AnyConnection,
        read: impl Fn(&mut Fields<'_>) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let rows =
            self.text(") t").fetch(connection, |row| row.try_get::<Option<String>, _>(0)).await?;
        let text = rows.into_iter().next().flatten().unwrap_or_default();
        let rows = text.split(' ').filter(|row| !row.is_empty());
        let read = rows.map(|row| read(&mut Fields(row.split(','))));
        read.collect::<Option<_>>()
            .ok_or_else(|| StoreError { what: "a row cannot be read".to_owned() })
    }
}

/// The fields of a row, taken one after the other.
pub(super) struct Fields<'r>(Split<'r, char>);

impl Fields<'_> {
    pub(super) fn number(&mut self) -> Option<i64> {
        self.0.next()?.parse().ok()
    }

    pub(super) fn bytes(&mut self) -> Option<Vec<u8>> {
        let pair = |pair: &[u8]| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        };
        let text = self.0.next()?.as_bytes();
        let mut bytes = Vec::with_capacity(text.len() / 2);
        for chunk in text.chunks(2) {
            bytes.push(pair(chunk)?);
        }
        Some(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes()?.try_into().ok()
    }
}

/// SQLite writes capital letters, PostgreSQL small ones.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_numbers_and_bytes() {
        let mut fields = Fields("-17,00fFa0,,zz,abc".split(','));
        assert_eq!(fields.number(), Some(-17));
        assert_eq!(fields.array(), Some([0, 255, 160]));
        assert_eq!(fields.bytes(), Some(Vec::new()));
        assert_eq!(fields.bytes(), None);
        assert_eq!(fields.bytes(), None);
        assert_eq!(fields.number(), None);
    }
}
