//! The copy of a directory that is searched, and how it is replaced.

use std::sync::{Arc, PoisonError, RwLock};

use time::OffsetDateTime;
use tokio::sync::Mutex;

use super::catalogue::{Catalogue, Reading};
use crate::connector::Problem;

/// A copy of a directory. A reading that fails leaves it as it is, but for the problem that it names from then on.
#[derive(Default)]
pub(crate) struct Kept {
    catalogue: RwLock<Arc<Catalogue>>,
    /// Held while a reading is under way, so that there is only one.
    reading: Mutex<()>,
}

impl Kept {
    /// The copy as it stands.
    pub(crate) fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads anew, once nobody else does.
    pub(crate) async fn renew(
        &self,
        read: impl Future<Output = Result<Reading, Problem>>,
    ) -> Result<(), Problem> {
        let _only = self.reading.lock().await;
        self.take(read.await).await
    }

    /// Puts what was read in the place of the copy.
    pub(crate) async fn take(&self, read: Result<Reading, Problem>) -> Result<(), Problem> {
        match read {
            Ok(reading) => {
                let read_at = OffsetDateTime::now_utc();
                // Sorting and indexing take long enough to be in the way of others.
                let build = tokio::task::spawn_blocking(move || Catalogue::read(reading, read_at));
                // Fails only when the process is shutting down.
                self.replace(build.await.map_err(|_| Problem::Timeout)?);
                Ok(())
            }
            Err(problem) => {
                self.replace(self.catalogue().kept(problem.clone()));
                Err(problem)
            }
        }
    }

    fn replace(&self, new: Catalogue) {
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    }
}
