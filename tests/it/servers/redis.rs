//! A Redis or Valkey of a test's own. Tests within the crate take this file too.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;

use super::{Home, LONG, free_port, signal};

/// A server, ended when dropped.
pub(crate) struct Redis {
    child: Child,
    home: Home,
    port: u16,
    settings: Vec<String>,
}

impl Redis {
    /// Starts one; `None` where none is installed.
    pub(crate) async fn start(settings: &[&str]) -> Option<Self> {
        Self::at(free_port(), settings).await
    }

    /// Starts one at a port.
    pub(crate) async fn at(port: u16, settings: &[&str]) -> Option<Self> {
        let plain = ["--port".to_owned(), port.to_string()];
        let settings = plain.into_iter().chain(settings.iter().map(|word| (*word).to_owned()));
        let server = Self::spawned(port, settings.collect())?;
        server.raw().await;
        Some(server)
    }

    /// Starts one with all of its settings, which nobody waits for.
    pub(crate) fn spawned(port: u16, settings: Vec<String>) -> Option<Self> {
        let home = Home::new();
        let child = spawn(&home, &settings)?;
        Some(Self { child, home, port, settings })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// A connection of somebody who can read and write everything.
    pub(crate) async fn raw(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("the URL is one");
        let began = Instant::now();
        loop {
            if let Ok(mut raw) = client.get_multiplexed_async_connection().await
                && redis::cmd("PING").query_async::<()>(&mut raw).await.is_ok()
            {
                return raw;
            }
            assert!(began.elapsed() < LONG, "Redis does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What a command of somebody else answers.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.ask_bytes(&words).await
    }

    /// The same, of words that need not be text.
    pub(crate) async fn ask_bytes<T: redis::FromRedisValue>(&self, words: &[&[u8]]) -> T {
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command.query_async(&mut self.raw().await).await.expect("Redis answers")
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it was not waited for");
        self.child.wait().expect("it is ours");
    }

    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(&self.home, &self.settings).expect("it was installed before");
        self.raw().await;
    }

    /// Stops it from doing anything, or lets it go on.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(home: &Home, settings: &[String]) -> Option<Child> {
    let log = File::options().create(true).append(true).open(home.path().join("log"));
    let log = log.expect("a log can be written");
    let mut command = Command::new(program()?);
    command.args(["--bind", "127.0.0.1", "--save", ""]);
    command.arg("--dir").arg(home.path()).args(settings);
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file has two hands")).stderr(log);
    Some(command.spawn().expect("Redis runs"))
}

fn program() -> Option<PathBuf> {
    let folders = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
    let in_folder = |folder: &&str| {
        ["redis-server", "valkey-server"].map(|program| PathBuf::from(folder).join(program))
    };
    folders.iter().flat_map(in_folder).find(|program| program.exists())
}
