//! The index of persons: one change, all or nothing.

use async_trait::async_trait;
use sqlx::{Any, Row, Transaction};
use uuid::Uuid;

use super::halves::{halves, matching, whole};
use super::packed::{Column, Fields, packed};
use super::rows::{member, record_row, sources, stored_records};
use super::statement::{Statement, padded, pieces};
use crate::identity::person_store::{Member, PersonWrite, RecordRow, SourceRow};
use crate::identity::{Mac, RecordKey, Seq, StoreError};

/// An open transaction that holds the lock of writers.
pub(super) struct PeopleWrite {
    pub(super) change: Transaction<'static, Any>,
}

#[async_trait]
impl PersonWrite for PeopleWrite {
    async fn sources(&mut self) -> Result<Vec<SourceRow>, StoreError> {
        sources(&mut self.change).await
    }

    async fn put_source(&mut self, source: &SourceRow) -> Result<(), StoreError> {
        let statement = Statement::new("UPDATE identity_source SET phase = ")
            .value(source.phase as i64)
            .text(", read_from_ms = ")
            .value(source.read_from_ms.unwrap_or(0))
            .text(", full_from_ms = ")
            .value(source.full_from_ms.unwrap_or(0))
            .text(" WHERE number = ")
            .value(source.number);
        statement.run(&mut self.change).await.map(drop)
    }

    async fn count_people(&mut self, source: i64, change: i64) -> Result<(), StoreError> {
        let statement =
            Statement::new("UPDATE identity_source SET people = people + ").value(change);
        statement.text(" WHERE number = ").value(source).run(&mut self.change).await.map(drop)
    }

    async fn add_systems(&mut self, systems: &[String]) -> Result<(), StoreError> {
        for system in systems {
            Statement::new(
                "INSERT INTO identity_system (number, uri) SELECT COALESCE(MAX(number), 0) + 1, ",
            )
            .value(system.as_str())
            .text(" FROM identity_system WHERE true ON CONFLICT (uri) DO NOTHING")
            .run(&mut self.change)
            .await?;
        }
        Ok(())
    }

    async fn last_seq(&mut self) -> Result<Seq, StoreError> {
        let statement = Statement::new("SELECT MAX(seq) FROM identity_record");
        let last =
            statement.fetch(&mut self.change, |row| row.try_get::<Option<i64>, _>(0)).await?;
        Ok(Seq(last.first().copied().flatten().unwrap_or(0)))
    }

    async fn records_named(&mut self, names: &[RecordKey]) -> Result<Vec<RecordRow>, StoreError> {
        let mut found = Vec::new();
        for piece in padded(names) {
            let statement = stored_records().text("WHERE r.record_key IN ");
            let statement = statement.list(piece, |name| name.as_bytes().to_vec());
            found.extend(statement.unpack(&mut self.change, record_row).await?);
        }
        Ok(found)
    }

    async fn records(&mut self, records: &[Seq]) -> Result<Vec<RecordRow>, StoreError> {
        let mut found = Vec::new();
        for piece in padded(records) {
            let statement = stored_records().text("WHERE r.seq IN ").list(piece, |seq| seq.0);
            found.extend(statement.unpack(&mut self.change, record_row).await?);
        }
        Ok(found)
    }

    async fn put_records(&mut self, records: &[RecordRow]) -> Result<(), StoreError> {
        for piece in pieces(records, 8) {
            let into = "INSERT INTO identity_record \
                        (seq, source, record_key, own_id, active, content, link_keys, sealed) VALUES ";
            Statement::new(into)
                .rows(piece, |cells, row| {
                    cells.cell(row.seq.0).cell(row.source).cell(&row.record.as_bytes()[..]).cell(&row.own.as_bytes()[..]);
                    cells.cell(i64::from(row.active)).cell(&row.content[..]).cell(&row.keys[..]).cell(&row.sealed[..]);
                })
                .text(" ON CONFLICT (seq) DO UPDATE SET own_id = excluded.own_id, active = excluded.active, ")
                .text("content = excluded.content, link_keys = excluded.link_keys, sealed = excluded.sealed")
                .run(&mut self.change)
                .await?;
        }
        Ok(())
    }

