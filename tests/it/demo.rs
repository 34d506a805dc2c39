//! The demo, as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::home::Home;

/// A demo of its own, ended when dropped.
pub(crate) struct Demo {
    child: Child,
    /// What it says of itself.
    pub(crate) ready: Value,
    /// Where it keeps its things.
    pub(crate) home: Home,
}

impl Demo {
    /// A demo with so many people, from when it can be used.
    pub(crate) fn start(patients: u64) -> Self {
        let home = Home::new();
        let mut command = Command::new(env!("CARGO_BIN_EXE_caregraph"));
        command.args(["demo", "--json", "--listen", "127.0.0.1:0"]);
        let command = command.arg(format!("--patients={patients}"));
        let command = command.env("TMPDIR", home.path()).stdin(Stdio::null()).stderr(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the demo runs");
        let mut line = String::new();
        let out = child.stdout.take().expect("it was asked for");
        BufReader::new(out).read_line(&mut line).expect("it says when it is ready");
        let ready: Value = serde_json::from_str(&line).expect("JSON");
        Self { child, ready: ready["ready"].clone(), home }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
