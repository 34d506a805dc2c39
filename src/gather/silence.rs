//! Why a source says nothing though nobody asked it: the same words for every patient, so that they are put together once.

use std::sync::OnceLock;

use aws_lc_rs::digest::{Context, SHA256};
use caregraph_connectors::record::Text;

use super::outcome::{Imprint, SourceState, imprint};

/// What is said of one source that was not asked.
#[derive(Default)]
pub struct Silence(OnceLock<[Reason; 3]>);

/// One reason.
pub(super) struct Reason {
    pub(super) state: SourceState,
    /// One safe sentence.
    pub(super) message: Text,
    /// What tells it from other answers.
    pub(super) imprint: Imprint,
}

impl Silence {
    /// It does not offer what was asked for.
    pub(super) fn not_offered(&self, name: &str) -> &Reason {
        &self.reasons(name)[0]
    }

    /// It does not know the patient.
    pub(super) fn not_linked(&self, name: &str) -> &Reason {
        &self.reasons(name)[1]
    }

    /// Nobody has asked it for the patient.
    pub(super) fn not_looked_up(&self, name: &str) -> &Reason {
        &self.reasons(name)[2]
    }

    /// The imprint of an answer that holds nothing but one of these.
    pub(super) fn imprint_of(&self, state: SourceState, message: Option<&Text>) -> Option<Imprint> {
        let mut reasons = self.0.get()?.iter();
        let reason = reasons.find(|it| it.state == state && Some(&it.message) == message);
        reason.map(|it| it.imprint)
    }

    fn reasons(&self, name: &str) -> &[Reason; 3] {
        self.0.get_or_init(|| {
            [
                Reason::of(
                    SourceState::NotSupported,
                    format!("{name} does not offer this section."),
                ),
                Reason::of(
                    SourceState::NotLinked,
                    format!("{name} has no record that is known to be this patient's."),
                ),
                Reason::of(
                    SourceState::NotLinked,
                    format!(
                        "{name} does not list its patients and nobody has linked it to this one, so it may know them."
                    ),
                ),
            ]
        })
    }
}

impl Reason {
    fn of(state: SourceState, message: String) -> Self {
        let mut hash = Context::new(&SHA256);
        state.mark(&mut hash, 0, Some(&message));
        Self { state, message: message.into(), imprint: imprint(hash) }
    }
}
