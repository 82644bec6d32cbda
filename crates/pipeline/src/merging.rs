//! The thread on a master that merges its workers' frames: `lt-merge`.
//!
//! The gevent hub only hands bytes over; reading and merging happen here. Nobody waits for this thread: what it has to
//! say (messages for workers, whether all is in) it leaves where it can be fetched.

use crate::clock;
use crate::engine::{Engine, lock};
use crate::lane::FlushTicket;
use crate::queue::BoundedQueue;
use locust_telemetry_core::reconciliation::WorkerAccount;
use locust_telemetry_core::{RunIdentity, Window, WorkerState};
use locust_telemetry_fleet::{MergeSettings, Merger, WorkerMessage};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How many bytes of frames may wait. A frame beyond that is dropped; the gap is noticed and it is asked for again.
const MAX_QUEUED_BYTES: usize = 64 << 20;

/// How often the thread looks for seconds that are due, where no frame wakes it.
const IDLE_LOOK: Duration = Duration::from_millis(50);

/// What the thread is given.
enum Input {
    StartRun {
        run: Arc<RunIdentity>,
        settings: MergeSettings,
        now_unix_ns: i64,
    },
    StopRun {
        now_unix_ns: i64,
    },
    /// What the master itself saw, if anything, and until when it has closed its seconds.
    Own {
        window: Option<Box<Window>>,
        closed_until_s: i64,
    },
    Frame {
        client_id: String,
        bytes: Vec<u8>,
        now_unix_ns: i64,
    },
    Worker {
        client_id: String,
        source_id: String,
        state: WorkerState,
        now_unix_ns: i64,
    },
    Flush(FlushTicket),
}

/// What the thread tells.
#[derive(Default)]
struct Told {
    messages: Vec<WorkerMessage>,
    is_merged: bool,
    accounts: Vec<WorkerAccount>,
    foreign_frames: u64,
}

/// The handle of the thread.
pub(crate) struct Merging {
    queue: Arc<BoundedQueue<Input>>,
    told: Arc<Mutex<Told>>,
    dropped_frames: AtomicU64,
}

impl Merging {
    /// Starts the thread, which hands its windows to `engine`.
    pub(crate) fn start(engine: Engine) -> io::Result<Self> {
        let queue = Arc::new(BoundedQueue::new(MAX_QUEUED_BYTES));
        let told = Arc::new(Mutex::new(Told { is_merged: true, ..Told::default() }));
        let mut thread = MergeThread {
            queue: Arc::clone(&queue),
            told: Arc::clone(&told),
            engine,
            merger: Merger::default(),
            run: None,
        };
        std::thread::Builder::new().name("lt-merge".into()).spawn(move || thread.work())?;
        Ok(Self { queue, told, dropped_frames: AtomicU64::new(0) })
    }

    pub(crate) fn start_run(&self, run: Arc<RunIdentity>, settings: MergeSettings, now_unix_ns: i64) {
        lock(&self.told).is_merged = false;
        self.give(Input::StartRun { run, settings, now_unix_ns });
    }

    pub(crate) fn stop_run(&self, now_unix_ns: i64) {
        // Until the thread has come to it.
        lock(&self.told).is_merged = false;
        self.give(Input::StopRun { now_unix_ns });
    }

    pub(crate) fn own(&self, window: Option<Window>, closed_until_s: i64) {
        self.give(Input::Own { window: window.map(Box::new), closed_until_s });
    }

