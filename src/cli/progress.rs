//! How far long work is, on a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use crate::identity::{PersonIndex, SourceState};

/// How often the line is written anew.
const EVERY: Duration = Duration::from_millis(100);

/// Waits until every roster has been read once, telling how far it is. Off a terminal nothing is written.
pub(super) async fn first_index(index: &PersonIndex) {
    let on_terminal = std::io::stderr().is_terminal();
    while !index.complete() {
        if on_terminal {
            rewrite(&line(index));
        }
        tokio::time::sleep(EVERY).await;
    }
    if on_terminal {
        rewrite("");
    }
}

fn line(index: &PersonIndex) -> String {
    let (mut read, mut total, mut done) = (0, 0, 0);
    let progress = index.progress();
    for source in &progress {
        match source.state {
            SourceState::Reading { read: so_far, total: of } => {
                read += so_far;
                total += of.unwrap_or(so_far);
            }
            SourceState::Ready { people, .. } => {
                read += people;
                total += people;
                done += 1;
            }
            SourceState::Waiting | SourceState::Failed { .. } => {}
        }
    }
    format!("reading patients: {read} of {total}, {done} of {} systems done", progress.len())
}

fn rewrite(text: &str) {
    let mut terminal = std::io::stderr().lock();
    // A terminal that is gone is no reason to stop.
    let _ = write!(terminal, "\r\x1b[2K{text}");
    let _ = terminal.flush();
}