    async fn add_own_ids(&mut self, own: &[(Uuid, Seq)]) -> Result<(), StoreError> {
        for piece in pieces(own, 3) {
            Statement::new("INSERT INTO identity_own (high, low, seq) VALUES ")
                .rows(piece, |cells, (own, seq)| {
                    let [high, low] = halves(own.as_bytes());
                    cells.cell(high).cell(low).cell(seq.0);
                })
                .text(" ON CONFLICT (high, low) DO UPDATE SET seq = excluded.seq")
                .run(&mut self.change)
                .await?;
        }
        Ok(())
    }

    async fn add_keys(&mut self, source: i64, keys: &[(Mac, Seq)]) -> Result<(), StoreError> {
        for piece in pieces(keys, 4) {
            Statement::new("INSERT INTO identity_key (high, low, source, seq) VALUES ")
                .rows(piece, |cells, (key, seq)| {
                    let [high, low] = halves(key);
                    cells.cell(high).cell(low).cell(source).cell(seq.0);
                })
                .text(" ON CONFLICT DO NOTHING")
                .run(&mut self.change)
                .await?;
        }
        Ok(())
    }

    async fn drop_keys(&mut self, source: i64, keys: &[(Mac, Seq)]) -> Result<(), StoreError> {
        for (key, seq) in keys {
            let statement = matching(Statement::new("DELETE FROM identity_key WHERE "), "", key);
            let statement = statement.text(" AND source = ").value(source).text(" AND seq = ");
            statement.value(seq.0).run(&mut self.change).await?;
        }
        Ok(())
    }

    async fn sole_bearers(
        &mut self,
        keys: &[Mac],
        sources: &[i64],
    ) -> Result<Vec<(Mac, Seq)>, StoreError> {
        let mut found = Vec::new();
        if sources.len() < 2 {
            return Ok(found);
        }
        for piece in padded(keys) {
            // Half a key is as good as unique; what shares it by chance is another key and told apart by the rest.
            let statement = packed(&[Column::Number; 3])
                .text(
                    "SELECT high AS c1, low AS c2, MIN(seq) AS c3 FROM identity_key WHERE high IN ",
                )
                .list(piece, |key| halves(key)[0])
                .text(" AND source IN ")
                .list((sources, sources.len()), |source| *source)
                .text(" GROUP BY high, low, source HAVING COUNT(*) = 1");
            let row = |row: &mut Fields<'_>| Some([row.number()?, row.number()?, row.number()?]);
            let mut alone = statement.unpack(&mut self.change, row).await?;
            alone.sort_unstable();
            let shared =
                alone.chunk_by(|a, b| a[..2] == b[..2]).filter(|bearers| bearers.len() > 1);
            found
                .extend(shared.flatten().map(|[high, low, seq]| (whole([*high, *low]), Seq(*seq))));
        }
        Ok(found)
    }

    async fn add_terms(&mut self, terms: &[(Mac, Seq)]) -> Result<(), StoreError> {
        for piece in pieces(terms, 3) {
            Statement::new("INSERT INTO identity_term (high, low, seq) VALUES ")
                .rows(piece, |cells, (term, seq)| {
                    let [high, low] = halves(term);
                    cells.cell(high).cell(low).cell(seq.0);
                })
                .text(" ON CONFLICT DO NOTHING")
                .run(&mut self.change)
                .await?;
        }
        Ok(())
    }

    async fn drop_terms(&mut self, terms: &[(Mac, Seq)]) -> Result<(), StoreError> {
        for (term, seq) in terms {
            let statement = matching(Statement::new("DELETE FROM identity_term WHERE "), "", term);
            statement.text(" AND seq = ").value(seq.0).run(&mut self.change).await?;
        }
        Ok(())
    }

