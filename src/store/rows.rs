//! The rows of the index of persons: how they are asked for, and how they are read.

use sqlx::{AnyConnection, Row};
use uuid::Uuid;

use super::halves::whole;
use super::packed::{Column, Fields, packed};
use super::statement::Statement;
use crate::identity::person_store::{
    Member, MemberRow, Phase, RecordRow, RemovalRow, SourceRow, Whereabouts, id_order,
};
use crate::identity::{RecordKey, Seq, SourceId, StoreError};

/// The records `r` that …
pub(super) fn stored_records() -> Statement {
    use Column::{Bytes, Number};
    packed(&[Number, Number, Bytes, Bytes, Number, Bytes, Bytes, Bytes])
        .text("SELECT r.seq AS c1, r.source AS c2, r.record_key AS c3, r.own_id AS c4, r.active AS c5, ")
        .text("r.content AS c6, r.link_keys AS c7, r.sealed AS c8 FROM identity_record r ")
}

/// The members `m`, with their records `r`, that …
pub(super) fn linked_records() -> Statement {
    use Column::{Bytes, Number};
    packed(&[Number, Number, Number, Number, Number, Bytes, Bytes, Bytes])
        .text("SELECT m.seq AS c1, m.person AS c2, m.reason AS c3, m.linked_at_ms AS c4, r.source AS c5, ")
        .text("r.record_key AS c6, r.own_id AS c7, r.sealed AS c8 ")
        .text("FROM identity_member m JOIN identity_record r ON r.seq = m.seq ")
}

/// Where the records `r` are that …
pub(super) fn whereabouts_of() -> Statement {
    packed(&[Column::Bytes, Column::Number, Column::Number, Column::Number])
        .text("SELECT r.own_id AS c1, r.seq AS c2, COALESCE(m.person, 0) AS c3, COALESCE(h.person, 0) AS c4 ")
        .text("FROM identity_record r LEFT JOIN identity_member m ON m.seq = r.seq ")
        .text("LEFT JOIN identity_heir h ON h.seq = r.seq ")
}

pub(super) async fn sources(connection: &mut AnyConnection) -> Result<Vec<SourceRow>, StoreError> {
    Statement::new(
        "SELECT number, id, phase, read_from_ms, full_from_ms, people FROM identity_source",
    )
    .fetch(connection, |row| {
        let instant = |column: usize| row.try_get(column).map(|ms: i64| (ms > 0).then_some(ms));
        Ok(SourceRow {
            number: row.try_get(0)?,
            id: SourceId::new(row.try_get::<String, _>(1)?),
            phase: phase(row.try_get(2)?),
            read_from_ms: instant(3)?,
            full_from_ms: instant(4)?,
            people: row.try_get(5)?,
        })
    })
    .await
}

fn phase(number: i64) -> Phase {
    match number {
        1 => Phase::Indexing,
        2 => Phase::Linking,
        3 => Phase::Done,
        _ => Phase::Reading,
    }
}

pub(super) fn record_row(row: &mut Fields<'_>) -> Option<RecordRow> {
    Some(RecordRow {
        seq: Seq(row.number()?),
        source: row.number()?,
        record: RecordKey::new(row.array()?),
        own: Uuid::from_bytes(row.array()?),
        active: row.number()? != 0,
        content: row.array()?,
        keys: row.bytes()?,
        sealed: row.bytes()?,
    })
}

pub(super) fn member(row: &mut Fields<'_>) -> Option<Member> {
    Some(Member {
        seq: Seq(row.number()?),
        person: Seq(row.number()?),
        reason: row.number()?,
        linked_at_ms: row.number()?,
    })
}

pub(super) fn member_row(row: &mut Fields<'_>) -> Option<MemberRow> {
    Some(MemberRow {
        member: member(row)?,
        source: row.number()?,
        record: RecordKey::new(row.array()?),
        own: Uuid::from_bytes(row.array()?),
        sealed: row.bytes()?,
    })
}

pub(super) fn whereabouts(row: &mut Fields<'_>) -> Option<Whereabouts> {
    let (own, seq) = (Uuid::from_bytes(row.array()?), Seq(row.number()?));
    let (person, heir) = (row.number()?, row.number()?);
    let somebody = |seq: i64| (seq > 0).then_some(Seq(seq));
    Some(Whereabouts { own, seq, person: somebody(person).or(somebody(heir)), present: person > 0 })
}

pub(super) fn removal_row(row: &mut Fields<'_>) -> Option<RemovalRow> {
    Some(RemovalRow {
        number: row.number()?,
        record: RecordKey::new(row.array()?),
        source: row.number()?,
        at_ms: row.number()?,
        sealed: row.bytes()?,
    })
}

/// The persons whose eldest records `m` are, after the person of an id, that …
pub(super) fn persons_after(after: Option<Uuid>) -> Statement {
    let [high, low] = after.as_ref().map_or([i64::MIN; 2], id_order);
    packed(&[Column::Number, Column::Number, Column::Number])
        .text("SELECT o.high AS c1, o.low AS c2, o.seq AS c3 FROM identity_own o ")
        .text("JOIN identity_member m ON m.seq = o.seq WHERE m.person = m.seq AND o.high >= ")
        .value(high)
        .text(" AND (o.high > ")
        .value(high)
        .text(" OR o.low > ")
        .value(low)
        .text(")")
}

/// A person: their id, and their eldest record.
pub(super) fn eldest(row: &mut Fields<'_>) -> Option<(Uuid, Seq)> {
    let own = whole([row.number()?, row.number()?]);
    Some((Uuid::from_bytes(own), Seq(row.number()?)))
}
