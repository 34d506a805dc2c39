//! The index of persons: reading.

use async_trait::async_trait;
use sqlx::{AnyConnection, Row};
use uuid::Uuid;

use super::Store;
use super::halves::{halves, matching};
use super::packed::{Column, packed};
use super::people_write::PeopleWrite;
use super::rows::{
    eldest, linked_records, member_row, persons_after, record_row, removal_row, sources,
    stored_records, whereabouts, whereabouts_of,
};
use super::statement::{Statement, padded};
use crate::identity::person_store::{
    MemberRow, PersonStore, PersonWrite, RecordRow, RemovalRow, SourceRow, Whereabouts,
};
use crate::identity::{Mac, RecordKey, Seq, SourceId, StoreError};

/// Terms of which a search has more than one are looked up in so many records at most.
const MOST_SCANNED: i64 = 50_000;

#[async_trait]
impl PersonStore for Store {
    async fn register(&self, key_check: &Mac, sources: &[SourceId]) -> Result<Vec<u8>, StoreError> {
        let mut change = self.write.begin().await?;
        Statement::new("INSERT INTO identity_lock (id, writes, holder, held_until_ms, key_check) VALUES (1, 0, '', 0, ")
            .value(&key_check[..])
            .text(") ON CONFLICT (id) DO UPDATE SET writes = identity_lock.writes + 1")
            .run(&mut change)
            .await?;
        let noted = Statement::new("SELECT key_check FROM identity_lock WHERE id = 1");
        let noted = noted
            .fetch(&mut change, |row| row.try_get::<Vec<u8>, _>(0))
            .await?
            .pop()
            .unwrap_or_default();
        if noted == key_check {
            for source in sources {
                Statement::new("INSERT INTO identity_source (number, id, phase, read_from_ms, full_from_ms, people) ")
                    .text("SELECT COALESCE(MAX(number), 0) + 1, ")
                    .value(source.as_str())
                    .text(", 0, 0, 0, 0 FROM identity_source WHERE true ON CONFLICT (id) DO NOTHING")
                    .run(&mut change)
                    .await?;
            }
        }
        change.commit().await?;
        Ok(noted)
    }

