//! Documents that somebody has approved, by the hash of their text.
//!
//! Being in the manifest opens nothing: limits, validation and access hold for such a document as for any other. Clients
//! cannot add to it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use async_graphql::ServerError;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::document::parse;
use super::error::ErrorCode;
use super::limits::Limits;
use crate::access::Followed;

/// The longest manifest that is read, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;
/// What may stand before a hash.
const PREFIX: &str = "sha256:";

/// Why there is no manifest to start with.
#[derive(Debug, thiserror::Error)]
#[error("the documents at {path} are refused: {what}")]
pub struct DocumentsError {
    path: String,
    what: String,
}

type Hash = [u8; 32];
type Manifest = HashMap<Hash, Arc<str>>;

/// The documents in force. They are replaced as a whole or not at all.
#[derive(Debug, Default)]
pub struct TrustedDocuments {
    file: Option<Followed>,
    /// Whether no other document is taken.
    required: bool,
    current: RwLock<Arc<Manifest>>,
    /// What stands in the file is not in force.
    is_refused: AtomicBool,
}

/// How a request says which document it means.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Named<'r> {
    /// The text itself.
    pub(super) query: Option<&'r str>,
    /// `documentId`.
    pub(super) id: Option<&'r str>,
    /// `extensions`, where Apollo's clients put a hash.
    pub(super) extensions: Option<&'r Map<String, Value>>,
}

impl TrustedDocuments {
    /// The documents at `path`, whose changes [`keep`](Self::keep) follows; none when there is no file.
    pub fn open(path: Option<PathBuf>, required: bool) -> Result<Self, DocumentsError> {
        let file = path.map(Followed::new);
        let manifest = file.as_ref().map(read).transpose()?.unwrap_or_default();
        let current = RwLock::new(Arc::new(manifest));
        Ok(Self { file, required, current, is_refused: AtomicBool::new(false) })
    }

    /// True while what stands in the file is not in force, because it has mistakes.
    pub fn is_refused(&self) -> bool {
        self.is_refused.load(Ordering::Relaxed)
    }

    /// Follows the file for as long as it is polled. One that is refused leaves the one before it in force.
    pub async fn keep(self: Arc<Self>) {
        let Some(mut file) = self.file.clone() else { return };
        loop {
            file.change().await;
            let found = read(&file);
            self.is_refused.store(found.is_err(), Ordering::Relaxed);
            match found {
                Ok(manifest) => {
                    let count = manifest.len();
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) =
                        Arc::new(manifest);
                    tracing::info!(path = %file.path().display(), count, "the trusted documents have changed");
                }
                Err(error) => {
                    tracing::error!(%error, "the trusted documents have not changed: those before stay in force");
                }
            }
        }
    }

    /// The text of the document that a request means.
    pub(super) fn text(&self, named: Named<'_>) -> Result<String, ServerError> {
        let hash = named.hash()?;
        let manifest = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        match (named.query, hash) {
            (Some(query), hash) => {
                let own = hash_of(query);
                if hash.is_some_and(|hash| hash != own) {
                    return Err(ErrorCode::BadUserInput
                        .of_request("\"query\" is not the document that is named beside it."));
                }
                if self.required && !manifest.contains_key(&own) {
                    return Err(untrusted());
                }
                Ok(query.to_owned())
            }
            (None, Some(hash)) => {
                manifest.get(&hash).map(ToString::to_string).ok_or_else(untrusted)
            }
            (None, None) => Err(ErrorCode::BadUserInput
                .of_request("Give a document as \"query\", or name one by \"documentId\".")),
        }
    }
}

/// The answer to everybody, whatever they sent.
fn untrusted() -> ServerError {
    ErrorCode::UntrustedDocument
        .of_request("This is not one of the documents that are trusted here.")
}

impl Named<'_> {
    /// The hash by which the document is named, if it is; both ways must name the same one.
    fn hash(&self) -> Result<Option<Hash>, ServerError> {
        let wrong = |what| ErrorCode::BadUserInput.of_request(what);
        let by_id = self.id.map(|id| {
            let hash = id.strip_prefix(PREFIX).and_then(hexadecimal);
            hash.ok_or_else(|| wrong("\"documentId\" must be sha256: and 64 hexadecimal digits."))
        });
        let by_extension = self.extensions.and_then(|it| it.get("persistedQuery")).map(|query| {
            let hash = query.get("sha256Hash").and_then(Value::as_str).and_then(hexadecimal);
            hash.filter(|_| query.get("version").and_then(Value::as_u64) == Some(1)).ok_or_else(|| {
                wrong("\"extensions.persistedQuery\" must have the version 1 and a \"sha256Hash\" of 64 hexadecimal digits.")
            })
        });
        match (by_id.transpose()?, by_extension.transpose()?) {
            (Some(one), Some(other)) if one != other => {
                Err(wrong("\"documentId\" and \"extensions.persistedQuery\" name two documents."))
            }
            (one, other) => Ok(one.or(other)),
        }
    }
}

fn hash_of(text: &str) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

fn hexadecimal(text: &str) -> Option<Hash> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = Hash::default();
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}

fn read(file: &Followed) -> Result<Manifest, DocumentsError> {
    let refused = |what: String| DocumentsError { path: file.path().display().to_string(), what };
    let text = file.read(LONGEST).map_err(|error| refused(error.to_string()))?;
    manifest(&text).map_err(refused)
}

/// Reads a manifest. Whose hash is not that of its text, or what cannot be read, makes all of it void.
fn manifest(text: &str) -> Result<Manifest, String> {
    let entries: HashMap<String, String> = serde_json::from_str(text)
        .map_err(|_| "it must be a JSON object from hashes to texts of documents".to_owned())?;
    let mut manifest = Manifest::new();
    for (name, document) in entries {
        let hash = hexadecimal(name.strip_prefix(PREFIX).unwrap_or(&name))
            .ok_or_else(|| format!("{name:?} is not 64 hexadecimal digits of a SHA-256"))?;
        if hash_of(&document) != hash {
            return Err(format!("the document named {name} has another hash"));
        }
        parse(&document, Limits::default().tokens)
            .map_err(|error| format!("the document named {name} is refused: {}", error.message))?;
        manifest.insert(hash, document.into());
    }
    Ok(manifest)
}

#[cfg(test)]
#[path = "documents_tests.rs"]
mod tests;
