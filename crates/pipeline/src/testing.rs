//! A recorder for tests: keeps what it is given, and can be told to stall.

use crate::ledger::{Ledger, Load};
use crate::recorder::{Record, Recorder, RunWindow};
use locust_telemetry_core::{RunIdentity, RunSpan};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

#[derive(Debug, Default)]
struct Kept {
    windows: Vec<RunWindow>,
    records: Vec<Record>,
    ended: Vec<RunSpan>,
    stalled: bool,
}

/// What a [`Double`] was given, readable from the test.
#[derive(Debug, Clone, Default)]
pub struct Tape(Arc<(Mutex<Kept>, Condvar)>);

impl Tape {
    /// A recorder that writes to this tape.
    #[must_use]
    pub fn recorder(&self) -> Box<dyn Recorder> {
        Box::new(Double(self.clone()))
    }

    /// The windows so far.
    #[must_use]
    pub fn windows(&self) -> Vec<RunWindow> {
        self.with(|kept| kept.windows.clone())
    }

    /// The records so far.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.with(|kept| kept.records.clone())
    }

    /// When runs were on, each time that their books were closed.
    #[must_use]
    pub fn ended(&self) -> Vec<RunSpan> {
        self.with(|kept| kept.ended.clone())
    }

    /// Makes the recorder hang, as one before a dead backend does, or lets it go on.
    pub fn stall(&self, stalled: bool) {
        self.with(|kept| kept.stalled = stalled);
        self.0.1.notify_all();
    }

    fn with<T>(&self, action: impl FnOnce(&mut Kept) -> T) -> T {
        action(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, action: impl FnOnce(&mut Kept)) {
        let mut kept = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.stalled {
            kept = self.0.1.wait(kept).unwrap_or_else(PoisonError::into_inner);
        }
        action(&mut kept);
    }
}

/// Keeps everything on a [`Tape`].
#[derive(Debug)]
pub struct Double(Tape);

impl Recorder for Double {
    fn id(&self) -> &'static str {
        "double"
    }

    fn window(&mut self, window: &RunWindow, ledger: &Ledger) {
        self.0.keep(|kept| kept.windows.push(window.clone()));
        ledger.delivered(Load::requests(window.window.requests.requests()));
    }

    fn record(&mut self, record: &Record, ledger: &Ledger) {
        self.0.keep(|kept| kept.records.push(record.clone()));
        ledger.delivered(Load::RECORD);
    }

    fn takes_records(&self) -> bool {
        true
    }

    fn run_ended(&mut self, _run: &RunIdentity, span: RunSpan) {
        self.0.keep(|kept| kept.ended.push(span));
    }

    fn flush(&mut self, _ledger: &Ledger) {
        self.0.keep(|_| {});
    }
}
