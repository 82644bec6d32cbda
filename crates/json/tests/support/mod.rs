//! Runs, windows and records to test with.

#![allow(dead_code, reason = "each test crate uses its share")]

use locust_telemetry_core::{Buffer, Request, RequestAggregate, RequestTable, Role, RunIdentity, Window};
use locust_telemetry_json::{Entry, parse_line};
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

pub(crate) fn get(name: &str) -> Request<'_> {
    Request {
        name,
        method: "GET",
        status: NonZeroU16::new(200),
        error_type: None,
        elapsed_ms: Ok(12.5),
        response_bytes: 100,
    }
}

pub(crate) fn counted(requests: &[Request<'_>]) -> RequestAggregate {
    let mut table = RequestTable::new(1_000);
    requests.iter().for_each(|request| table.record(request));
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
