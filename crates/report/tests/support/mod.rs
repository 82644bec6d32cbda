//! Recorded runs to write reports of, the same on every machine.

#![allow(dead_code, reason = "each test crate uses its share")]

#[path = "../../../store/tests/support/mod.rs"]
mod store;

use locust_telemetry_core::{
    Event, Reasons, RequestAggregate, Role, RunIdentity, SeriesKey, SeriesStats, Window, WorkerState, WorkerWindow,
};
use locust_telemetry_pipeline::{Record, Recorder as _};
use locust_telemetry_store::{Store, StoreConfig};
use serde_json::{Map, Value, json};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub(crate) use store::Random;
use store::windows::{Recording, system};

/// 2026-01-02T03:04:05Z: amid a minute, as runs begin.
pub(crate) const START_S: i64 = 1_767_323_045;
/// How many seconds the run of [`checkout`] has.
pub(crate) const CHECKOUT_SECONDS: i64 = 90;
/// How long after [`START_S`] it ended: within its last second. It began with the first event, a quarter after it.
pub(crate) const CHECKOUT_END_NS: i64 = 89_400_000_007;
pub(crate) const CHECKOUT_ID: &str = "7f3a91c2";

const NS_PER_S: i64 = 1_000_000_000;

pub(crate) fn identity(run_id: &str, testplan: &str, role: Role) -> Arc<RunIdentity> {
    Arc::new(RunIdentity {
        run_id: run_id.into(),
        testplan: testplan.into(),
        role,
        source: "MasterRunner".into(),
        source_id: role.name().into(),
        metadata: Vec::new(),
        labels: vec![("env".into(), "staging".into())],
    })
}

pub(crate) fn key(method: &str, name: &str, status: Option<u16>, error_type: Option<&str>) -> Arc<SeriesKey> {
    Arc::new(SeriesKey {
        name: name.into(),
        method: method.into(),
        status: status.and_then(NonZeroU16::new),
        error_type: error_type.map(Into::into),
    })
}

/// Adds requests of one series to a window, with these times and some bytes each.
pub(crate) fn add(requests: &mut RequestAggregate, key: &Arc<SeriesKey>, times_ns: &[u64]) {
    let stats: &mut SeriesStats = requests.series.entry(Arc::clone(key)).or_default();
    stats.requests += times_ns.len() as u64;
    stats.response_bytes += 812 * times_ns.len() as u64;
    times_ns.iter().for_each(|time_ns| stats.latency.record(*time_ns));
}

/// A store with one run of a master with two workers: three endpoints, failures in its middle, suspect seconds at its end.
pub(crate) fn checkout(folder: &Path) -> PathBuf {
    let path = folder.join("runs.db");
    let run = identity(CHECKOUT_ID, "checkout-load", Role::Master);
    let mut recording = Recording::open(&path);
    let mut random = Random(7);
    for offset in 0..CHECKOUT_SECONDS {
        recording.take(&run, checkout_window(offset, &mut random));
    }
    recording.recorder.record(
        &record("locust.tl.run.reconciliation", json!({ "num_requests_locust": 1_086 })),
        &recording.ledger.clone(),
    );
    recording.end(&run);
    drop(recording);
    let store = Store::open(&path).unwrap();
    store.annotate(CHECKOUT_ID, "new version out", (START_S + 60) * NS_PER_S).unwrap();
    store.set_notes(CHECKOUT_ID, "before the sale").unwrap();
    drop(store);
    end_at(&path, CHECKOUT_ID, START_S * NS_PER_S + CHECKOUT_END_NS);
    path
}

fn record(name: &str, fields: Value) -> Record {
    let mut telemetry: Map<String, Value> = fields.as_object().unwrap().clone();
    telemetry.insert("telemetry_name".into(), name.into());
    telemetry.insert("run_id".into(), CHECKOUT_ID.into());
    Record { time_unix_ns: 0, level: "INFO".into(), name: "test".into(), message: String::new(), telemetry }
}

fn checkout_window(offset: i64, random: &mut Random) -> Window {
    let second = START_S + offset;
    let mut requests = RequestAggregate::default();
    let mut times = |count: u64, typical_ns: u64| (0..count).map(|_| random.time_ns(typical_ns)).collect::<Vec<_>>();
    let users = (offset.unsigned_abs() * 4).min(40);
    add(
        &mut requests,
        &key("GET", "/pay", Some(200), None),
        &times(6, if offset < 60 { 38_000_000 } else { 190_000_000 }),
    );
    add(&mut requests, &key("GET", "/", Some(200), None), &times(4, 9_000_000));
    add(&mut requests, &key("POST", "/cart", Some(201), None), &times(2, 21_000_000));
    if (30..36).contains(&offset) {
        let unavailable = key("POST", "/cart", Some(503), Some("HTTPError"));
        add(&mut requests, &unavailable, &times(1, 2_000_000));
        requests.errors.add(&unavailable, &"503 Server Error: out of stock".into(), 1);
    }
    if offset == 40 {
        let refused = key("GET", "/pay", None, Some("ConnectionRefusedError"));
        add(&mut requests, &refused, &[]);
        requests.series.get_mut(&refused).unwrap().requests += 1;
        requests.errors.add(&refused, &"[Errno 111] Connection refused".into(), 1);
    }
    let reasons = Reasons::from_bits(if offset >= 85 { 0b11 } else { 0 });
    let workers = (0..2).map(|number| worker(number, &requests, users / 2, reasons)).collect();
    let event = |name: &str| Event {
        time_unix_ns: second * NS_PER_S + 250_000_000,
        name: format!("locust.tl.event.{name}"),
        attributes: Vec::new(),
    };
    let events = match offset {
        0 => vec![event("test.start")],
        10 => vec![event("spawn.complete")],
        _ => Vec::new(),
    };
    Window {
        start_s: second,
        requests,
        users,
        hub_lag_max_ns: Some(if offset >= 85 { 18_250_000 } else { 1_250_000 }),
        system: Some(system(12.5)),
        events,
        reasons,
        workers,
    }
}

