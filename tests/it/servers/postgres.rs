//! A PostgreSQL of a test's own.

use std::fs::{File, read_dir};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::Connection as _;

use super::{LONG, free_port, signal};
use crate::home::Home;

/// The user and group as whom it runs when the tests run as root, which it refuses: nobody.
const NOBODY: u32 = 65_534;

/// A server with one empty database, ended when dropped.
pub(crate) struct Postgres {
    child: Child,
    programs: PathBuf,
    home: Home,
    port: u16,
}

impl Postgres {
    /// Starts one; `None` where none is installed.
    pub(crate) async fn start() -> Option<Self> {
        let programs = programs()?;
        let home = Home::new();
        std::fs::write(home.path().join("password"), "caregraph\n").expect("files can be written");
        let mut init = Command::new(programs.join("initdb"));
        init.args(["--username=caregraph", "--auth=scram-sha-256", "--no-sync", "--no-locale"]);
        init.args(["--encoding=UTF8", "--pwfile=password", "--pgdata=data"]);
        if runs_as_root() {
            let open: std::fs::Permissions = PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(home.path(), open).expect("the folder is ours");
            chown(home.path(), Some(NOBODY), Some(NOBODY)).expect("root may give a folder away");
        }
        let made = unprivileged(&mut init, home.path()).status().expect("initdb runs");
        assert!(made.success(), "a database can be made");
        let port = free_port();
        let child = serve(&programs, home.path(), port);
        let server = Self { child, programs, home, port };
        server.answers().await;
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://caregraph:caregraph@127.0.0.1:{}/postgres", self.port)
    }

    /// Waits until it answers.
    pub(crate) async fn answers(&self) {
        sqlx::any::install_default_drivers();
        let began = Instant::now();
        loop {
            if let Ok(connection) = sqlx::AnyConnection::connect(&self.url()).await {
                let _ = connection.close().await;
                return;
            }
            assert!(began.elapsed() < LONG, "PostgreSQL does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends it as a failing machine would: every connection breaks at once.
    pub(crate) fn stop_at_once(&mut self) {
        signal(self.child.id(), "QUIT");
        self.child.wait().expect("it is ours");
    }

    pub(crate) fn start_again(&mut self) {
        self.child = serve(&self.programs, self.home.path(), self.port);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Asked to end at once, it takes its children with it; killed, it would leave them behind.
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            signal(self.child.id(), "QUIT");
        }
        let _ = self.child.wait();
    }
}

fn serve(programs: &Path, home: &Path, port: u16) -> Child {
    let mut serve = Command::new(programs.join("postgres"));
    serve.args(["-D", "data", "-p", &port.to_string()]);
    for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"] {
        serve.args(["-c", setting]);
    }
    unprivileged(&mut serve, home).spawn().expect("PostgreSQL runs")
}

fn programs() -> Option<PathBuf> {
    let installed = read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = installed.map(|version| version.path().join("bin"));
    let mut folders = folders.chain(["/usr/local/bin".into(), "/usr/bin".into()]);
    folders.find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

fn runs_as_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn unprivileged<'c>(command: &'c mut Command, home: &Path) -> &'c mut Command {
    let log = File::options().create(true).append(true).open(home.join("log"));
    let log = log.expect("a log can be written");
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file has two hands")).stderr(log);
    command.current_dir(home);
    if runs_as_root() { command.uid(NOBODY).gid(NOBODY) } else { command }
}
