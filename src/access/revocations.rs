//! Tokens that are refused before they are over, and the file that names them.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::follow::Followed;

/// The longest list that is read, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// What is revoked: single tokens, sessions, and people.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Revocations {
    tokens: HashSet<String>,
    sessions: HashSet<String>,
    subjects: HashSet<String>,
}

impl Revocations {
    /// Reads a list of one `jti:…`, `sid:…` or `sub:…` a line. Empty lines and lines that begin with `#` say nothing.
    /// A list with any other line is refused as a whole: the error holds the numbers of such lines.
    pub fn parse(text: &str) -> Result<Self, Vec<usize>> {
        let (mut read, mut wrong) = (Self::default(), Vec::new());
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = line.split_once(':').filter(|(_, value)| !value.trim().is_empty());
            let list = match entry {
                Some(("jti", _)) => &mut read.tokens,
                Some(("sid", _)) => &mut read.sessions,
                Some(("sub", _)) => &mut read.subjects,
                _ => {
                    wrong.push(number);
                    continue;
                }
            };
            list.extend(entry.map(|(_, value)| value.trim().to_owned()));
        }
        if wrong.is_empty() { Ok(read) } else { Err(wrong) }
    }

    /// True when the token, its session or its subject is revoked.
    pub fn holds(&self, token: Option<&str>, session: Option<&str>, subject: &str) -> bool {
        token.is_some_and(|id| self.tokens.contains(id))
            || session.is_some_and(|id| self.sessions.contains(id))
            || self.subjects.contains(subject)
    }

    fn len(&self) -> usize {
        self.tokens.len() + self.sessions.len() + self.subjects.len()
    }
}

/// Why there is no list of revoked tokens.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// The file cannot be read.
    #[error("the list of revoked tokens at {path} cannot be read: {cause}")]
    Unreadable {
        /// Where it should be.
        path: String,
        /// Why not.
        cause: std::io::Error,
    },
    /// Some lines are none that it may have.
    #[error(
        "the list of revoked tokens at {path} is refused: each line must be jti:…, sid:… or sub:…, and these are not: {lines:?}"
    )]
    Refused {
        /// Where it is.
        path: String,
        /// The numbers of the wrong lines.
        lines: Vec<usize>,
    },
}

/// The list in force. It is replaced as a whole or not at all.
#[derive(Debug)]
pub struct RevocationFile {
    file: Option<Followed>,
    current: RwLock<Arc<Revocations>>,
    /// What stands in the file is not in force.
    is_refused: AtomicBool,
}

impl RevocationFile {
    /// The list at `path`, whose changes [`keep`](Self::keep) follows; without a file nothing is revoked.
    pub fn open(path: Option<PathBuf>) -> Result<Self, RevocationError> {
        let file = path.map(Followed::new);
        let list = file.as_ref().map_or(Ok(Revocations::default()), read)?;
        let current = RwLock::new(Arc::new(list));
        Ok(Self { file, current, is_refused: AtomicBool::new(false) })
    }

    /// The list in force now.
    pub fn current(&self) -> Arc<Revocations> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True while what stands in the file is not in force, because it has mistakes.
    pub fn is_refused(&self) -> bool {
        self.is_refused.load(Ordering::Relaxed)
    }

    /// Follows the file for as long as it is polled. A list that cannot be read leaves the one before it in force.
    pub async fn keep(self: Arc<Self>) {
        let Some(mut file) = self.file.clone() else { return };
        loop {
            file.change().await;
            let found = read(&file);
            self.is_refused.store(found.is_err(), Ordering::Relaxed);
            match found {
                Ok(list) => {
                    tracing::info!(entries = list.len(), "the list of revoked tokens has changed");
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(list);
                }
                Err(error) => {
                    tracing::error!(%error, "the list of revoked tokens has not changed: the one before it stays in force");
                }
            }
        }
    }
}

fn read(file: &Followed) -> Result<Revocations, RevocationError> {
    let path = || file.path().display().to_string();
    let text =
        file.read(LONGEST).map_err(|cause| RevocationError::Unreadable { path: path(), cause })?;
    Revocations::parse(&text).map_err(|lines| RevocationError::Refused { path: path(), lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_sessions_and_people_are_told_apart() {
        let list =
            Revocations::parse("# left on Friday\nsub: alice\n\njti:7f:1\r\nsid:s-9\n").unwrap();
        assert!(list.holds(None, None, "alice") && list.holds(Some("7f:1"), None, "bob"));
        assert!(list.holds(None, Some("s-9"), "bob"));
        assert!(!list.holds(Some("alice"), Some("7f:1"), "s-9") && list.len() == 3);
    }

    #[test]
    fn a_list_with_a_line_that_means_nothing_is_refused_with_its_number() {
        assert_eq!(Revocations::parse("sub:a\nalice\njti:\n SUB:b"), Err(vec![2, 3, 4]));
        assert_eq!(Revocations::parse(""), Ok(Revocations::default()));
    }
}
