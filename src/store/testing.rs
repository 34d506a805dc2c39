//! Stores for tests: a SQLite file in a folder of its own, and a private PostgreSQL where one is installed.

use std::cell::RefCell;
use std::fs::{File, read_dir};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor};
use uuid::Uuid;

use super::Store;

/// The user and group as whom PostgreSQL runs when the tests run as root, which it refuses: nobody.
const NOBODY: u32 = 65_534;

thread_local! {
    /// When set, the stores of this thread's tests are databases of that server.
    static SERVER: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A temporary folder, removed when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("caregraph-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A store that is gone when dropped.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) folder: Option<Folder>,
}

impl TestStore {
    /// A new SQLite file, or a new database of this thread's PostgreSQL.
    pub(crate) async fn new() -> Self {
        match SERVER.with_borrow(Clone::clone) {
            Some(server) => {
                Self { store: Store::open(&database(&server).await).await.unwrap(), folder: None }
            }
            None => Self::sqlite().await,
        }
    }

    pub(crate) async fn sqlite() -> Self {
        let folder = Folder::new();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self { store: Store::open(&url).await.unwrap(), folder: Some(folder) }
    }
}

impl Store {
    /// How many rows these tables have.
    pub(crate) async fn count_rows(&self, tables: [&str; 2]) -> [i64; 2] {
        let mut counts = [0; 2];
        for (count, table) in counts.iter_mut().zip(tables) {
            let query = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
            *count = sqlx::query_scalar(query).fetch_one(&self.read).await.unwrap();
        }
        counts
    }
}

/// The URL of a new database of this thread's PostgreSQL, if there is one.
pub(crate) async fn database_url() -> Option<String> {
    let server = SERVER.with_borrow(Clone::clone)?;
    Some(database(&server).await)
}

async fn database(server: &str) -> String {
    let name = format!("t{}", Uuid::new_v4().simple());
    sqlx::any::install_default_drivers();
    let mut connection = connect(&format!("{server}/postgres")).await;
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    connection.close().await.unwrap();
    format!("{server}/{name}")
}

/// Connects to a server that may still be starting.
async fn connect(url: &str) -> sqlx::AnyConnection {
    for _ in 0..500 {
        if let Ok(connection) = sqlx::AnyConnection::connect(url).await {
            return connection;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("PostgreSQL does not start");
}

/// A private PostgreSQL on loopback, stopped when dropped.
pub(crate) struct Postgres {
    child: Child,
    url: String,
    programs: PathBuf,
    folder: Folder,
}

impl Postgres {
    /// Starts one; `None` where none is installed.
    pub(crate) fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = Folder::new();
        let (data, password) = (folder.path().join("data"), folder.path().join("password"));
        std::fs::write(&password, "caregraph\n").unwrap();
        let mut init = Command::new(programs.join("initdb"));
        init.args([
            "--username=caregraph",
            "--auth=scram-sha-256",
            "--no-sync",
            "--encoding=UTF8",
            "--no-locale",
        ]);
        init.arg(format!("--pwfile={}", password.display())).arg("--pgdata").arg(&data);
        if runs_as_root() {
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        assert!(unprivileged(&mut init, folder.path()).status().unwrap().success());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut serve = Command::new(programs.join("postgres"));
        serve.arg("-D").arg(&data).args([
            "-p",
            &port.to_string(),
            "-c",
            "listen_addresses=127.0.0.1",
        ]);
        serve.args([
            "-c",
            "unix_socket_directories=",
            "-c",
            "fsync=off",
            "-c",
            "max_connections=200",
        ]);
        let child = unprivileged(&mut serve, folder.path()).spawn().unwrap();
        let url = format!("postgres://caregraph:caregraph@127.0.0.1:{port}");
        Some(Self { child, url, programs, folder })
    }

    /// Runs tests, whose stores are databases of this server.
    pub(crate) fn run(&self, tests: &[fn()]) {
        SERVER.set(Some(self.url.clone()));
        for test in tests {
            test();
        }
        SERVER.set(None);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = Command::new(self.programs.join("pg_ctl"));
        stop.args(["stop", "--mode=immediate", "--pgdata"]).arg(self.folder.path().join("data"));
        let stopped = unprivileged(&mut stop, self.folder.path()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Where the programs of PostgreSQL are.
fn programs() -> Option<PathBuf> {
    let installed = read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = installed
        .map(|version| version.path().join("bin"))
        .chain(["/usr/local/bin".into(), "/usr/bin".into()]);
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

fn runs_as_root() -> bool {
    match std::fs::metadata("/proc/self") {
        Ok(process) => process.uid() == 0,
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => panic!("{error}"),
    }
}

fn unprivileged<'c>(command: &'c mut Command, folder: &Path) -> &'c mut Command {
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).current_dir(folder);
    if runs_as_root() { command.uid(NOBODY).gid(NOBODY) } else { command }
}