    async fn companions(&mut self, records: &[Seq]) -> Result<Vec<Member>, StoreError> {
        let mut found = Vec::new();
        for piece in padded(records) {
            let statement = packed(&[Column::Number; 4])
                .text("SELECT DISTINCT b.seq AS c1, b.person AS c2, b.reason AS c3, b.linked_at_ms AS c4 ")
                .text("FROM identity_member a JOIN identity_member b ON b.person = a.person WHERE a.seq IN ")
                .list(piece, |seq| seq.0);
            found.extend(statement.unpack(&mut self.change, member).await?);
        }
        Ok(found)
    }

    async fn put_members(&mut self, members: &[Member]) -> Result<(), StoreError> {
        for piece in pieces(members, 4) {
            Statement::new("INSERT INTO identity_member (seq, person, reason, linked_at_ms) VALUES ")
                .rows(piece, |cells, member| {
                    cells.cell(member.seq.0).cell(member.person.0).cell(member.reason).cell(member.linked_at_ms);
                })
                .text(" ON CONFLICT (seq) DO UPDATE SET person = excluded.person, reason = excluded.reason, ")
                .text("linked_at_ms = excluded.linked_at_ms")
                .run(&mut self.change)
                .await?;
        }
        Ok(())
    }

    async fn drop_members(&mut self, records: &[Seq]) -> Result<(), StoreError> {
        for piece in padded(records) {
            let statement = Statement::new("DELETE FROM identity_member WHERE seq IN ")
                .list(piece, |seq| seq.0);
            statement.run(&mut self.change).await?;
        }
        Ok(())
    }

    async fn put_heirs(&mut self, heirs: &[(Seq, Seq)]) -> Result<(), StoreError> {
        for piece in pieces(heirs, 2) {
            Statement::new("INSERT INTO identity_heir (seq, person) VALUES ")
                .rows(piece, |cells, (seq, person)| {
                    cells.cell(seq.0).cell(person.0);
                })
                .text(" ON CONFLICT (seq) DO UPDATE SET person = excluded.person")
                .run(&mut self.change)
                .await?;
        }
        Ok(())
    }

    async fn drop_heirs(&mut self, records: &[Seq]) -> Result<(), StoreError> {
        for piece in padded(records) {
            let statement =
                Statement::new("DELETE FROM identity_heir WHERE seq IN ").list(piece, |seq| seq.0);
            statement.run(&mut self.change).await?;
        }
        Ok(())
    }

    async fn separations(&mut self, records: &[Seq]) -> Result<Vec<(Seq, Seq)>, StoreError> {
        let mut found = Vec::new();
        for piece in padded(records) {
            let statement = packed(&[Column::Number; 2])
                .text("SELECT elder AS c1, younger AS c2 FROM identity_separation WHERE elder IN ")
                .list(piece, |seq| seq.0);
            let row = |row: &mut Fields<'_>| Some((Seq(row.number()?), Seq(row.number()?)));
            found.extend(statement.unpack(&mut self.change, row).await?);
        }
        Ok(found)
    }

    async fn add_removal(
        &mut self,
        record: Seq,
        others: &[Seq],
        at_ms: i64,
        sealed: &[u8],
    ) -> Result<(), StoreError> {
        Statement::new("INSERT INTO identity_removal (number, record, at_ms, sealed) SELECT COALESCE(MAX(number), 0) + 1, ")
            .text("CAST(")
            .value(record.0)
            .text(" AS BIGINT), CAST(")
            .value(at_ms)
            .text(" AS BIGINT), ")
            .value(sealed)
            .text(" FROM identity_removal")
            .run(&mut self.change)
            .await?;
        for piece in pieces(others, 2) {
            Statement::new("INSERT INTO identity_separation (elder, younger) VALUES ")
                .rows(piece, |cells, other| {
                    cells.cell(record.min(*other).0).cell(record.max(*other).0);
                })
                .text(" ON CONFLICT DO NOTHING")
                .run(&mut self.change)
                .await?;
        }
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.change.commit().await?)
    }
}
