//! The tables, as two folders of statements that are part of the binary.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlSafeStr};

use crate::identity::StoreError;

/// One step: number, what it brings, and its text for SQLite and for PostgreSQL.
type Step = (i64, &'static str, &'static str, &'static str);

/// All steps, in order. A step that was released is never changed.
const STEPS: [Step; 3] = [
    (
        1,
        "identity",
        include_str!("migrations/sqlite/0001_identity.sql"),
        include_str!("migrations/postgres/0001_identity.sql"),
    ),
    (
        2,
        "consent",
        include_str!("migrations/sqlite/0002_consent.sql"),
        include_str!("migrations/postgres/0002_consent.sql"),
    ),
    (
        3,
        "ledger",
        include_str!("migrations/sqlite/0003_ledger.sql"),
        include_str!("migrations/postgres/0003_ledger.sql"),
    ),
];

/// Brings the tables up to date.
pub(super) async fn run(pool: &AnyPool, sqlite: bool) -> Result<(), StoreError> {
    let steps = STEPS.iter().map(|(number, about, for_sqlite, for_postgres)| {
        let text = if sqlite { *for_sqlite } else { *for_postgres };
        Migration::new(
            *number,
            Cow::Borrowed(*about),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    });
    let migrator = Migrator::with_migrations(steps.collect());
    migrator.run(pool).await.map_err(sqlx::Error::from)?;
    Ok(())
}
