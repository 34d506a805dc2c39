//! The end of all waiting: the gateway stops, and answers with what has arrived.

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// Whether sources are still waited for. Clones tell of the same.
#[derive(Clone, Debug)]
pub(super) struct Closing(watch::Sender<bool>);

impl Default for Closing {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Closing {
    /// From now on nothing is waited for.
    pub(super) fn close(&self) {
        self.0.send_replace(true);
    }

    /// What comes of something by that moment; nothing when it takes longer, or when it is waited for nothing any more.
    pub(super) async fn by<T>(&self, moment: Instant, what: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            // Whoever has an answer gives it, even at the end. The rest is not looked at where there is one.
            biased;
            done = timeout_at(moment, what) => done.ok(),
            () = self.closed() => None,
        }
    }

    async fn closed(&self) {
        let mut closed = self.0.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = closed.wait_for(|closed| *closed).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn nothing_is_waited_for_once_it_is_closed_and_what_is_there_is_given() {
        let closing = Closing::default();
        let by = || Instant::now() + SOON;
        assert_eq!(closing.by(by(), std::future::ready(1)).await, Some(1));
        assert_eq!(closing.by(by(), std::future::pending::<()>()).await, None, "by its time");
        let (began, other) = (Instant::now(), closing.clone());
        tokio::spawn(async move {
            tokio::time::sleep(SOON / 2).await;
            other.close();
        });
        assert_eq!(closing.by(began + SOON, std::future::pending::<()>()).await, None);
        assert_eq!(began.elapsed(), SOON / 2);
        assert_eq!(closing.by(by(), std::future::ready(2)).await, Some(2));
        assert_eq!(closing.by(by(), std::future::pending::<()>()).await, None);
        assert_eq!(began.elapsed(), SOON / 2, "and at once");
    }
}