    async fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        sources(&mut *self.read.acquire().await?).await
    }

    async fn systems(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let statement = Statement::new("SELECT uri, number FROM identity_system");
        let mut connection = self.read.acquire().await?;
        statement.fetch(&mut connection, |row| Ok((row.try_get(0)?, row.try_get(1)?))).await
    }

    async fn begin(&self) -> Result<Box<dyn PersonWrite>, StoreError> {
        let mut change = self.write.begin().await?;
        // Takes the lock of writers at once, so that nothing that is read below can have changed by the commit.
        Statement::new("UPDATE identity_lock SET writes = writes + 1 WHERE id = 1")
            .run(&mut change)
            .await?;
        Ok(Box::new(PeopleWrite { change }))
    }

    async fn begin_as_keeper(
        &self,
        holder: &str,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<Option<Box<dyn PersonWrite>>, StoreError> {
        let mut change = self.write.begin().await?;
        let taken = Statement::new("UPDATE identity_lock SET writes = writes + 1, holder = ")
            .value(holder)
            .text(", held_until_ms = ")
            .value(until_ms)
            .text(" WHERE id = 1 AND (holder = ")
            .value(holder)
            .text(" OR held_until_ms < ")
            // Nobody else uses a file of our own: what is noted there is from an earlier run.
            .value(if self.single_node { i64::MAX } else { now_ms })
            .text(")")
            .run(&mut change)
            .await?;
        Ok((taken > 0).then(|| Box::new(PeopleWrite { change }) as Box<dyn PersonWrite>))
    }

    async fn hand_over(&self, holder: &str) -> Result<(), StoreError> {
        let mut connection = self.write.acquire().await?;
        let statement =
            Statement::new("UPDATE identity_lock SET held_until_ms = 0 WHERE holder = ")
                .value(holder);
        statement.run(&mut connection).await.map(drop)
    }

    async fn locate(&self, own: &[Uuid]) -> Result<Vec<Whereabouts>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let mut found = Vec::new();
        for piece in padded(own) {
            let statement = whereabouts_of()
                .text("JOIN identity_own o ON o.seq = r.seq WHERE o.high IN ")
                .list(piece, |own| halves(own.as_bytes())[0]);
            found.extend(statement.unpack(&mut connection, whereabouts).await?);
        }
        // Half an id is as good as unique; what shares it by chance was not asked for.
        found.retain(|place: &Whereabouts| own.contains(&place.own));
        Ok(found)
    }

    async fn locate_records(&self, records: &[Seq]) -> Result<Vec<Whereabouts>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let mut found = Vec::new();
        for piece in padded(records) {
            let statement = whereabouts_of().text("WHERE r.seq IN ").list(piece, |seq| seq.0);
            found.extend(statement.unpack(&mut connection, whereabouts).await?);
        }
        Ok(found)
    }

    async fn records_named(&self, names: &[RecordKey]) -> Result<Vec<RecordRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let mut found = Vec::new();
        for piece in padded(names) {
            let statement = stored_records().text("WHERE r.record_key IN ");
            let statement = statement.list(piece, |name| name.as_bytes().to_vec());
            found.extend(statement.unpack(&mut connection, record_row).await?);
        }
        Ok(found)
    }

    async fn retired_into(&self, eldest: &[Seq]) -> Result<Vec<Whereabouts>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let mut found = Vec::new();
        for piece in padded(eldest) {
            let statement = whereabouts_of().text("WHERE h.person IN ").list(piece, |seq| seq.0);
            found.extend(statement.unpack(&mut connection, whereabouts).await?);
        }
        Ok(found)
    }

    async fn members(&self, persons: &[Seq]) -> Result<Vec<MemberRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let mut found = Vec::new();
        for piece in padded(persons) {
            let statement = linked_records().text("WHERE m.person IN ").list(piece, |seq| seq.0);
            found.extend(statement.unpack(&mut connection, member_row).await?);
        }
        Ok(found)
    }

    async fn records_bearing(
        &self,
        keys: &[Mac],
        limit: usize,
    ) -> Result<Vec<MemberRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let mut statement =
            linked_records().text("WHERE m.seq IN (SELECT k.seq FROM identity_key k WHERE ");
        for (at, key) in keys.iter().enumerate() {
            statement = statement.text(if at > 0 { ") OR (" } else { "(" });
            statement = matching(statement, "k.", key);
        }
        let statement = statement.text(")) ORDER BY m.seq LIMIT ").value(count(limit));
        statement.unpack(&mut connection, member_row).await
    }

    async fn with_terms(&self, terms: &[Mac], limit: usize) -> Result<Vec<MemberRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let Some((rarest, others)) = by_rarity(&mut connection, terms).await? else {
            return Ok(Vec::new());
        };
        let statement =
            linked_records().text("JOIN (SELECT t.seq FROM (SELECT seq FROM identity_term WHERE ");
        let mut statement = matching(statement, "", &rarest)
            .text(" ORDER BY seq LIMIT ")
            .value(MOST_SCANNED)
            .text(") t WHERE true");
        for term in others {
            statement = statement.text(" AND EXISTS (SELECT 1 FROM identity_term o WHERE ");
            statement = matching(statement, "o.", &term).text(" AND o.seq = t.seq)");
        }
        let statement = statement
            .text(" ORDER BY t.seq LIMIT ")
            .value(count(limit))
            .text(") f ON f.seq = m.seq");
        statement.unpack(&mut connection, member_row).await
    }

    async fn persons_after(
        &self,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<(Uuid, Seq)>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let statement = first(persons_after(after), limit);
        statement.unpack(&mut connection, eldest).await
    }

    async fn persons_in_after(
        &self,
        sources: &[i64],
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<(Uuid, Seq)>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let mut found = Vec::new();
        for piece in padded(sources) {
            let statement = persons_after(after)
                .text(" AND EXISTS (SELECT 1 FROM identity_member n ")
                .text("JOIN identity_record r ON r.seq = n.seq ")
                .text("WHERE n.person = m.seq AND r.source IN ")
                .list(piece, |source| *source)
                .text(")");
            found.extend(first(statement, limit).unpack(&mut connection, eldest).await?);
        }
        Ok(found)
    }

    async fn linked_after(&self, after: Seq, limit: usize) -> Result<Vec<MemberRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let statement = linked_records().text("WHERE m.reason > 0 AND m.seq > ").value(after.0);
        let statement = statement.text(" ORDER BY m.seq LIMIT ").value(count(limit));
        statement.unpack(&mut connection, member_row).await
    }

    async fn records_after(
        &self,
        source: i64,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let statement = stored_records()
            .text("WHERE r.seq > ")
            .value(after.0)
            .text(" AND r.source = ")
            .value(source);
        let statement =
            statement.text(" AND r.active = 1 ORDER BY r.seq LIMIT ").value(count(limit));
        statement.unpack(&mut connection, record_row).await
    }

    async fn active_after(
        &self,
        source: i64,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Seq>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let statement =
            packed(&[Column::Number]).text("SELECT seq AS c1 FROM identity_record WHERE seq > ");
        let statement = statement.value(after.0).text(" AND source = ").value(source);
        let statement = statement.text(" AND active = 1 ORDER BY seq LIMIT ").value(count(limit));
        statement.unpack(&mut connection, |row| row.number().map(Seq)).await
    }

    async fn removals(&self) -> Result<Vec<RemovalRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        packed(&[Column::Number, Column::Bytes, Column::Number, Column::Number, Column::Bytes])
            .text("SELECT v.number AS c1, r.record_key AS c2, r.source AS c3, v.at_ms AS c4, v.sealed AS c5 ")
            .text("FROM identity_removal v JOIN identity_record r ON r.seq = v.record")
            .unpack(&mut connection, removal_row)
            .await
    }
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The term that fewest records have, and the others.
async fn by_rarity(
    connection: &mut AnyConnection,
    terms: &[Mac],
) -> Result<Option<(Mac, Vec<Mac>)>, StoreError> {
    let mut counted = Vec::with_capacity(terms.len());
    for term in terms {
        let statement = Statement::new("SELECT COUNT(*) FROM (SELECT 1 FROM identity_term WHERE ");
        let statement =
            matching(statement, "", term).text(" LIMIT ").value(MOST_SCANNED).text(") t");
        let found = if terms.len() == 1 {
            vec![0]
        } else {
            statement.fetch(connection, |row| row.try_get::<i64, _>(0)).await?
        };
        counted.push((found.first().copied().unwrap_or(0), *term));
    }
    counted.sort_unstable();
    let mut terms = counted.into_iter().map(|(_, term)| term);
    Ok(terms.next().map(|rarest| (rarest, terms.collect())))
}

/// The first of the persons.
fn first(statement: Statement, limit: usize) -> Statement {
    statement.text(" ORDER BY o.high, o.low LIMIT ").value(count(limit))
}
