//! The ledger's entries.

use async_trait::async_trait;
use sqlx::any::AnyRow;
use sqlx::pool::PoolConnection;
use sqlx::{Any, Connection as _, Row, Transaction};
use uuid::Uuid;

use super::Store;
use super::statement::{Statement, padded, pieces};
use crate::identity::{Mac, RecordKey, StoreError};
use crate::ledger::{LedgerRow, LedgerStore};

#[async_trait]
impl LedgerStore for Store {
    async fn entries_of(
        &self,
        records: &[RecordKey],
    ) -> Result<Vec<(RecordKey, LedgerRow)>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let mut found = Vec::new();
        for piece in padded(records) {
            let statement = Statement::new(
                "SELECT r.record_key, e.id, e.kind, e.sealed FROM ledger_record r JOIN ledger_entry e ON e.id = r.entry \
                 WHERE r.record_key IN ",
            );
            let statement = statement.list(piece, |record| record.as_bytes().to_vec());
            let read = |row: &AnyRow| Ok((record_key(row)?, ledger_row(row, 1)?));
            found.extend(statement.fetch(&mut connection, read).await?);
        }
        Ok(found)
    }

    async fn entries_of_kind(&self, kind: &str) -> Result<Vec<LedgerRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let statement = Statement::new("SELECT id, kind, sealed FROM ledger_entry WHERE kind = ")
            .value(kind.to_owned());
        statement.fetch(&mut connection, |row| ledger_row(row, 0)).await
    }

    async fn entries_whose(&self, whose: &[Mac]) -> Result<Vec<LedgerRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let mut found =
            Statement::new("SELECT id, kind, sealed FROM ledger_entry WHERE whose IS NULL")
                .fetch(&mut connection, |row| ledger_row(row, 0))
                .await?;
        for piece in padded(whose) {
            let statement =
                Statement::new("SELECT id, kind, sealed FROM ledger_entry WHERE whose IN ")
                    .list(piece, |mac| mac.to_vec());
            found.extend(statement.fetch(&mut connection, |row| ledger_row(row, 0)).await?);
        }
        Ok(found)
    }

    async fn entry(&self, id: Uuid) -> Result<Option<LedgerRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let statement = Statement::new("SELECT id, kind, sealed FROM ledger_entry WHERE id = ")
            .value(id.as_bytes().to_vec());
        Ok(statement.fetch(&mut connection, |row| ledger_row(row, 0)).await?.pop())
    }

    async fn add_entry(
        &self,
        row: &LedgerRow,
        records: &[RecordKey],
        whose: Option<&Mac>,
    ) -> Result<(), StoreError> {
        let mut connection = self.durable().await?;
        let mut change = connection.begin().await?;
        Statement::new("INSERT INTO ledger_entry (id, kind, whose, sealed) VALUES (")
            .value(row.id.as_bytes().to_vec())
            .text(", ")
            .value(row.kind.clone())
            .text(", ")
            .value(whose.map(|mac| mac.to_vec()).unwrap_or_default())
            .text(", ")
            .value(row.sealed.clone())
            .text(")")
            .run(&mut change)
            .await?;
        for piece in pieces(records, 2) {
            Statement::new("INSERT INTO ledger_record (record_key, entry) VALUES ")
                .rows(piece, |cells, record| {
                    cells.cell(record.as_bytes().to_vec()).cell(row.id.as_bytes().to_vec());
                })
                .run(&mut change)
                .await?;
        }
        count(&mut change).await?;
        change.commit().await?;
        self.relax(&mut connection).await;
        Ok(())
    }

    async fn replace_entry(&self, row: &LedgerRow) -> Result<(), StoreError> {
        let mut connection = self.durable().await?;
        let mut change = connection.begin().await?;
        Statement::new("UPDATE ledger_entry SET sealed = ")
            .value(row.sealed.clone())
            .text(" WHERE id = ")
            .value(row.id.as_bytes().to_vec())
            .run(&mut change)
            .await?;
        count(&mut change).await?;
        change.commit().await?;
        self.relax(&mut connection).await;
        Ok(())
    }

    async fn ledger_changes(&self) -> Result<i64, StoreError> {
        let mut connection = self.read.acquire().await?;
        let statement = Statement::new("SELECT changes FROM ledger_change");
        let counted = statement.fetch(&mut connection, |row: &AnyRow| row.try_get(0)).await?;
        Ok(counted.first().copied().unwrap_or_default())
    }
}

/// Lets other nodes see that something changed, once it has.
async fn count(change: &mut Transaction<'_, Any>) -> Result<(), StoreError> {
    Statement::new("UPDATE ledger_change SET changes = changes + 1").run(change).await?;
    Ok(())
}

impl Store {
    /// A connection whose changes outlast a power cut, as a patient's word must. Rosters could be read again.
    pub(super) async fn durable(&self) -> Result<PoolConnection<Any>, StoreError> {
        let mut connection = self.write.acquire().await?;
        if self.single_node {
            Statement::new("PRAGMA synchronous = FULL").run(&mut connection).await?;
        }
        Ok(connection)
    }

    /// Gives a connection back as it was. Should that fail, its later changes are slower and no less safe.
    pub(super) async fn relax(&self, connection: &mut PoolConnection<Any>) {
        if self.single_node {
            let _ = Statement::new("PRAGMA synchronous = NORMAL").run(connection).await;
        }
    }
}

fn record_key(row: &AnyRow) -> Result<RecordKey, sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(0)?;
    let bytes =
        bytes.try_into().map_err(|_| sqlx::Error::Decode("a record's key has 16 bytes".into()))?;
    Ok(RecordKey::new(bytes))
}

fn ledger_row(row: &AnyRow, first: usize) -> Result<LedgerRow, sqlx::Error> {
    let id: Vec<u8> = row.try_get(first)?;
    let id = Uuid::from_slice(&id).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(LedgerRow { id, kind: row.try_get(first + 1)?, sealed: row.try_get(first + 2)? })
}
