//! Runs and windows to test with.

#![allow(dead_code, reason = "each test crate uses its share")]

use locust_telemetry_core::{
    Anomaly, ClockOffset, Event, FrameCounts, Histogram, Reasons, RequestAggregate, Role, RunIdentity, RunSpan,
    SeriesKey, SeriesStats, SystemSample, Window, WorkerState, WorkerWindow,
};
use locust_telemetry_pipeline::{Ledger, Load, Recorder, RunWindow, clock};
use locust_telemetry_store::{FactsCell, Feed, LocalRecorder, RunReader, Store, StoreConfig};
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;

/// 2026-01-02T03:04:00Z, a whole minute, in seconds since the Unix epoch.
pub(crate) const START_S: i64 = 1_767_323_040;

pub(crate) fn identity(run_id: &str) -> Arc<RunIdentity> {
    Arc::new(RunIdentity {
        run_id: run_id.into(),
        testplan: "checkout".into(),
        role: Role::Master,
        source: "MasterRunner".into(),
        source_id: "master".into(),
        metadata: vec![("commit".into(), "0a1b2c".into())],
        labels: vec![("env".into(), "staging".into())],
    })
}

/// The series of an endpoint: its successes, or its failures.
pub(crate) fn series(number: usize, is_failure: bool) -> Arc<SeriesKey> {
    Arc::new(SeriesKey {
        name: format!("/endpoint/{number}").into(),
        method: if number.is_multiple_of(3) { "POST" } else { "GET" }.into(),
        status: NonZeroU16::new(if is_failure { 503 } else { 200 }),
        error_type: is_failure.then(|| "HTTPError".into()),
    })
}

pub(crate) fn aggregate(gained: impl IntoIterator<Item = (Arc<SeriesKey>, SeriesStats)>) -> RequestAggregate {
    let mut aggregate = RequestAggregate::default();
    for (key, stats) in gained {
        aggregate.series.entry(key).or_default().merge(&stats);
    }
    aggregate
}

pub(crate) fn window(start_s: i64, requests: RequestAggregate) -> Window {
    Window { start_s, requests, users: 7, ..Window::default() }
}

/// A window with one request of 12 ms to each of so many endpoints.
pub(crate) fn simple(start_s: i64, endpoints: usize) -> Window {
    let mut latency = Histogram::new();
    latency.record(12_000_000);
    let stats = SeriesStats { requests: 1, response_bytes: 100, latency };
    window(start_s, aggregate((0..endpoints).map(|number| (series(number, false), stats.clone()))))
}

/// A window in which everything is told that a window can tell.
pub(crate) fn full(start_s: i64) -> Window {
    let mut window = simple(start_s, 2);
    let failed = series(1, true);
    let mut latency = Histogram::new();
    [0, 5_000_000, 2_000_000_000].into_iter().for_each(|time_ns| latency.record(time_ns));
    window.requests.series.insert(Arc::clone(&failed), SeriesStats { requests: 4, response_bytes: 9, latency });
    window.requests.errors.add(&failed, &"503: out of <b>stock</b> \"käse\"".into(), 3);
    window.requests.errors.add(&failed, &"timed out".into(), 1);
    window.requests.anomalies.count(Anomaly::TimeMissing);
    window.requests.folded.add("GET", "/one/too/many");
    window.users = 40;
    window.hub_lag_max_ns = Some(2_500_000);
    window.reasons = Reasons::from_bits(0b101);
    window.system = Some(system(55.5));
    window.events = vec![Event {
        time_unix_ns: start_s * 1_000_000_000 + 123,
        name: "locust.tl.event.spawning.complete".into(),
        attributes: vec![("user_count".into(), "40".into())],
    }];
    window.workers = vec![worker("worker-0", 3), worker("worker-1", 0)];
    window
}

pub(crate) fn system(process_cpu_percent: f64) -> SystemSample {
    SystemSample { process_cpu_percent, process_memory_bytes: 64 << 20, ..SystemSample::default() }
}

pub(crate) fn worker(source_id: &str, requests: u64) -> WorkerWindow {
    let mut latency = Histogram::new();
    (0..requests).for_each(|number| latency.record(10_000_000 + number));
    WorkerWindow {
        source_id: source_id.into(),
        state: WorkerState::Running,
        requests,
        failures: requests / 2,
        latency,
        users: 20,
        hub_lag_max_ns: Some(1_500_000),
        system: Some(system(40.0)),
        reasons: Reasons::from_bits(1),
        clock: Some(ClockOffset { offset_ns: -1_250_000, error_ns: 40_000 }),
        frames: FrameCounts::default(),
    }
}

/// A recorder with its books, as a lane has it.
pub(crate) struct Recording {
    pub(crate) recorder: LocalRecorder,
    pub(crate) feed: Feed,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) facts: Arc<FactsCell>,
    /// By run: its first event, or the begin of its first second.
    started_unix_ns: BTreeMap<String, i64>,
}

impl Recording {
    pub(crate) fn open(path: &Path) -> Self {
        Self::with(StoreConfig::new(path))
    }

    pub(crate) fn with(config: StoreConfig) -> Self {
        let facts = Arc::new(FactsCell::default());
        let (mut recorder, feed) = LocalRecorder::open(config, Arc::clone(&facts)).unwrap();
        let ledger = Arc::new(Ledger::default());
        recorder.open(&ledger);
        Self { recorder, feed, ledger, facts, started_unix_ns: BTreeMap::new() }
    }

    pub(crate) fn take(&mut self, run: &Arc<RunIdentity>, window: Window) {
        let started = window.events.first().map_or(window.start_s * 1_000_000_000, |event| event.time_unix_ns);
        self.started_unix_ns.entry(run.run_id.clone()).or_insert(started);
        self.ledger.offered(Load::requests(window.requests.requests()));
        self.recorder.window(&RunWindow { run: Arc::clone(run), window }, &self.ledger);
    }

    /// Ends the run now.
    pub(crate) fn end(&mut self, run: &Arc<RunIdentity>) {
        let started_unix_ns = self.started_unix_ns.get(&run.run_id).copied().unwrap_or(0);
        self.end_of(run, RunSpan { started_unix_ns, ended_unix_ns: clock::now_unix_ns() });
    }

    /// Ends the run, which was on from then to then.
    pub(crate) fn end_of(&mut self, run: &Arc<RunIdentity>, span: RunSpan) {
        self.recorder.run_ended(run, span);
        self.recorder.flush(&self.ledger);
    }
}

pub(crate) fn open(path: &Path) -> Store {
    Store::open(path).unwrap()
}

pub(crate) fn reader<'a>(store: &'a Store, run_id: &str) -> RunReader<'a> {
    store.run(run_id).unwrap().unwrap()
}

/// The merge of the windows of a range.
pub(crate) fn merged<'a>(
    windows: impl IntoIterator<Item = &'a Window>,
    range: std::ops::Range<i64>,
) -> RequestAggregate {
    let mut merged = RequestAggregate::default();
    let within = windows.into_iter().filter(|window| range.contains(&window.start_s));
    within.for_each(|window| merged.merge(&window.requests));
    merged
}
