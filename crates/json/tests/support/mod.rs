//! Runs, windows and records to test with.

#![allow(dead_code, reason = "each test crate uses its share")]

use locust_telemetry_core::{
    Buffer, ClockOffset, Event, FrameCounts, Histogram, Reason, Reasons, Request, RequestAggregate, RequestTable, Role,
    RunIdentity, SystemSample, Window, WorkerState, WorkerWindow,
};
use locust_telemetry_json::{Entry, Interval, Lines, parse_line};
use locust_telemetry_pipeline::{Ledger, Record, RunWindow};
use serde_json::json;
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;

/// 2026-01-02T03:04:05Z, in seconds since the Unix epoch.
pub(crate) const START_S: i64 = 1_767_323_045;

pub(crate) fn identity(run_id: &str) -> Arc<RunIdentity> {
    Arc::new(RunIdentity {
        run_id: run_id.into(),
        testplan: "checkout".into(),
        role: Role::Worker,
        source: "WorkerRunner".into(),
        source_id: "worker-3".into(),
        metadata: vec![("commit".into(), "0a1b2c".into())],
        labels: vec![("env".into(), "staging".into())],
    })
}

/// The same run as its master sees it.
pub(crate) fn master(run_id: &str) -> Arc<RunIdentity> {
    let worker = RunIdentity::clone(&identity(run_id));
    Arc::new(RunIdentity { role: Role::Master, source: "MasterRunner".into(), source_id: "master".into(), ..worker })
}

pub(crate) fn reasons(reasons: &[Reason]) -> Reasons {
    let mut all = Reasons::NONE;
    reasons.iter().for_each(|reason| all.add(*reason));
    all
}

/// A worker's part of a window: requests of 10 ms each, all figures known.
pub(crate) fn part(source_id: &str, requests: u64) -> WorkerWindow {
    let mut latency = Histogram::new();
    (0..requests).for_each(|_| latency.record(10_000_000));
    let system = SystemSample {
        process_cpu_percent: 40.0,
        process_memory_bytes: 64 << 20,
        network_sent_bytes: 3 << 20,
        network_received_bytes: 5 << 20,
        run_queue_delay_since_last_ns: Some(1_500_000),
        throttled_since_last_ns: Some(0),
        ..SystemSample::default()
    };
    WorkerWindow {
        source_id: source_id.into(),
        state: WorkerState::Running,
        requests,
        failures: requests / 2,
        latency,
        users: 4,
        hub_lag_max_ns: Some(2_500_000),
        system: Some(system),
        reasons: Reasons::NONE,
        clock: Some(ClockOffset { offset_ns: -1_250_000, error_ns: 40_000 }),
        frames: FrameCounts { received: 9, resent: 2, reordered: 1, replayed: 3, refused: 4, lost: 5 },
    }
}

/// `window` with something marked in it.
pub(crate) fn marked(mut window: RunWindow, name: &str) -> RunWindow {
    let time_unix_ns = window.window.start_s * 1_000_000_000;
    window.window.events.push(Event { time_unix_ns, name: name.into(), attributes: Vec::new() });
    window
}

/// The lines of an interval.
pub(crate) fn encoded(interval: &Interval) -> Lines {
    let mut lines = Lines::default();
    interval.encode(&mut lines);
    lines
}

pub(crate) fn get(name: &str) -> Request<'_> {
    Request {
        name,
        method: "GET",
        status: NonZeroU16::new(200),
        error_type: None,
        message: None,
        elapsed_ms: Ok(12.5),
        response_bytes: 100,
    }
}

pub(crate) fn counted(requests: &[Request<'_>]) -> RequestAggregate {
    let mut table = RequestTable::new(1_000);
    for request in requests {
        table.record(request);
    }
    table.swap(Buffer::default()).drain()
}

pub(crate) fn window_of(run: &Arc<RunIdentity>, start_s: i64, requests: RequestAggregate) -> RunWindow {
    RunWindow { run: Arc::clone(run), window: Window { start_s, requests, users: 7, ..Window::default() } }
}

/// A window with one request to each of `names`.
pub(crate) fn window(run: &Arc<RunIdentity>, start_s: i64, names: &[&str]) -> RunWindow {
    window_of(run, start_s, counted(&names.iter().map(|name| get(name)).collect::<Vec<_>>()))
}

pub(crate) fn record() -> Record {
    let telemetry = json!({
        "telemetry_type": "event",
        "telemetry_name": "locust.tl.event.spawning.complete",
        "run_id": "r1",
        "user_count": 10,
        "text": "quote \" backslash \\ line\nbreak \u{2028} käse \u{0}",
    });
    Record {
        time_unix_ns: START_S * 1_000_000_000 + 678_999_999,
        level: "INFO".into(),
        name: "locust_telemetry.recorders.json".into(),
        message: "Recording telemetry event: locust.tl.event.spawning.complete".into(),
        telemetry: telemetry.as_object().unwrap().clone(),
    }
}

/// The lines of a file, each of which must be whole and readable.
pub(crate) fn entries(path: &Path) -> Vec<Entry> {
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes.is_empty() || bytes.ends_with(b"\n"), "{} ends in half a line", path.display());
    bytes.split_inclusive(|&byte| byte == b'\n').map(|line| parse_line(line).unwrap()).collect()
}

/// Checks offered = delivered + queued + dropped for the requests and records that `waiting` tells.
pub(crate) fn assert_balanced(ledger: &Ledger, waiting: u64) {
    let balance = ledger.balance();
    let sum = |pick: fn(&locust_telemetry_pipeline::Load) -> u64| {
        (pick(&balance.offered), pick(&balance.delivered) + pick(&balance.dropped))
    };
    let (offered, settled) = sum(|load| load.requests);
    assert_eq!(offered, settled + waiting, "{balance:?}");
    let (offered, settled) = sum(|load| load.records);
    assert_eq!(offered, settled, "{balance:?}");
}
