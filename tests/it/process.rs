//! A gateway in a process of its own, which can be killed.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A gateway in a process of its own, killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// Where it serves.
    pub(crate) address: String,
    said: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts the gateway of that configuration.
    pub(crate) fn start(config: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caregraph"));
        Self::of(command.args(["serve", "--config", config]))
    }

    /// Starts it with something in its environment.
    pub(crate) fn start_with(config: &str, name: &str, value: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caregraph"));
        Self::of(command.args(["serve", "--config", config]).env(name, value))
    }

    /// Starts it by a command that ends in it.
    pub(crate) fn of(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("the gateway's program runs");
        let mut lines = BufReader::new(child.stderr.take().expect("it was asked for")).lines();
        let said = Arc::<Mutex<Vec<String>>>::default();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            said.lock().expect("nobody panics here").push(line.clone());
            let rest = line.split("serving at http://").nth(1)?;
            Some(rest.split("/graphql").next()?.to_owned())
        });
        let heard = said.clone();
        // Its pipe must not fill up.
        std::thread::spawn(move || {
            let lines = lines.map_while(Result::ok);
            lines.for_each(|line| heard.lock().expect("nobody panics here").push(line));
        });
        let address = address.unwrap_or_else(|| panic!("it does not serve: {said:?}"));
        Self { child, address, said }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines of its log that hold some words.
    pub(crate) fn said(&self, words: &str) -> Vec<String> {
        let said = self.said.lock().expect("nobody panics here");
        said.iter().filter(|line| line.contains(words)).cloned().collect()
    }

    /// As a power cut would, but for what the system has yet to write.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it was not waited for");
        self.child.wait().expect("it is ours");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
