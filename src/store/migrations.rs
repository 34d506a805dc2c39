//! The tables, as two folders of statements that are part of the binary.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlSafeStr};

use crate::identity::StoreError;

/// One step: number, what it brings, and its text for SQLite and for PostgreSQL.
type Step = (i64, &'static str, &'static str, &'static str);

/// All steps, in order. A step that was released is never changed.
const STEPS: [Step; 6] = [
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
    (
        4,
        "whose",
        include_str!("migrations/sqlite/0004_whose.sql"),
        include_str!("migrations/postgres/0004_whose.sql"),
    ),
    (
        5,
        "ledger_change",
        include_str!("migrations/sqlite/0005_ledger_change.sql"),
        include_str!("migrations/postgres/0005_ledger_change.sql"),
    ),
    (
        6,
        "register",
        include_str!("migrations/sqlite/0006_register.sql"),
        include_str!("migrations/postgres/0006_register.sql"),
    ),
];

/// The steps of the audit log's table, which stands in a database of its own or beside the others.
const AUDIT_STEPS: [Step; 1] = [(
    1,
    "audit",
    include_str!("migrations/sqlite/audit_0001.sql"),
    include_str!("migrations/postgres/audit_0001.sql"),
)];

/// Brings the tables up to date.
pub(super) async fn run(pool: &AnyPool, sqlite: bool) -> Result<(), StoreError> {
    Ok(migrator(&STEPS, sqlite).run(pool).await.map_err(sqlx::Error::from)?)
}

/// Brings the audit log's table up to date. Its steps are counted apart.
pub(super) async fn run_audit(pool: &AnyPool, sqlite: bool) -> Result<(), StoreError> {
    let mut migrator = migrator(&AUDIT_STEPS, sqlite);
    migrator.dangerous_set_table_name("audit_migration");
    Ok(migrator.run(pool).await.map_err(sqlx::Error::from)?)
}

fn migrator(steps: &[Step], sqlite: bool) -> Migrator {
    let steps = steps.iter().map(|(number, about, for_sqlite, for_postgres)| {
        let text = if sqlite { *for_sqlite } else { *for_postgres };
        Migration::new(
            *number,
            Cow::Borrowed(*about),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(steps.collect())
}
