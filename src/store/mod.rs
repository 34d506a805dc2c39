//! What we must remember ourselves, in SQLite (a file of our own, the default) or PostgreSQL (for several nodes).
//!
//! Both speak the same SQL text here, through sqlx's `Any`; only the two migration folders differ. The traits that
//! are implemented here belong to the modules that need them; this one must never decide anything.

mod audit;
mod halves;
mod key_file;
mod ledger;
mod migrations;
mod packed;
mod people;
mod people_write;
mod register;
mod rows;
mod statement;
#[cfg(test)]
pub(crate) mod testing;

use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, Connection as _};

use crate::identity::StoreError;

pub use audit::AuditTables;
pub use key_file::{KeyFileError, load_or_create_key};

/// Readers of a SQLite file; more would only wait for the processor.
const SQLITE_READERS: u32 = 4;
/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long to wait for a connection, or for the turn to write.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same with PostgreSQL. Who waits for one that is away looks after it ever more seldom, up to every fifth of this: all
/// is to be well soon after it is back.
const POSTGRES_PATIENCE: Duration = Duration::from_secs(20);

/// The open store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// For reading.
    read: AnyPool,
    /// For writing: one connection for SQLite, which has one writer at a time anyway, so that writers queue here
    /// instead of polling for its lock.
    write: AnyPool,
    /// True when nobody else can be using it.
    single_node: bool,
}

impl Store {
    /// Opens `sqlite://PATH` or `postgres://…`, creating the file and the tables where they are missing.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let store = if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await?
        } else {
            Self::open_postgres(url).await?
        };
        migrations::run(&store.write, store.single_node).await?;
        Ok(store)
    }

    async fn open_sqlite(url: &str) -> Result<Self, StoreError> {
        let in_memory = url.contains(":memory:") || url.contains("mode=memory");
        let mode = if in_memory || url.contains("mode=") {
            ""
        } else if url.contains('?') {
            "&mode=rwc"
        } else {
            "?mode=rwc"
        };
        let options = options(&format!("{url}{mode}"))?;
        // A database in memory belongs to one connection, which must never be given up.
        let write = sqlite_pool(WRITER_CACHE)
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
        let write = write.connect_with(options.clone()).await?;
        let read = if in_memory {
            write.clone()
        } else {
            sqlite_pool(READER_CACHE).max_connections(SQLITE_READERS).connect_with(options).await?
        };
        Ok(Self { read, write, single_node: true })
    }

    async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        let pool =
            pool_options().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(POSTGRES_PATIENCE);
        let pool = pool.connect_with(options(url)?).await?;
        Ok(Self { read: pool.clone(), write: pool, single_node: false })
    }

    /// Whether the database answers.
    pub async fn is_up(&self) -> bool {
        sqlx::query("SELECT 1").execute(&self.read).await.is_ok()
    }

    /// Waits for what is being done and closes all connections.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// SQLite's page cache of a reader, in KiB.
const READER_CACHE: u32 = 4 * 1024;
/// SQLite's page cache of the writer, in KiB.
const WRITER_CACHE: u32 = 32 * 1024;

/// After so many pages SQLite's WAL is copied to the file.
const WAL_PAGES: u32 = 8 * 1024;
/// To which size the WAL is cut back.
const WAL_BYTES: u32 = WAL_PAGES * 4096;

/// Connections that are used again only when nothing is open on them. When a COMMIT fails, as on a full disk, SQLite has
/// ended the transaction while sqlx still counts it: it would make every later one a savepoint within, and call committed
/// what never reaches the file.
fn pool_options() -> AnyPoolOptions {
    AnyPoolOptions::new().after_release(|connection, _| {
        Box::pin(async move {
            // What was given up is rolled back in the background; that counts once this is answered.
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}

fn sqlite_pool(cache_kib: u32) -> AnyPoolOptions {
    // NORMAL may lose the last changes in a power cut, never the file, and rosters can be read again.
    sqlite_pool_with(cache_kib, "NORMAL")
}

fn sqlite_pool_with(cache_kib: u32, synchronous: &str) -> AnyPoolOptions {
    // WAL lets readers read while something is written.
    // A long WAL gathers the changes of a page before they are copied to the file.
    let pragmas = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA busy_timeout = 10000; \
         PRAGMA cache_size = -{cache_kib}; PRAGMA temp_store = MEMORY; \
         PRAGMA wal_autocheckpoint = {WAL_PAGES}; PRAGMA journal_size_limit = {WAL_BYTES};"
    );
    // A file does not hang up, so that there is nothing to test before each use.
    let pool = pool_options().acquire_timeout(PATIENCE).test_before_acquire(false);
    pool.after_connect(move |connection, _| {
        let pragmas = pragmas.clone();
        Box::pin(async move {
            sqlx::Executor::execute(connection, sqlx::AssertSqlSafe(pragmas)).await?;
            Ok(())
        })
    })
}

fn options(url: &str) -> Result<AnyConnectOptions, StoreError> {
    // The message of a bad URL may quote it, and a URL may hold a password.
    AnyConnectOptions::from_str(url)
        .map_err(|_| StoreError { what: "its URL cannot be read".to_owned() })
}

/// What the database says is kept for the log. It names tables and constraints; the values of rows, which
/// PostgreSQL adds in a detail of its own, are hashed or sealed anyway.
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self { what: error.to_string() }
    }
}
