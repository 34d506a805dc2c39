//! Saying what is wrong now and then, and not each time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// At most one line in this time.
const SILENCE: Duration = Duration::from_secs(10);

/// One complaint, as often as there is reason to.
#[derive(Debug, Default)]
pub struct Complaint(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    last: Option<Instant>,
    held_back: u64,
}

impl Complaint {
    /// How often it was held back since it was last made; `None` while it is to be held back.
    pub fn due(&self) -> Option<u64> {
        self.due_at(Instant::now())
    }

    fn due_at(&self, now: Instant) -> Option<u64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.last.is_some_and(|last| now.duration_since(last) < SILENCE) {
            said.held_back += 1;
            return None;
        }
        said.last = Some(now);
        Some(std::mem::take(&mut said.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_made_once_in_ten_seconds() {
        let (complaint, start) = (Complaint::default(), Instant::now());
        assert_eq!(complaint.due_at(start), Some(0));
        assert_eq!(complaint.due_at(start + SILENCE / 2), None);
        assert_eq!(complaint.due_at(start + SILENCE / 2), None);
        assert_eq!(complaint.due_at(start + SILENCE), Some(2));
        assert_eq!(complaint.due_at(start + SILENCE * 3 / 2), None);
    }
}