/// The first worker made all requests, the second one none.
fn worker(number: u64, requests: &RequestAggregate, users: u64, reasons: Reasons) -> WorkerWindow {
    let is_first = number == 0;
    WorkerWindow {
        source_id: format!("worker-{number}"),
        state: WorkerState::Running,
        requests: if is_first { requests.requests() } else { 0 },
        failures: if is_first { requests.failures() } else { 0 },
        latency: if is_first { requests.total().latency } else { SeriesStats::default().latency },
        users,
        hub_lag_max_ns: Some(if is_first && !reasons.is_trusted() { 18_250_000 } else { 1_250_000 }),
        system: Some(system(if is_first { 71.25 } else { 3.5 })),
        reasons: if is_first { reasons } else { Reasons::NONE },
        ..WorkerWindow::default()
    }
}

/// Records a local run of these windows, from [`START_S`] on, and ends it.
pub(crate) fn recorded(path: &Path, run_id: &str, testplan: &str, windows: impl IntoIterator<Item = Window>) {
    let run = identity(run_id, testplan, Role::Local);
    let mut recording = Recording::open(path);
    let mut last_s = START_S;
    for window in windows {
        last_s = window.start_s;
        recording.take(&run, window);
    }
    recording.end(&run);
    drop(recording);
    end_at(path, run_id, (last_s + 1) * NS_PER_S);
}

/// Records a run of these windows into a store that is kept so.
pub(crate) fn compacted(config: StoreConfig, run_id: &str, windows: impl IntoIterator<Item = Window>) {
    let run = identity(run_id, "checkout-load", Role::Local);
    let mut recording = Recording::with(config);
    windows.into_iter().for_each(|window| recording.take(&run, window));
    recording.end(&run);
}

/// Records windows of a run whose process then vanishes.
pub(crate) fn cut_off(path: &Path, run_id: &str, windows: impl IntoIterator<Item = Window>) {
    let run = identity(run_id, "checkout-load", Role::Local);
    let mut recording = Recording::open(path);
    windows.into_iter().for_each(|window| recording.take(&run, window));
    drop(recording);
    let connection = rusqlite::Connection::open(path).unwrap();
    let vanish = "UPDATE run SET writer = '', heartbeat_unix_ns = (last_s + 1) * 1000000000 WHERE run_id = ?1";
    assert_eq!(connection.execute(vanish, [run_id]).unwrap(), 1);
}

/// A window of one endpoint with these times.
pub(crate) fn window(offset: i64, key: &Arc<SeriesKey>, times_ns: &[u64]) -> Window {
    let mut requests = RequestAggregate::default();
    add(&mut requests, key, times_ns);
    Window { start_s: START_S + offset, requests, users: 5, ..Window::default() }
}

/// Lets the run have ended at this moment, whatever the clock was.
fn end_at(path: &Path, run_id: &str, unix_ns: i64) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let end = "UPDATE run SET ended_unix_ns = ?2, heartbeat_unix_ns = ?2 WHERE run_id = ?1";
    assert_eq!(connection.execute(end, (run_id, unix_ns)).unwrap(), 1);
}

/// Compares byte for byte with a golden file of this crate; with `UPDATE_GOLDEN` set it writes the file instead.
pub(crate) fn assert_golden(name: &str, content: &str) {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, content).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = content.lines().zip(golden.lines()).position(|(one, other)| one != other);
    assert!(content == golden, "{path} differs, from line {:?} on", differs.map(|place| place + 1));
}

/// The names, messages and labels that break what does not take care.
pub(crate) const HOSTILE: [&str; 10] = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\"><img src=x onerror=alert(1)>",
    "=HYPERLINK(\"https://evil.test\",\"click\")",
    "+1+cmd|' /C calc'!A0",
    "a|b | `c` ``d`` [e](https://evil.test) @admin #1 *x*",
    "two\nlines\r\nand \u{1b}[2J\u{1b}]0;title\u{7} \u{0}",
    "]]>&lt;&amp;\u{2028}\u{2029}\u{fffe}",
    "'; DROP TABLE run; --",
    "\u{202e}evil\u{202c} 💥 買い物",
];

/// A store with one run whose every text is hostile.
pub(crate) fn hostile(folder: &Path) -> PathBuf {
    let path = folder.join("runs.db");
    let run = Arc::new(RunIdentity {
        labels: vec![(HOSTILE[0].into(), HOSTILE[6].into())],
        ..(*identity("<evil>\u{1b}[2J", HOSTILE[0], Role::Master)).clone()
    });
    let mut recording = Recording::open(&path);
    for (offset, name) in (0..).zip(HOSTILE) {
        // A recorder is handed clean names; what is in the file may come from anywhere.
        let failed = key(name, name, Some(500), Some(name));
        let mut window = window(offset, &failed, &[5_000_000]);
        window.requests.errors.add(&failed, &name.into(), 1);
        window.events =
            vec![Event { time_unix_ns: window.start_s * NS_PER_S, name: name.into(), attributes: Vec::new() }];
        window.workers = vec![WorkerWindow { source_id: name.into(), requests: 1, ..WorkerWindow::default() }];
        recording.take(&run, window);
    }
    recording.end(&run);
    drop(recording);
    let store = Store::open(&path).unwrap();
    HOSTILE.iter().for_each(|text| store.annotate(&run.run_id, text, START_S * NS_PER_S).unwrap());
    store.set_notes(&run.run_id, &HOSTILE.join(" ")).unwrap();
    path
}
