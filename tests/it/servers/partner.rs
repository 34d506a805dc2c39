//! The reference partner of the remote protocol, as a program of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::{Home, free_port};

/// What the partner and the gateway know.
pub(crate) const TOKEN: &str = "riverside and we know this one";

/// `partner.py`, killed when dropped.
pub(crate) struct Partner {
    child: Child,
    home: Home,
    port: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Partner {
    pub(crate) fn start() -> Self {
        let (home, log) = (Home::new(), Arc::default());
        let (child, port) = spawn(&free_port().to_string(), &log);
        Self { child, home, port, log }
    }

    /// Starts it again where it was, with nothing of what it knew.
    pub(crate) fn start_again(&mut self) {
        (self.child, _) = spawn(&self.port, &self.log);
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it was not waited for");
        self.child.wait().expect("it is ours");
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// A file with the token.
    pub(crate) fn secret(&self) -> PathBuf {
        let file = self.home.path().join("token");
        std::fs::write(&file, TOKEN).expect("a file can be written");
        file
    }

    /// Its manifest, for the place where it is.
    pub(crate) fn manifest(&self) -> String {
        let path = examples().join("riverside-pharmacy.toml");
        let manifest = std::fs::read_to_string(path).expect("the manifest is there");
        // A busy machine is no fault of the partner.
        let manifest = manifest.replace("timeout_ms = 1500", "timeout_ms = 15000");
        manifest.replace("https://api.riverside.example/caregraph/", &self.base())
    }

    /// The lines of its log that hold some words.
    pub(crate) fn said(&self, words: &str) -> Vec<String> {
        let log = self.log.lock().expect("nobody panics here");
        log.iter().filter(|line| line.contains(words)).cloned().collect()
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors/examples")
}

fn spawn(port: &str, log: &Arc<Mutex<Vec<String>>>) -> (Child, String) {
    let mut command = Command::new("python3");
    command.arg("-B").arg(examples().join("partner.py")).arg(port).env("RIVERSIDE_TOKEN", TOKEN);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("python3 is installed: scripts/needs sees to it");
    let mut first = String::new();
    let stdout = child.stdout.take().expect("it was asked for");
    BufReader::new(stdout).read_line(&mut first).expect("it says where it listens");
    let port = first.trim().trim_end_matches('/').rsplit(':').next().unwrap_or_default().to_owned();
    assert!(port.parse::<u16>().is_ok(), "it does not listen: {first}");
    let lines = BufReader::new(child.stderr.take().expect("it was asked for")).lines();
    let log = log.clone();
    // Its pipe must not fill up.
    std::thread::spawn(move || {
        let lines = lines.map_while(Result::ok);
        lines.for_each(|line| log.lock().expect("nobody panics here").push(line));
    });
    (child, port)
}
