//! The audit log's table: a SQLite file of its own, so that reading rosters never delays an answer, or a table beside the
//! others in PostgreSQL.

use async_trait::async_trait;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, AnyRow};
use sqlx::{AnyConnection, AnyPool, Connection as _, Executor as _, Row as _};

use super::statement::{Statement, padded, pieces};
use super::{POSTGRES_PATIENCE, READER_CACHE, migrations, options, pool_options, sqlite_pool_with};
use crate::audit::{AuditStore, Find, Hash, Point, Row};
use crate::identity::StoreError;

/// Connections that read.
const READERS: u32 = 2;
/// The columns of an entry, in the order in which they are read and written.
const COLUMNS: &str = "chain, seq, at_ms, person, viewer, body, hash, mac, seal";
const COUNT: usize = 9;

/// The audit log's table. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AuditTables {
    read: AnyPool,
    /// One connection: one task writes, and what it has committed is durable.
    write: AnyPool,
    has_one_writer: bool,
}

impl AuditTables {
    /// Opens `sqlite://PATH` or `postgres://…`, creating the file and the table where they are missing.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let tables = Self::connect(url, "rwc").await?;
        migrations::run_audit(&tables.write, url.starts_with("sqlite:")).await?;
        Ok(tables)
    }

    /// Opens a log that must be there already, and changes nothing in it.
    pub async fn open_existing(url: &str) -> Result<Self, StoreError> {
        Self::connect(url, "rw").await
    }

    async fn connect(url: &str, mode: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        if !url.starts_with("sqlite:") {
            let options = options(url)?;
            let read = postgres(READERS).connect_with(options.clone()).await?;
            let write = postgres(1).connect_with(options).await?;
            return Ok(Self { read, write, has_one_writer: false });
        }
        let sign = if url.contains('?') { '&' } else { '?' };
        let options: AnyConnectOptions = options(&format!("{url}{sign}mode={mode}"))?;
        // FULL: what was committed outlasts a power cut.
        let write = sqlite_pool_with(READER_CACHE, "FULL").max_connections(1);
        let write = write.connect_with(options.clone()).await?;
        let read = sqlite_pool_with(READER_CACHE, "FULL").max_connections(READERS);
        Ok(Self { read: read.connect_with(options).await?, write, has_one_writer: true })
    }

    /// As if several nodes wrote here.
    #[cfg(test)]
    pub(crate) fn shared(self) -> Self {
        Self { has_one_writer: false, ..self }
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let mut connection = self.read.acquire().await?;
        statement.fetch(&mut connection, row).await
    }
}

/// Whatever the server's own settings say, a commit is on its disk.
fn postgres(connections: u32) -> AnyPoolOptions {
    let pool = pool_options().max_connections(connections).acquire_timeout(POSTGRES_PATIENCE);
    pool.after_connect(|connection, _| {
        Box::pin(async move {
            connection.execute("SET synchronous_commit = on").await?;
            Ok(())
        })
    })
}

#[async_trait]
impl AuditStore for AuditTables {
    fn has_one_writer(&self) -> bool {
        self.has_one_writer
    }

    async fn append(&self, rows: &[Row]) -> Result<(), StoreError> {
        let mut connection = self.write.acquire().await?;
        let mut pieces: Vec<&[Row]> = pieces(rows, COUNT).collect();
        // One statement is a transaction of its own.
        if let (Some(piece), true) = (pieces.pop(), pieces.is_empty()) {
            return insert(&mut connection, piece).await;
        }
        let mut change = connection.begin().await?;
        for piece in self::pieces(rows, COUNT) {
            insert(&mut change, piece).await?;
        }
        Ok(change.commit().await?)
    }

    async fn ends(&self) -> Result<Vec<Point>, StoreError> {
        let statement = Statement::new(
            "SELECT e.chain, e.seq, e.hash FROM audit_entry b JOIN audit_entry e ON e.chain = b.chain \
             AND e.seq = (SELECT MAX(m.seq) FROM audit_entry m WHERE m.chain = b.chain) \
             WHERE b.seq = 1 ORDER BY e.chain",
        );
        let mut connection = self.read.acquire().await?;
        let read = |row: &AnyRow| {
            Ok(Point { chain: row.try_get(0)?, seq: row.try_get(1)?, hash: hash(row, 2)? })
        };
        statement.fetch(&mut connection, read).await
    }

    async fn beginnings(&self) -> Result<Vec<Row>, StoreError> {
        self.rows(select().text("WHERE seq = 1 ORDER BY chain")).await
    }

    async fn behind(&self, after: (i64, i64), limit: usize) -> Result<Vec<Row>, StoreError> {
        let statement = select().text("WHERE (chain, seq) > (").value(after.0).text(", ");
        let statement = statement.value(after.1).text(") ORDER BY chain, seq LIMIT ");
        self.rows(statement.value(number(limit))).await
    }

    async fn find(&self, find: &Find) -> Result<Vec<Row>, StoreError> {
        let mut statement = select().text("WHERE at_ms >= ");
        statement = statement.value(find.from_ms.unwrap_or(i64::MIN));
        if let Some(until) = find.until_ms {
            statement = statement.text(" AND at_ms < ").value(until);
        }
        if let Some(people) = &find.people {
            let Some(people) = padded(people).next() else { return Ok(Vec::new()) };
            let bytes = |person: &crate::identity::PersonId| person.as_uuid().as_bytes().to_vec();
            statement = statement.text(" AND person IN ").list(people, bytes);
        }
        if let Some(viewer) = &find.viewer {
            statement = statement.text(" AND viewer = ").value(viewer.clone());
        }
        for role in &find.not_in_roles {
            // Within a text of the body every quotation mark is escaped, so this can be nothing but the role.
            let pattern = format!("%\"role\":\"{role}\"%");
            statement = statement.text(" AND body NOT LIKE ").value(pattern);
        }
        if let Some((at_ms, chain, seq)) = find.after {
            statement = statement.text(" AND (at_ms, chain, seq) < (").value(at_ms).text(", ");
            statement = statement.value(chain).text(", ").value(seq).text(")");
        }
        let statement = statement.text(" ORDER BY at_ms DESC, chain DESC, seq DESC LIMIT ");
        self.rows(statement.value(number(find.limit))).await
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

fn select() -> Statement {
    Statement::new("SELECT ").text(COLUMNS).text(" FROM audit_entry ")
}

async fn insert(connection: &mut AnyConnection, rows: &[Row]) -> Result<(), StoreError> {
    let statement = Statement::new("INSERT INTO audit_entry (")
        .text(COLUMNS)
        .text(") VALUES ")
        .rows(rows, |cells, row| {
            cells.cell(row.chain).cell(row.seq).cell(row.at_ms).cell(row.person.clone());
            cells.cell(row.viewer.clone()).cell(row.body.clone()).cell(row.hash.to_vec());
            cells.cell(row.mac.to_vec()).cell(row.seal.clone());
        });
    statement.run(connection).await.map(drop)
}

fn row(row: &AnyRow) -> Result<Row, sqlx::Error> {
    Ok(Row {
        chain: row.try_get(0)?,
        seq: row.try_get(1)?,
        at_ms: row.try_get(2)?,
        person: row.try_get(3)?,
        viewer: row.try_get(4)?,
        body: row.try_get(5)?,
        hash: hash(row, 6)?,
        mac: hash(row, 7)?,
        seal: row.try_get(8)?,
    })
}

/// A hash of another length is none that we wrote: it comes back as one that fits nothing.
fn hash(row: &AnyRow, column: usize) -> Result<Hash, sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(column)?;
    Ok(bytes.try_into().unwrap_or_default())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
