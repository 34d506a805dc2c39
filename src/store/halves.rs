//! Keyed hashes as they stand in the store: two whole numbers each.

use super::statement::Statement;
use crate::identity::Mac;

/// The two halves of a hash.
pub(super) fn halves(mac: &Mac) -> [i64; 2] {
    let (high, low) = mac.split_at(8);
    [number(high), number(low)]
}

/// The hash of which these are the halves.
pub(super) fn whole([high, low]: [i64; 2]) -> Mac {
    let mut mac = Mac::default();
    let bytes = high.to_be_bytes().into_iter().chain(low.to_be_bytes());
    mac.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    mac
}

/// Adds the condition that the columns `high` and `low` of `table` are those of `mac`.
pub(super) fn matching(statement: Statement, table: &str, mac: &Mac) -> Statement {
    let [high, low] = halves(mac);
    let statement = statement.text(table).text("high = ").value(high);
    statement.text(" AND ").text(table).text("low = ").value(low)
}

fn number(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_make_a_whole() {
        for mac in
            [[0; 16], [255; 16], [7; 16], std::array::from_fn(|at| u8::try_from(at * 16).unwrap())]
        {
            assert_eq!(whole(halves(&mac)), mac);
        }
    }
}
