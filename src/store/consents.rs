//! Patients' directives.

use async_trait::async_trait;
use sqlx::any::AnyRow;
use sqlx::pool::PoolConnection;
use sqlx::{Any, Connection as _, Row};
use uuid::Uuid;

use super::Store;
use super::statement::{Statement, padded, pieces};
use crate::consent::{ConsentRow, ConsentStore};
use crate::identity::{RecordKey, StoreError};

#[async_trait]
impl ConsentStore for Store {
    async fn consents_of(
        &self,
        records: &[RecordKey],
    ) -> Result<Vec<(RecordKey, ConsentRow)>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let mut found = Vec::new();
        for piece in padded(records) {
            let statement = Statement::new(
                "SELECT r.record_key, c.id, c.sealed FROM consent_record r JOIN consent c ON c.id = r.consent \
                 WHERE r.record_key IN ",
            );
            let statement = statement.list(piece, |record| record.as_bytes().to_vec());
            let read = |row: &AnyRow| Ok((record_key(row)?, consent_row(row, 1)?));
            found.extend(statement.fetch(&mut connection, read).await?);
        }
        Ok(found)
    }

    async fn consent(&self, id: Uuid) -> Result<Option<ConsentRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let statement = Statement::new("SELECT id, sealed FROM consent WHERE id = ")
            .value(id.as_bytes().to_vec());
        Ok(statement.fetch(&mut connection, |row| consent_row(row, 0)).await?.pop())
    }

    async fn add_consent(&self, row: &ConsentRow, records: &[RecordKey]) -> Result<(), StoreError> {
        let mut connection = self.durable().await?;
        let mut change = connection.begin().await?;
        Statement::new("INSERT INTO consent (id, sealed) VALUES (")
            .value(row.id.as_bytes().to_vec())
            .text(", ")
            .value(row.sealed.clone())
            .text(")")
            .run(&mut change)
            .await?;
        for piece in pieces(records, 2) {
            Statement::new("INSERT INTO consent_record (record_key, consent) VALUES ")
                .rows(piece, |cells, record| {
                    cells.cell(record.as_bytes().to_vec()).cell(row.id.as_bytes().to_vec());
                })
                .run(&mut change)
                .await?;
        }
        change.commit().await?;
        self.relax(&mut connection).await;
        Ok(())
    }

    async fn replace_consent(&self, row: &ConsentRow) -> Result<(), StoreError> {
        let mut connection = self.durable().await?;
        let mut change = connection.begin().await?;
        Statement::new("UPDATE consent SET sealed = ")
            .value(row.sealed.clone())
            .text(" WHERE id = ")
            .value(row.id.as_bytes().to_vec())
            .run(&mut change)
            .await?;
        change.commit().await?;
        self.relax(&mut connection).await;
        Ok(())
    }
}

impl Store {
    /// A connection whose changes outlast a power cut, as a patient's word must. Rosters could be read again.
    async fn durable(&self) -> Result<PoolConnection<Any>, StoreError> {
        let mut connection = self.write.acquire().await?;
        if self.single_node {
            Statement::new("PRAGMA synchronous = FULL").run(&mut connection).await?;
        }
        Ok(connection)
    }

    /// Gives a connection back as it was. Should that fail, its later changes are slower and no less safe.
    async fn relax(&self, connection: &mut PoolConnection<Any>) {
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

fn consent_row(row: &AnyRow, first: usize) -> Result<ConsentRow, sqlx::Error> {
    let id: Vec<u8> = row.try_get(first)?;
    let id = Uuid::from_slice(&id).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(ConsentRow { id, sealed: row.try_get(first + 1)? })
}
