//! What a recorder is: the contract that every output fulfils.

use crate::ledger::Ledger;
use locust_telemetry_core::{RunIdentity, RunSpan, Window};
use std::sync::Arc;

/// A window and the run it belongs to.
#[derive(Debug, Clone)]
pub struct RunWindow {
    /// Whose window it is.
    pub run: Arc<RunIdentity>,
    /// What happened.
    pub window: Window,
}

impl RunWindow {
    /// What it counts in a bounded queue: 1, and 1 more for each series and each message in it.
    pub(crate) fn weight(&self) -> usize {
        let requests = &self.window.requests;
        1 + requests.series.len() + requests.errors.len()
    }
}

/// One record of the documented JSON shape, made on the Python side.
#[derive(Debug, Clone)]
pub struct Record {
    /// When: nanoseconds since the Unix epoch.
    pub time_unix_ns: i64,
    /// The Python level's name, such as `INFO`.
    pub level: String,
    /// The logger's name.
    pub name: String,
    /// The sentence for people.
    pub message: String,
    /// The fields for machines.
    pub telemetry: serde_json::Map<String, serde_json::Value>,
}

/// Takes windows to where they belong: a file, a backend, a page.
///
/// A recorder lives on a native thread of its own (its lane's), so it may wait and do I/O. Whatever it
/// is given ends as *delivered* or *dropped* in its ledger; what it holds back counts as queued.
///
/// To write a new one: implement this trait in a crate beside `crates/json`, and hand it to
/// [`Engine::attach`](crate::Engine::attach).
pub trait Recorder: Send + 'static {
    /// The id under which users enable it and summaries show it.
    fn id(&self) -> &'static str;

    /// Takes the books before anything else, for a recorder that learns later what became of what it was given.
    fn open(&mut self, ledger: &Arc<Ledger>) {
        let _ = ledger;
    }

    /// Takes one closed window.
    fn window(&mut self, window: &RunWindow, ledger: &Ledger);

    /// Takes one record. Called only if [`takes_records`](Self::takes_records).
    fn record(&mut self, record: &Record, ledger: &Ledger) {
        let _ = (record, ledger);
    }

    /// Whether single records are wanted beside the windows.
    fn takes_records(&self) -> bool {
        false
    }

    /// Whether requests in windows are for this recorder. If not, windows weigh nothing in its books.
    fn takes_requests(&self) -> bool {
        true
    }

    /// The books of a run are closed; what still comes of it are stragglers. Called again where these change the books.
    fn run_ended(&mut self, run: &RunIdentity, span: RunSpan) {
        let _ = (run, span);
    }

    /// Passes on what is held back: a run has ended, or the process is about to.
    fn flush(&mut self, ledger: &Ledger);
}
