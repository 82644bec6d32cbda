//! The sampling thread, `lt-system`: it waits, reads and publishes. Whoever asks for the latest sample
//! never waits for a reading; the lock is held to copy one sample.

use crate::reading::SampleReader;
use locust_telemetry_core::system::SystemSample;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};
use thiserror::Error;

/// The shortest interval a sampler takes: below it the host's CPU figure does not move.
pub const SHORTEST_INTERVAL: Duration = Duration::from_millis(200);
/// The longest interval a sampler takes.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// When the first sample with CPU percentages comes, at the latest.
const FIRST_INTERVAL: Duration = Duration::from_millis(250);
/// Name of the thread; Linux cuts names after 15 bytes.
const THREAD_NAME: &str = "lt-system";

/// Why a sampler did not start.
#[derive(Debug, Error)]
pub enum StartSamplerError {
    /// Choose an interval from [`SHORTEST_INTERVAL`] to [`LONGEST_INTERVAL`].
    #[error("sampling interval {interval:?} is not between {SHORTEST_INTERVAL:?} and {LONGEST_INTERVAL:?}")]
    IntervalOutOfRange {
        /// The interval asked for.
        interval: Duration,
    },
    /// Go on without system samples: they are not to be had here.
    #[error("system samples are not supported on this operating system")]
    Unsupported {
        /// What the system library said.
        source: sysinfo::Error,
    },
    /// Raise the limit of threads or memory of this process, or go on without system samples.
    #[error("cannot start the system sampling thread")]
    SpawnThread {
        /// What the operating system said.
        source: io::Error,
    },
}

/// Samples this process and its host on a native thread until stopped or dropped.
#[derive(Debug)]
pub struct SystemSampler {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    stop: Condvar,
}

#[derive(Debug, Default)]
struct State {
    latest: Option<SystemSample>,
    failed_readings: u64,
    stopping: bool,
}

impl SystemSampler {
    /// Starts the thread `lt-system`, which takes a base sample at once, the next after 250 ms or
    /// `interval` if that is less, and then one each `interval`.
    ///
    /// Returns without waiting for a sample. Call it after any fork: a child has no copy of the thread.
    pub fn start(interval: Duration) -> Result<Self, StartSamplerError> {
        if !(SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(&interval) {
            return Err(StartSamplerError::IntervalOutOfRange { interval });
        }
        let reader = SampleReader::new()?;
        let shared = Arc::new(Shared::default());
        let in_thread = Arc::clone(&shared);
        let thread = Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(move || in_thread.sample_until_stopped(reader, interval))
            .map_err(|source| StartSamplerError::SpawnThread { source })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The newest sample; `None` for the few milliseconds before the base sample.
    ///
    /// The base sample has true levels (memory), but no time to cover: its percentages, its traffic and
    /// its delays are 0. If readings fail, the last good sample stays; its `time_unix_ns` tells its age.
    /// Cost: one short lock and a copy; any thread may call.
    pub fn latest(&self) -> Option<SystemSample> {
        self.shared.lock().latest.clone()
    }

    /// How many readings since the start gave no sample, for want of file descriptors, say.
    pub fn failed_readings(&self) -> u64 {
        self.shared.lock().failed_readings
    }

    /// Ends the thread and waits for it: at once, or when the reading under way is done. Dropping does
    /// the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for SystemSampler {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.stop.notify_all();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has ended too, which is all that is asked for here.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// The state; a thread that panicked while it held the lock has not left it half-written.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sample_until_stopped(&self, mut reader: SampleReader, interval: Duration) {
        let mut due = Instant::now();
        let mut step = interval.min(FIRST_INTERVAL);
        loop {
            self.publish(reader.read());
            due = next_due(due, Instant::now(), step);
            step = interval;
            if self.stopped_before(due) {
                return;
            }
        }
    }

    fn publish(&self, sample: Option<SystemSample>) {
        let mut state = self.lock();
        match sample {
            Some(sample) => state.latest = Some(sample),
            None => state.failed_readings += 1,
        }
    }

    /// Waits until `due`, or until asked to stop: then true.
    fn stopped_before(&self, due: Instant) -> bool {
        let wait = due.saturating_duration_since(Instant::now());
        let (state, _) = self
            .stop
            .wait_timeout_while(self.lock(), wait, |state| !state.stopping)
            .unwrap_or_else(PoisonError::into_inner);
        state.stopping
    }
}

/// When to read next: in step with the reading before, or anew from `now` after a delay that would
/// leave less than [`SHORTEST_INTERVAL`] between two readings. Never a burst to catch up.
fn next_due(last_due: Instant, now: Instant, step: Duration) -> Instant {
    let in_step = last_due + step;
    if in_step >= now + SHORTEST_INTERVAL { in_step } else { now + step }
}

#[cfg(test)]
mod tests;
