//! What the parts of a measurement say to each other: one line of JSON each way, over standard input and output.

use std::io::BufRead;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::super::{Failed, print};

/// Lines as they come; the end is the other side's end.
pub(super) struct Lines(UnboundedReceiver<String>);

impl Lines {
    /// Reads in a thread of its own, since pipes know nothing of the runtime.
    pub(super) fn of(reader: impl BufRead + Send + 'static) -> Self {
        let (sender, receiver) = unbounded_channel();
        std::thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self(receiver)
    }

    /// Those that our parent writes to us.
    pub(super) fn of_parent() -> Self {
        Self::of(std::io::BufReader::new(std::io::stdin()))
    }

    /// The next line; `None` at the end.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failed> {
        match self.0.recv().await {
            Some(line) => Ok(Some(serde_json::from_str(&line)?)),
            None => Ok(None),
        }
    }

    /// Waits for the end.
    pub(super) async fn end(&mut self) {
        while self.0.recv().await.is_some() {}
    }
}

/// Says something to our parent.
pub(super) fn tell<T: Serialize>(what: &T) -> Result<(), Failed> {
    print(&serde_json::to_string(what)?);
    Ok(())
}
