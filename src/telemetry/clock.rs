//! How long something took, added up over all times that it was done.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// To ask for a thread's time takes longer than many of the things that are timed, so one in so many is. It is prime: what
/// is done so many times with each request is measured in all its places.
const EVERY: u64 = 17;

/// Time that adds up. It is an estimate: what is measured stands for what is not.
#[derive(Debug, Default)]
pub struct Clock {
    times: AtomicU64,
    busy_ns: AtomicU64,
    elapsed_ns: AtomicU64,
}

/// What a clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How many times it was done.
    pub times: u64,
    /// How long a processor ran our own code for it.
    pub busy: Duration,
    /// How long it took, with all waiting.
    pub elapsed: Duration,
}

impl Clock {
    /// Does something, and counts how long that takes.
    pub fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        if !self.is_measured() {
            return work();
        }
        let (began, run) = (Instant::now(), this_thread());
        let done = work();
        self.count(this_thread().saturating_sub(run), began.elapsed());
        done
    }

    /// Waits for something, and counts how long that takes; what passes between two steps of it is waiting.
    pub async fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        if !self.is_measured() {
            return work.await;
        }
        let began = Instant::now();
        let mut work = pin!(work);
        let mut busy = Duration::ZERO;
        let done = poll_fn(|context| {
            let run = this_thread();
            let polled = work.as_mut().poll(context);
            busy += this_thread().saturating_sub(run);
            polled
        })
        .await;
        self.count(busy, began.elapsed());
        done
    }

    /// Counts that it is done; true when this time stands for those that are not measured.
    fn is_measured(&self) -> bool {
        self.times.fetch_add(1, Relaxed).is_multiple_of(EVERY)
    }

    fn count(&self, busy: Duration, elapsed: Duration) {
        self.busy_ns.fetch_add(nanoseconds(busy) * EVERY, Relaxed);
        self.elapsed_ns.fetch_add(nanoseconds(elapsed) * EVERY, Relaxed);
    }

    /// What was counted so far.
    pub fn read(&self) -> Reading {
        Reading {
            times: self.times.load(Relaxed),
            busy: Duration::from_nanos(self.busy_ns.load(Relaxed)),
            elapsed: Duration::from_nanos(self.elapsed_ns.load(Relaxed)),
        }
    }
}

/// How long a processor has run this thread. A clock on the wall would count how long it waited for one.
fn this_thread() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_is_not_work() {
        let clock = Clock::default();
        let (open, opened) = tokio::sync::oneshot::channel();
        let waiting = clock.wait(opened);
        let opening = async {
            let pause = Duration::from_millis(20);
            tokio::time::sleep(pause).await;
            open.send(7)
        };
        let (done, sent) = tokio::join!(waiting, opening);
        assert_eq!((done, sent), (Ok(7), Ok(())));
        let reading = clock.read();
        assert_eq!(reading.times, 1);
        assert!(reading.elapsed >= Duration::from_millis(20));
        assert!(reading.busy < reading.elapsed);
        for _ in 1..EVERY {
            assert_eq!(clock.time(|| 3), 3);
        }
        assert_eq!(clock.read(), Reading { times: EVERY, ..reading }, "one stands for all of them");
    }
}
