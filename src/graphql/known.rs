//! A document that was read before, with all that was found out about it since.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_graphql::ServerError;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition};

use super::introspection;
use super::plans::Planned;
use super::prepared::Ready;
use super::trail;
use crate::view::gate::Fragments;

/// A document that was read before.
pub(super) struct Known {
    pub(super) document: ExecutableDocument,
    /// By which the audit log names it.
    pub(super) hash: Arc<str>,
    /// Whether it asks for the schema.
    pub(super) introspects: bool,
    /// What is wrong with it, once somebody had to know.
    pub(super) faults: OnceLock<Vec<ServerError>>,
    /// It does not ask for too much, whatever its variables say.
    pub(super) fits: OnceLock<()>,
    bytes: usize,
    fragments: OnceLock<Arc<Fragments>>,
    /// Its operations, by their names, once they were executed.
    ready: Mutex<HashMap<Option<String>, Arc<Ready>>>,
}

impl Known {
    /// Of a document that was just read from this text.
    pub(super) fn new(document: ExecutableDocument, text: &str) -> Self {
        Self {
            hash: trail::hash(text).into(),
            introspects: introspection::asks(&document),
            faults: OnceLock::new(),
            fits: OnceLock::new(),
            bytes: text.len(),
            fragments: OnceLock::new(),
            ready: Mutex::default(),
            document,
        }
    }

    /// The operation of that name, which was judged good, ready to be executed.
    pub(super) fn ready(&self, name: Option<&str>, operation: &OperationDefinition) -> Arc<Ready> {
        let name = name.map(str::to_owned);
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let of_operation = ready.entry(name).or_insert_with(|| {
            let fragments =
                self.fragments.get_or_init(|| Arc::new(self.document.fragments.clone()));
            let planned = Planned::of(&self.document, self.bytes);
            let (document, fragments) = (&self.document, fragments.clone());
            Arc::new(Ready::new(document, operation, fragments, planned, self.introspects))
        });
        of_operation.clone()
    }
}
