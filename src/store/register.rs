//! The register's entries.

use async_trait::async_trait;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection as _, Row};

use super::Store;
use super::statement::Statement;
use crate::identity::{SourceId, StoreError};
use crate::register::{RegisterRow, RegisterStore};

#[async_trait]
impl RegisterStore for Store {
    async fn entries_after(&self, seq: i64) -> Result<Vec<RegisterRow>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let statement = Statement::new(
            "SELECT seq, connector, number, sealed FROM register_entry WHERE seq > ",
        )
        .value(seq)
        .text(" ORDER BY seq");
        statement.fetch(&mut connection, row).await
    }

    async fn add_entry(&self, row: &RegisterRow) -> Result<bool, StoreError> {
        let mut connection = self.durable().await?;
        let mut change = connection.begin().await?;
        let is_added = add(&mut change, row).await?;
        change.commit().await?;
        self.relax(&mut connection).await;
        Ok(is_added)
    }

    async fn add_rotation(&self, row: &RegisterRow, sealed: &[u8]) -> Result<bool, StoreError> {
        let mut connection = self.durable().await?;
        let mut change = connection.begin().await?;
        let is_added = add(&mut change, row).await?;
        if is_added {
            Statement::new("INSERT INTO register_credential (connector, sealed) VALUES (")
                .value(row.connector.as_str().to_owned())
                .text(", ")
                .value(sealed.to_vec())
                .text(") ON CONFLICT (connector) DO UPDATE SET sealed = excluded.sealed")
                .run(&mut change)
                .await?;
        }
        change.commit().await?;
        self.relax(&mut connection).await;
        Ok(is_added)
    }

    async fn credential(&self, connector: &SourceId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let statement = Statement::new("SELECT sealed FROM register_credential WHERE connector = ")
            .value(connector.as_str().to_owned());
        let found = statement.fetch(&mut connection, |row: &AnyRow| row.try_get(0)).await?;
        Ok(found.into_iter().next())
    }
}

async fn add(change: &mut AnyConnection, row: &RegisterRow) -> Result<bool, StoreError> {
    Statement::new("UPDATE register_change SET seq = seq + 1").run(change).await?;
    let added =
        Statement::new("INSERT INTO register_entry (seq, connector, number, sealed) SELECT seq, ")
            .value(row.connector.as_str().to_owned())
            .text(", ")
            .value(i64::from(row.number))
            .text(", ")
            .value(row.sealed.clone())
            .text(" FROM register_change WHERE true ON CONFLICT (connector, number) DO NOTHING")
            .run(change)
            .await?;
    Ok(added > 0)
}

fn row(row: &AnyRow) -> Result<RegisterRow, sqlx::Error> {
    let (connector, number): (String, i64) = (row.try_get(1)?, row.try_get(2)?);
    let number = u32::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let connector = SourceId::new(connector);
    Ok(RegisterRow { seq: row.try_get(0)?, connector, number, sealed: row.try_get(3)? })
}