    /// A frame as it came. One that finds the queue full is dropped and will be asked for again.
    pub(crate) fn frame(&self, client_id: String, bytes: Vec<u8>, now_unix_ns: i64) {
        let weight = bytes.len().max(1);
        // Unlike a lane's, this queue is never to take more than it can hold: a frame can be had again.
        if self.queue.offer(weight, Input::Frame { client_id, bytes, now_unix_ns }).is_err() {
            self.dropped_frames.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn worker(&self, client_id: String, source_id: String, state: WorkerState, now_unix_ns: i64) {
        self.give(Input::Worker { client_id, source_id, state, now_unix_ns });
    }

    /// Closes every second there is, then flushes the recorders.
    pub(crate) fn flush(&self) -> FlushTicket {
        let ticket = FlushTicket::default();
        if self.queue.offer(0, Input::Flush(ticket.clone())).is_err() {
            ticket.finish();
        }
        ticket
    }

    pub(crate) fn take_messages(&self) -> Vec<WorkerMessage> {
        std::mem::take(&mut lock(&self.told).messages)
    }

    pub(crate) fn is_merged(&self) -> bool {
        lock(&self.told).is_merged
    }

    /// The account of each worker, and how many frames were of other runs or found the queue full.
    pub(crate) fn accounts(&self) -> (Vec<WorkerAccount>, u64, u64) {
        let told = lock(&self.told);
        (told.accounts.clone(), told.foreign_frames, self.dropped_frames.load(Relaxed))
    }

    /// The thread ends once it has worked off what is queued.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    /// What has no weight always fits; only a closed queue refuses, and then nobody listens any more.
    fn give(&self, input: Input) {
        let _ = self.queue.offer(0, input);
    }
}

struct MergeThread {
    queue: Arc<BoundedQueue<Input>>,
    told: Arc<Mutex<Told>>,
    engine: Engine,
    merger: Merger,
    run: Option<Arc<RunIdentity>>,
}

impl MergeThread {
    fn work(&mut self) {
        let mut looked_at_ns = 0;
        while !self.queue.is_finished() {
            let input = self.queue.take(IDLE_LOOK);
            let is_idle = input.is_none();
            if let Some(input) = input {
                self.take(input);
            }
            let now_ns = clock::now_unix_ns();
            if is_idle || now_ns.abs_diff(looked_at_ns) >= IDLE_LOOK.as_nanos() as u64 {
                looked_at_ns = now_ns;
                let windows = self.merger.advance(now_ns);
                self.ship(windows);
                self.tell_all(now_ns);
            } else {
                self.tell_messages();
            }
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::StartRun { run, settings, now_unix_ns } => {
                // Of the last run, though nobody has asked for it.
                let left = self.merger.close_all();
                self.ship(left);
                self.merger.start_run(&run.run_id, settings, now_unix_ns);
                self.run = Some(run);
            }
            Input::StopRun { now_unix_ns } => self.merger.stop_run(now_unix_ns),
            Input::Own { window, closed_until_s } => {
                if let Some(window) = window {
                    self.merger.own_window(*window);
                }
                self.merger.own_closed(closed_until_s);
            }
            Input::Frame { client_id, bytes, now_unix_ns } => self.merger.receive(&client_id, &bytes, now_unix_ns),
            Input::Worker { client_id, source_id, state, now_unix_ns } => {
                self.merger.worker(&client_id, &source_id, state, now_unix_ns);
            }
            Input::Flush(ticket) => {
                // First, so that the seconds that lack a worker say so.
                self.merger.give_up_after_stop(clock::now_unix_ns());
                let windows = self.merger.close_all();
                self.ship(windows);
                self.tell_all(clock::now_unix_ns());
                ticket.finish_with(self.engine.flush_lanes());
            }
        }
    }

    fn ship(&self, windows: Vec<Window>) {
        let Some(run) = &self.run else { return };
        if let Some(unix_ns) = self.merger.users_stopped_ns() {
            self.engine.users_stopped(run, unix_ns);
        }
        windows.into_iter().for_each(|window| self.engine.ship_merged(run, window));
    }

    fn tell_messages(&mut self) {
        let messages = self.merger.take_messages();
        if !messages.is_empty() {
            lock(&self.told).messages.extend(messages);
        }
    }

    fn tell_all(&mut self, now_ns: i64) {
        // Messages first: whoever sees that all is merged has the last acknowledgements too.
        self.tell_messages();
        let (is_merged, accounts) = (self.merger.is_merged(now_ns), self.merger.accounts());
        let mut told = lock(&self.told);
        told.is_merged = is_merged;
        told.accounts = accounts;
        told.foreign_frames = self.merger.foreign_frames();
    }
}
