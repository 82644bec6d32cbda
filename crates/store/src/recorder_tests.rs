use super::*;
use crate::error::ChangeError;
use crate::store::Store;
use locust_telemetry_core::{Histogram, RequestAggregate, SeriesKey, SeriesStats, Window};
use std::path::PathBuf;

struct Recording {
    _directory: tempfile::TempDir,
    path: PathBuf,
    recorder: LocalRecorder,
    ledger: Arc<Ledger>,
    run: Arc<RunIdentity>,
    next_s: i64,
}

impl Recording {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("runs.db");
        let (mut recorder, _) = LocalRecorder::open(StoreConfig::new(&path), Arc::default()).unwrap();
        let ledger = Arc::new(Ledger::default());
        recorder.open(&ledger);
        let run = RunIdentity {
            run_id: "r1".into(),
            testplan: "t".into(),
            role: Role::Local,
            source: "LocalRunner".into(),
            source_id: "local".into(),
            metadata: Vec::new(),
            labels: Vec::new(),
        };
        Self { _directory: directory, path, recorder, ledger, run: Arc::new(run), next_s: 6_000 }
    }

    /// Records the next second, with a request to each of so many endpoints.
    fn second(&mut self, endpoints: usize) {
        let mut latency = Histogram::new();
        latency.record(5_000_000);
        let stats = SeriesStats { requests: 1, response_bytes: 10, latency };
        let key = |number: usize| SeriesKey {
            name: format!("/{number}/{}", "long".repeat(30)).into(),
            method: "GET".into(),
            status: None,
            error_type: None,
        };
        let series = (0..endpoints).map(|number| (Arc::new(key(number)), stats.clone())).collect();
        let requests = RequestAggregate { series, ..RequestAggregate::default() };
        self.ledger.offered(Load::requests(endpoints as u64));
        let window = Window { start_s: self.next_s, requests, ..Window::default() };
        self.next_s += 1;
        self.recorder.window(&RunWindow { run: Arc::clone(&self.run), window }, &self.ledger);
    }

    /// No page may be added any more; or as many as before.
    fn fill_disk(&self, is_full: bool) {
        let pages: i64 = self.recorder.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        let most = if is_full { pages } else { i64::from(u32::MAX - 1) };
        self.recorder.connection.query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(())).unwrap();
    }

    fn stored(&self) -> u64 {
        let store = Store::open(&self.path).unwrap();
        let reader = store.run("r1").unwrap().unwrap();
        assert_eq!(reader.row().requests, reader.aggregate(None).unwrap().requests());
        reader.row().requests
    }
}

#[test]
fn on_a_full_disk_windows_wait_and_nothing_is_lost_if_room_comes_in_time() {
    let mut recording = Recording::new();
    recording.second(100);
    recording.fill_disk(true);
    (0..90).for_each(|_| recording.second(100));
    let balance = recording.ledger.balance();
    assert!(balance.queued().requests > 0 && balance.dropped == Load::NONE);
    assert_eq!(recording.stored(), balance.delivered.requests, "what was delivered is there, and no more");
    let notices = recording.ledger.take_notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("full"), "{notices:?}");

    recording.fill_disk(false);
    recording.second(100);
    let balance = recording.ledger.balance();
    assert_eq!((balance.delivered.requests, balance.queued()), (92 * 100, Load::NONE));
    assert_eq!(recording.stored(), 92 * 100);
    assert_eq!(recording.ledger.take_notices().len(), 1, "told once that it works again");
    let store = Store::open(&recording.path).unwrap();
    assert_eq!(store.run("r1").unwrap().unwrap().row().lost, None);
}

#[test]
fn what_waits_too_long_is_dropped_counted_and_told_in_the_run() {
    const ENDPOINTS: usize = 3_000;
    let mut recording = Recording::new();
    recording.second(ENDPOINTS);
    recording.fill_disk(true);
    while recording.ledger.balance().dropped == Load::NONE {
        recording.second(ENDPOINTS);
        assert!(recording.next_s < 9_000, "nothing is ever dropped");
    }
    recording.second(ENDPOINTS);
    let balance = recording.ledger.balance();
    assert!(balance.reasons.keys().all(|reason| reason.contains("full")), "{:?}", balance.reasons);
    recording.fill_disk(false);
    recording.second(ENDPOINTS);
    let balance = recording.ledger.balance();
    assert_eq!(balance.queued(), Load::NONE);
    assert_eq!(
        balance.delivered.requests + balance.dropped.requests,
        (recording.next_s - 6_000) as u64 * ENDPOINTS as u64
    );
    assert_eq!(recording.stored(), balance.delivered.requests);
    let store = Store::open(&recording.path).unwrap();
    let lost = store.run("r1").unwrap().unwrap().row().lost.clone().unwrap();
    assert_eq!(lost["requests"], balance.dropped.requests);
    assert_eq!(lost["windows"], balance.dropped.requests / ENDPOINTS as u64);
    assert!(lost["first_s"].as_i64() > Some(6_000) && lost["last_s"].as_i64() < Some(recording.next_s));
}

#[test]
fn while_somebody_else_writes_windows_wait_and_come_later() {
    let mut recording = Recording::new();
    recording.second(2);
    let other = Connection::open(&recording.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    recording.recorder.connection.busy_timeout(Duration::from_millis(20)).unwrap();
    recording.second(2);
    recording.second(2);
    assert_eq!(recording.ledger.balance().queued(), Load::requests(4));
    other.execute_batch("ROLLBACK").unwrap();
    recording.second(2);
    assert_eq!(recording.ledger.balance().queued(), Load::NONE);
    assert_eq!(recording.stored(), 8);
}

#[test]
fn a_run_that_ends_on_a_full_disk_is_closed_once_there_is_room() {
    let mut recording = Recording::new();
    (0..70).for_each(|_| recording.second(50));
    recording.fill_disk(true);
    (0..90).for_each(|_| recording.second(50));
    let run = Arc::clone(&recording.run);
    recording
        .recorder
        .run_ended(&run, RunSpan { started_unix_ns: 6_000_000_000_000, ended_unix_ns: 6_160_000_000_000 });
    recording.fill_disk(false);
    let ledger = Arc::clone(&recording.ledger);
    recording.recorder.flush(&ledger);
    assert_eq!(recording.stored(), 160 * 50);
    let store = Store::open(&recording.path).unwrap();
    assert_eq!(store.run("r1").unwrap().unwrap().row().state.name(), "ended");
    assert!(matches!(store.set_notes("gone", ""), Err(ChangeError::Gone { .. })));
}
