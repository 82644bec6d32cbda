//! The engine's part in what travels between workers and master: clocks, frames and states.

use super::{Engine, lock};
use crate::clock;
use crate::merging::Merging;
use locust_telemetry_core::{ClockOffset, WorkerState};
use locust_telemetry_fleet::{Exchange, Outbox, WorkerMessage};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::atomic::Ordering::Relaxed;

impl Engine {
    /// Keeps closed windows back until it is known how this clock stands to the master's, if it is not.
    pub fn await_clock(&self) {
        let is_known = lock(&self.0.clock).at(0).is_some();
        self.state().held.awaits_clock = !is_known;
    }

    /// The master's clock cannot be known: windows go by this process's own.
    pub fn clock_unknown(&self) {
        let mut state = self.state();
        state.held.awaits_clock = false;
        self.ship_released(&mut state);
    }

    /// Takes one exchange of messages with the master.
    pub fn clock_exchange(&self, exchange: &Exchange) {
        let clock = lock(&self.0.clock).add(exchange);
        if let Some(clock) = clock {
            if self.0.clock_offset_ns.swap(clock.offset_ns, Relaxed) != clock.offset_ns {
                // The open window's second ends at another moment than the thread waits for.
                self.0.stopped.notify_all();
            }
            self.clock_unknown();
        }
    }

    /// How this process's clock stands to the master's at a moment of its own (Unix nanoseconds).
    #[must_use]
    pub fn clock(&self, now_unix_ns: i64) -> Option<ClockOffset> {
        lock(&self.0.clock).at(now_unix_ns)
    }

    /// From now on keeps windows for the master, which reads frames. Safe to call again.
    pub fn send_frames(&self) {
        let state = self.state();
        let mut outbox = lock(&self.0.outbox);
        if outbox.is_none() {
            // Random: each process has its own seed from the operating system.
            let incarnation = RandomState::new().build_hasher().finish();
            let mut new = Outbox::new(incarnation, state.history_s);
            if let Some(run) = state.run.as_ref().filter(|run| run.stopped_unix_ns.is_none()) {
                new.start_run(&run.identity.run_id);
            }
            *outbox = Some(new);
        }
    }

    /// The next frame for the master, if there is something to tell it.
    #[must_use]
    pub fn frame(&self, now_unix_ns: i64) -> Option<Vec<u8>> {
        let offset = self.clock(now_unix_ns);
        lock(&self.0.outbox).as_mut().and_then(|outbox| outbox.frame(offset, clock::second_of(now_unix_ns)))
    }

    /// The frames with these numbers (both included), as far as they are kept.
    #[must_use]
    pub fn frames_again(&self, first: u64, last: u64, now_unix_ns: i64) -> Vec<Vec<u8>> {
        let offset = self.clock(now_unix_ns);
        lock(&self.0.outbox).as_mut().map(|outbox| outbox.again(first, last, offset)).unwrap_or_default()
    }

    /// The master has every frame up to this number.
    pub fn acknowledge(&self, sequence: u64) {
        if let Some(outbox) = lock(&self.0.outbox).as_mut() {
            outbox.acknowledge(sequence);
        }
    }

    /// Whether the master has said that it has everything, or nothing was to be sent.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        lock(&self.0.outbox).as_ref().is_none_or(Outbox::is_acknowledged)
    }

    /// On a master: takes a worker's frame. Returns at once.
    pub fn merge(&self, client_id: String, frame: Vec<u8>, now_unix_ns: i64) {
        if let Some(merging) = self.0.merging.get() {
            merging.frame(client_id, frame, now_unix_ns);
        }
    }

    /// On a master: what Locust knows of a worker.
    pub fn worker(&self, client_id: String, source_id: String, state: WorkerState, now_unix_ns: i64) {
        if let Some(merging) = self.merging() {
            merging.worker(client_id, source_id, state, now_unix_ns);
        }
    }

    /// On a master: what is to be sent to workers, since the last call.
    #[must_use]
    pub fn worker_messages(&self) -> Vec<WorkerMessage> {
        self.0.merging.get().map(Merging::take_messages).unwrap_or_default()
    }

    /// Whether nothing more is to be expected of any worker.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.0.merging.get().is_none_or(Merging::is_merged)
    }

    /// The merging thread of this master, started where it is not; `None` where the system refuses.
    pub(super) fn merging(&self) -> Option<&Merging> {
        if let Some(merging) = self.0.merging.get() {
            return Some(merging);
        }
        match Merging::start(self.clone()) {
            Ok(started) => Some(self.0.merging.get_or_init(|| started)),
            Err(error) => {
                let notice =
                    format!("the thread that merges workers cannot be started ({error}): only the master is recorded");
                lock(&self.0.notices).push(notice);
                None
            }
        }
    }
}

#[cfg(test)]
#[path = "channel_tests.rs"]
mod tests;
