//! A lane: one recorder, its queue, its ledger, and the native thread that runs it.

use crate::ledger::{Ledger, Load};
use crate::queue::{BoundedQueue, MAX_WEIGHT};
use crate::recorder::{Record, Recorder, RunWindow};
use locust_telemetry_core::{RunIdentity, RunSpan};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

/// Why the lane of a full queue drops.
pub(crate) const QUEUE_FULL: &str = "queue full";

enum Item {
    Window(Arc<RunWindow>),
    Record(Arc<Record>),
    RunEnded(Arc<RunIdentity>, RunSpan),
    Flush(FlushTicket),
}

/// Tells whether everything offered before a flush has been passed on.
#[derive(Debug, Clone, Default)]
pub struct FlushTicket(Arc<Flush>);

#[derive(Debug, Default)]
struct Flush {
    done: AtomicBool,
    /// The flushes that this one has led to.
    behind: OnceLock<Vec<FlushTicket>>,
}

impl FlushTicket {
    /// Whether the flush is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let behind = self.0.behind.get();
        self.0.done.load(Ordering::Acquire) && behind.is_none_or(|behind| behind.iter().all(Self::is_done))
    }

    /// The flush is done. For whoever carries one out.
    pub fn finish(&self) {
        self.0.done.store(true, Ordering::Release);
    }

    /// A ticket that is done as soon as all of these are.
    #[must_use]
    pub fn of(tickets: Vec<Self>) -> Self {
        let all = Self::default();
        all.finish_with(tickets);
        all
    }

    /// Done as soon as all of `behind` are.
    pub(crate) fn finish_with(&self, behind: Vec<Self>) {
        // A ticket is finished once.
        let _ = self.0.behind.set(behind);
        self.finish();
    }
}

/// One recorder on its own thread.
pub(crate) struct Lane {
    id: &'static str,
    takes_records: bool,
    takes_requests: bool,
    queue: Arc<BoundedQueue<Item>>,
    ledger: Arc<Ledger>,
    thread: Option<JoinHandle<()>>,
}

impl Lane {
    /// Starts the thread.
    pub(crate) fn start(recorder: Box<dyn Recorder>, ledger: Arc<Ledger>) -> io::Result<Self> {
        let queue = Arc::new(BoundedQueue::new(MAX_WEIGHT));
        let (id, takes_records, takes_requests) = (recorder.id(), recorder.takes_records(), recorder.takes_requests());
        let (theirs, books) = (Arc::clone(&queue), Arc::clone(&ledger));
        let thread =
            std::thread::Builder::new().name(format!("lt-{id}")).spawn(move || run(recorder, &theirs, &books))?;
        Ok(Self { id, takes_records, takes_requests, queue, ledger, thread: Some(thread) })
    }

    pub(crate) fn id(&self) -> &'static str {
        self.id
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Queues a window, or counts it as dropped.
    pub(crate) fn offer_window(&self, window: &Arc<RunWindow>) {
        let load = if self.takes_requests { Load::requests(window.window.requests.requests()) } else { Load::NONE };
        self.ledger.offered(load);
        if self.queue.offer(window.weight(), Item::Window(Arc::clone(window))).is_err() {
            self.ledger.dropped(load, QUEUE_FULL);
        }
    }

    /// Queues a record where the recorder takes them, or counts it as dropped.
    pub(crate) fn offer_record(&self, record: &Arc<Record>) {
        if !self.takes_records {
            return;
        }
        self.ledger.offered(Load::RECORD);
        if self.queue.offer(1, Item::Record(Arc::clone(record))).is_err() {
            self.ledger.dropped(Load::RECORD, QUEUE_FULL);
        }
    }

    /// Tells that the books of a run are closed.
    pub(crate) fn end_run(&self, run: &Arc<RunIdentity>, span: RunSpan) {
        // A weight of zero always fits; a closed lane ends everything anyway.
        drop(self.queue.offer(0, Item::RunEnded(Arc::clone(run), span)));
    }

    /// Asks for everything queued so far to be passed on.
    pub(crate) fn flush(&self) -> FlushTicket {
        let ticket = FlushTicket::default();
        // A weight of zero always fits; only a closed lane refuses, and it flushes by itself at its end.
        if self.queue.offer(0, Item::Flush(ticket.clone())).is_err() {
            ticket.finish();
        }
        ticket
    }

    /// Takes nothing more; the thread ends once it has worked off what is queued.
    pub(crate) fn close(&mut self) {
        self.queue.close();
        // Not joined: a recorder that hangs in I/O must not hold up the exit. The ledger tells what it
        // still had.
        drop(self.thread.take());
    }
}

/// Why the lane of a recorder that has panicked drops.
const RECORDER_FAILED: &str = "recorder failed";

fn run(mut recorder: Box<dyn Recorder>, queue: &BoundedQueue<Item>, ledger: &Arc<Ledger>) {
    let worked = catch_unwind(AssertUnwindSafe(|| {
        recorder.open(ledger);
        while !queue.is_finished() {
            match queue.take(Duration::from_secs(60)) {
                Some(Item::Window(window)) => recorder.window(&window, ledger),
                Some(Item::Record(record)) => recorder.record(&record, ledger),
                Some(Item::RunEnded(run, span)) => recorder.run_ended(&run, span),
                Some(Item::Flush(ticket)) => {
                    // Also where the recorder fails, so that nobody waits for it in vain.
                    let _finished = FinishOnDrop(&ticket);
                    recorder.flush(ledger);
                }
                None => {}
            }
        }
        recorder.flush(ledger);
    }));
    if worked.is_err() {
        let id = recorder.id();
        ledger.notice(format!("recorder {id} has failed and records no more; what comes is counted as dropped"));
        // What it had in its hands, and then everything that comes.
        ledger.dropped(ledger.balance().queued(), RECORDER_FAILED);
        drop_all(queue, ledger);
    }
}

/// Works off the queue of a recorder that is no more.
fn drop_all(queue: &BoundedQueue<Item>, ledger: &Ledger) {
    while !queue.is_finished() {
        if let Some(Item::Flush(ticket)) = queue.take(Duration::from_secs(1)) {
            ticket.finish();
        }
        ledger.dropped(ledger.balance().queued(), RECORDER_FAILED);
    }
}

struct FinishOnDrop<'a>(&'a FlushTicket);

impl Drop for FinishOnDrop<'_> {
    fn drop(&mut self) {
        self.0.finish();
    }
}
