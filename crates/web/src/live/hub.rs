//! What all live streams share: the newest windows, the state of the run, and who listens.

use crate::live::frame::{Frame, Position};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

/// How many events wait for a slow page before it is cut.
const MAX_WAITING: usize = 64;

/// How many windows are kept for pages that come back; also what is not in the store's file yet.
const MAX_RECENT: usize = 64;

/// The same in bytes: the windows of thousands of series are large.
const MAX_RECENT_BYTES: usize = 4 << 20;

/// Hands events to every page that listens. Nobody waits here.
pub(crate) struct Hub {
    shared: Mutex<Shared>,
    events: broadcast::Sender<Frame>,
    places: Arc<Semaphore>,
}

#[derive(Default)]
struct Shared {
    run: Option<RunState>,
    /// Windows of that run in order.
    recent: VecDeque<Frame>,
    recent_bytes: usize,
}

/// The newest run that the feed told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunState {
    pub(crate) run_id: Arc<str>,
    pub(crate) is_running: bool,
}

impl RunState {
    pub(crate) fn frame(&self) -> Frame {
        Frame::run(&self.run_id, if self.is_running { "running" } else { "ended" })
    }
}

/// A new listener, and what was there at the moment it joined.
pub(crate) struct Joined {
    pub(crate) events: broadcast::Receiver<Frame>,
    pub(crate) run: Option<RunState>,
    /// Windows of that run; what comes by `events` follows them without a gap.
    pub(crate) recent: Vec<Frame>,
    /// Its place, free again when this is dropped.
    pub(crate) place: OwnedSemaphorePermit,
}

impl Hub {
    /// For this many listeners at most.
    pub(crate) fn new(listeners: usize) -> Self {
        Self {
            shared: Mutex::default(),
            events: broadcast::channel(MAX_WAITING).0,
            places: Arc::new(Semaphore::new(listeners)),
        }
    }

    /// A listener's place; `None` if all are taken.
    pub(crate) fn join(&self) -> Option<Joined> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let shared = self.shared();
        let recent = shared.recent.iter().cloned().collect();
        Some(Joined { events: self.events.subscribe(), run: shared.run.clone(), recent, place })
    }

    /// Whether anybody listens.
    pub(crate) fn is_heard(&self) -> bool {
        self.events.receiver_count() > 0
    }

    /// The run that the feed told of last.
    pub(crate) fn run(&self) -> Option<RunState> {
        self.shared().run.clone()
    }

    /// A run has begun.
    pub(crate) fn run_started(&self, run_id: &str) {
        let mut shared = self.shared();
        *shared = Shared { run: Some(RunState { run_id: run_id.into(), is_running: true }), ..Shared::default() };
        self.send(Frame::run(run_id, "running"));
    }

    /// A run has ended. Windows may still follow: a worker's last words.
    pub(crate) fn run_ended(&self, run_id: &str) {
        let mut shared = self.shared();
        if let Some(run) = shared.run.as_mut().filter(|run| *run.run_id == *run_id) {
            run.is_running = false;
        }
        self.send(Frame::run(run_id, "ended"));
    }

    /// A window has closed.
    pub(crate) fn window(&self, position: Position, json: &str) {
        let run_id = Arc::clone(&position.run_id);
        let frame = Frame::window(position, json);
        let mut shared = self.shared();
        // A page may start in the middle of a run.
        shared.run.get_or_insert(RunState { run_id, is_running: true });
        shared.keep(frame.clone());
        self.send(frame);
    }

    /// Any other event.
    pub(crate) fn tell(&self, frame: Frame) {
        self.send(frame);
    }

    /// Lost without a listener, as it should be.
    fn send(&self, frame: Frame) {
        let _ = self.events.send(frame);
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn keep(&mut self, frame: Frame) {
        let is_of_the_run = |position: &Position| self.run.as_ref().is_some_and(|run| run.run_id == position.run_id);
        if !frame.position.as_ref().is_some_and(is_of_the_run) {
            return;
        }
        if !self.recent.back().is_none_or(|last| is_next(last, &frame)) {
            // One was missed: what was before it is no use to a page that has to have them all.
            self.recent.clear();
            self.recent_bytes = 0;
        }
        self.recent_bytes += frame.bytes.len();
        self.recent.push_back(frame);
        while self.recent.len() > MAX_RECENT || self.recent_bytes > MAX_RECENT_BYTES {
            let Some(oldest) = self.recent.pop_front() else { break };
            self.recent_bytes -= oldest.bytes.len();
        }
    }
}

fn is_next(last: &Frame, frame: &Frame) -> bool {
    let seq = |frame: &Frame| frame.position.as_ref().map(|position| position.seq);
    seq(last).zip(seq(frame)).is_some_and(|(last, seq)| last.checked_add(1) == Some(seq))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seqs(frames: &[Frame]) -> Vec<u64> {
        frames.iter().filter_map(|frame| Some(frame.position.as_ref()?.seq)).collect()
    }

    #[test]
    fn who_joins_has_all_windows_either_as_recent_or_as_events() {
        let hub = Hub::new(1);
        hub.run_started("a");
        (1..=3).for_each(|seq| hub.window(Position::new("a", seq), "{}"));
        let mut joined = hub.join().unwrap();
        hub.window(Position::new("a", 4), "{}");
        assert_eq!(seqs(&joined.recent), [1, 2, 3]);
        assert_eq!(joined.events.try_recv().unwrap().position, Some(Position::new("a", 4)));
        assert_eq!(joined.run.unwrap(), RunState { run_id: "a".into(), is_running: true });
    }

    #[test]
    fn only_so_many_windows_and_bytes_are_kept() {
        let hub = Hub::new(8);
        hub.run_started("a");
        (0..=MAX_RECENT as u64).for_each(|seq| hub.window(Position::new("a", seq), "{}"));
        assert_eq!(seqs(&hub.join().unwrap().recent).len(), MAX_RECENT);
        let large = "7".repeat(MAX_RECENT_BYTES / 2);
        (0..3).for_each(|seq| hub.window(Position::new("a", 100 + seq), &large));
        assert_eq!(seqs(&hub.join().unwrap().recent), [102]);
    }

    #[test]
    fn recent_windows_have_no_gap() {
        let hub = Hub::new(1);
        [1, 2, 4, 5].into_iter().for_each(|seq| hub.window(Position::new("a", seq), "{}"));
        assert_eq!(seqs(&hub.join().unwrap().recent), [4, 5]);
    }

    #[test]
    fn a_new_run_leaves_nothing_of_the_last_behind() {
        let hub = Hub::new(8);
        hub.run_started("a");
        hub.window(Position::new("a", 1), "{}");
        hub.run_ended("a");
        assert!(!hub.run().unwrap().is_running);
        hub.run_started("b");
        hub.window(Position::new("a", 2), "{}");
        hub.run_ended("a");
        let joined = hub.join().unwrap();
        assert!(joined.recent.is_empty() && joined.run.unwrap().is_running);
    }

    #[test]
    fn a_run_that_began_before_is_known_by_its_first_window() {
        let hub = Hub::new(1);
        hub.window(Position::new("a", 7), "{}");
        let joined = hub.join().unwrap();
        assert_eq!((seqs(&joined.recent), joined.run.unwrap().run_id), (vec![7], "a".into()));
    }

    #[test]
    fn there_are_only_so_many_places_and_they_become_free() {
        let hub = Hub::new(1);
        let joined = hub.join().unwrap();
        assert!(hub.join().is_none());
        drop(joined);
        assert!(hub.join().is_some());
    }
}
