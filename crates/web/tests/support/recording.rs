//! A run in a store of its own, recorded by the store's own recorder.

use locust_telemetry_core::{
    Event, Histogram, RequestAggregate, Role, RunIdentity, RunSpan, SeriesKey, SeriesStats, Window,
};
use locust_telemetry_pipeline::{Ledger, Recorder, RunWindow, clock};
use locust_telemetry_store::{FactsCell, Feed, LocalRecorder, StoreConfig};
use locust_telemetry_web::{LivePage, WebConfig};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// When the runs of tests begin: a whole hour.
pub(crate) const BEGIN_S: i64 = 1_800_000_000;

/// Requests of one series in one second.
pub(crate) struct Requests<'a> {
    pub(crate) method: &'a str,
    pub(crate) name: &'a str,
    /// The class of the exception, for failures.
    pub(crate) error_type: Option<&'a str>,
    pub(crate) count: u64,
    pub(crate) time_ms: u64,
}

impl Requests<'_> {
    /// Ten successes of 20 ms.
    pub(crate) fn to(name: &str) -> Requests<'_> {
        Requests { method: "GET", name, error_type: None, count: 10, time_ms: 20 }
    }
}

/// A recorder, its file and its feed.
pub(crate) struct Recording {
    pub(crate) directory: TempDir,
    pub(crate) feed: Feed,
    pub(crate) ledger: Arc<Ledger>,
    recorder: LocalRecorder,
    run: Arc<RunIdentity>,
}

impl Recording {
    /// A store without runs.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(directory.path().join("runs.db"));
        let (recorder, feed) = LocalRecorder::open(config, Arc::new(FactsCell::default())).unwrap();
        let mut recording =
            Self { directory, feed, ledger: Arc::default(), recorder, run: identity("run-0", "checkout-load") };
        recording.recorder.open(&recording.ledger);
        recording
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("runs.db")
    }

    /// What comes belongs to this run from now on.
    pub(crate) fn run(&mut self, run_id: &str, testplan: &str) {
        self.run = identity(run_id, testplan);
    }

    /// Records a window.
    pub(crate) fn window(&mut self, window: Window) {
        self.recorder.window(&RunWindow { run: Arc::clone(&self.run), window }, &self.ledger);
    }

    /// Records a second after [`BEGIN_S`].
    pub(crate) fn second(&mut self, second: i64, requests: &[Requests<'_>]) {
        self.window(window(BEGIN_S + second, requests));
    }

    /// Ends the run.
    pub(crate) fn end(&mut self) {
        let begin_ns = BEGIN_S * 1_000_000_000;
        let span = RunSpan { started_unix_ns: begin_ns, ended_unix_ns: clock::now_unix_ns() };
        self.recorder.run_ended(&self.run, span);
        self.flush();
    }

    pub(crate) fn flush(&mut self) {
        self.recorder.flush(&self.ledger);
    }

    /// The usual page on any port, live.
    pub(crate) fn page(&self) -> LivePage {
        LivePage::start(self.config()).unwrap()
    }

    pub(crate) fn config(&self) -> WebConfig {
        WebConfig { port: 0, ..WebConfig::new(self.path(), Some(self.feed.clone())) }
    }
}

/// A window of this second, with one event and 5 users.
pub(crate) fn window(start_s: i64, requests: &[Requests<'_>]) -> Window {
    let mut aggregate = RequestAggregate::default();
    for of in requests {
        let status = NonZeroU16::new(if of.error_type.is_some() { 503 } else { 200 });
        let key = SeriesKey {
            name: of.name.into(),
            method: of.method.into(),
            status,
            error_type: of.error_type.map(Into::into),
        };
        let mut latency = Histogram::new();
        (0..of.count).for_each(|number| latency.record(of.time_ms * 1_000_000 + number * 1_000));
        let stats = SeriesStats { requests: of.count, response_bytes: 100 * of.count, latency };
        aggregate.series.insert(Arc::new(key), stats);
    }
    let event = Event {
        time_unix_ns: start_s * 1_000_000_000,
        name: "locust.tl.event.test.start".to_owned(),
        attributes: vec![("user_count".to_owned(), "5".to_owned())],
    };
    Window { start_s, requests: aggregate, users: 5, events: vec![event], ..Window::default() }
}

fn identity(run_id: &str, testplan: &str) -> Arc<RunIdentity> {
    Arc::new(RunIdentity {
        run_id: run_id.to_owned(),
        testplan: testplan.to_owned(),
        role: Role::Local,
        source: "LocalRunner".to_owned(),
        source_id: "local".to_owned(),
        metadata: Vec::new(),
        labels: vec![("stage".to_owned(), "test".to_owned())],
    })
}
