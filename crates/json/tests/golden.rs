//! The lines, byte for byte.
//!
//! After a wanted change run with `BLESS_GOLDEN=1` and read the difference.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::reconciliation::{EndpointCounts, EndpointName, Marks, RequestCount, WorkerAccount};
use locust_telemetry_core::{
    Anomalies, Anomaly, FrameCounts, Reason, Reconciliation, Request, RunConfidence, SystemSample, WorkerState,
    WorkerWindow,
};
use locust_telemetry_json::{Entry, Interval, Phase, line, parse_line, reconciliation_fields, summary_fields};
use locust_telemetry_pipeline::{Ledger, Load, Record, Report, RunReport};
use std::num::NonZeroU16;
use std::path::Path;
use support::{START_S, counted, encoded, get, identity, master, part, reasons, record, window_of};

const NS_PER_S: i64 = 1_000_000_000;

fn assert_golden(name: &str, lines: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BLESS_GOLDEN").is_some() {
        std::fs::write(&path, lines).unwrap();
    }
    let golden = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(String::from_utf8(lines.to_vec()).unwrap(), golden);
}

fn mixed() -> Vec<Request<'static>> {
    let failed = Request { status: NonZeroU16::new(404), error_type: Some("HTTPError"), ..get("/cart/[id]") };
    let refused = Request { status: None, error_type: Some("ConnectionRefusedError"), ..failed };
    vec![
        get("/cart/[id]"),
        Request { elapsed_ms: Ok(0.0), ..get("/cart/[id]") },
        Request { elapsed_ms: Ok(250.75), ..failed },
        Request { elapsed_ms: Err(Anomaly::TimeMissing), response_bytes: 0, ..refused },
        Request { method: "POST", elapsed_ms: Err(Anomaly::TimeMissing), ..get("say \"käse\"") },
    ]
}

fn summary(started_unix_ns: i64, stopped_unix_ns: Option<i64>) -> Report {
    let ledger = Ledger::default();
    ledger.offered(Load { requests: 5, records: 3 });
    ledger.delivered(Load { requests: 3, records: 2 });
    ledger.dropped(Load { requests: 1, records: 1 }, "queue full");
    let mut totals = counted(&mixed());
    totals.anomalies.count(Anomaly::SeriesOverflow);
    totals.folded.add("GET", "/one/too/many");
    let mut confidence = RunConfidence::default();
    for (second, why) in [(0, vec![]), (1, vec![Reason::HubLag]), (2, vec![Reason::HubLag, Reason::Throttled])] {
        let mut window = window_of(&identity("r1"), second, counted(&mixed())).window;
        window.reasons = reasons(&why);
        confidence.add(&window);
    }
    let mut before_run = Anomalies::default();
    before_run.count(Anomaly::OutsideRun);
    Report {
        run: Some(RunReport {
            identity: identity("r1"),
            started_unix_ns,
            stopped_unix_ns,
            totals,
            peak_users: 9,
            confidence,
        }),
        before_run,
        held_lost: 4,
        series: 4,
        recorders: vec![("json".into(), ledger.balance())],
        ..Report::default()
    }
}

#[test]
fn a_record() {
    assert_golden("record.jsonl", &line::encode(&record()));
}

#[test]
fn an_interval() {
    let run = identity("r1");
    let mut interval = Interval::begin(&window_of(&run, START_S, counted(&mixed())), Phase::RampUp);
    let mut last = window_of(&run, START_S + 2, counted(&[get("/cart/[id]")]));
    last.window.reasons = reasons(&[Reason::HubLag, Reason::ProcessCpu]);
    interval.add(&last);
    assert_golden("interval.jsonl", encoded(&interval).bytes());
}

#[test]
fn a_late_interval_of_a_master_with_two_workers() {
    let mut window = window_of(&master("r1"), START_S, counted(&[get("/")]));
    let unknown = WorkerWindow { source_id: "worker-1".into(), state: WorkerState::Missing, ..Default::default() };
    let busy = SystemSample { process_cpu_percent: 97.5, ..part("worker-0", 0).system.unwrap() };
    let suspect = reasons(&[Reason::ProcessCpu]);
    window.window.workers = vec![WorkerWindow { system: Some(busy), reasons: suspect, ..part("worker-0", 3) }, unknown];
    window.window.reasons = suspect;
    assert_golden("late_workers.jsonl", encoded(&Interval::late(&window, Phase::Steady)).bytes());
}

/// Locust has more of `/a`, the same of `/b`, and each of two workers may be the one to blame.
fn reconciliation() -> Reconciliation {
    let counts = |of: &[(&str, u64, u64)]| -> EndpointCounts {
        let count = |&(name, requests, failures): &(&str, u64, u64)| {
            (EndpointName::of_locust("GET", name), RequestCount { requests, failures })
        };
        of.iter().map(count).collect()
    };
    let lossy = WorkerAccount {
        client_id: "host_0a1b".into(),
        source_id: "worker-0".into(),
        state: WorkerState::Gone,
        requests: 95,
        frames: FrameCounts { received: 20, resent: 3, lost: 2, ..FrameCounts::default() },
        lost: Some((START_S, START_S + 2)),
        is_silent: false,
    };
    let silent = WorkerAccount { source_id: "worker-1".into(), is_silent: true, ..WorkerAccount::default() };
    let marks = Marks { statistics_were_reset: true, requests_after_locust: Some(2) };
    let recorded = counts(&[("/a", 90, 3), ("/b", 5, 0), ("/c", 7, 2), ("/d", 2, 2)]);
    let locust = counts(&[("/a", 97, 5), ("/b", 5, 0), ("/c", 4, 2), ("/d", 2, 0)]);
    Reconciliation::new(&recorded, &locust, vec![lossy, silent], marks)
}

#[test]
fn a_reconciliation() {
    let telemetry = reconciliation_fields(&master("r1"), &reconciliation());
    assert_golden("reconciliation.jsonl", &line::encode(&Record { telemetry, ..record() }));
}

#[test]
fn of_many_endpoints_that_differ_the_hundred_largest_are_written() {
    let counts = |of: fn(u64) -> u64| -> EndpointCounts {
        let count = |number| {
            let requests = of(number);
            (EndpointName::of_locust("GET", &format!("/{number}")), RequestCount { requests, failures: 0 })
        };
        (0..150).map(count).collect()
    };
    let all = Reconciliation::new(&counts(|_| 0), &counts(|number| number), Vec::new(), Marks::default());
    let fields = reconciliation_fields(&master("r1"), &all);
    let endpoints = fields["endpoints"].as_array().unwrap();
    assert_eq!((endpoints.len(), &fields["endpoints_differing"]), (100, &149.into()));
    assert_eq!((&endpoints[0]["name"], &endpoints[99]["name"]), (&"/149".into(), &"/50".into()));
}

#[test]
fn a_summary() {
    let start = START_S * NS_PER_S;
    let telemetry = summary_fields(&summary(start, Some(start + 90_500_000_000)), 0).unwrap();
    assert_golden("summary.jsonl", &line::encode(&Record { telemetry, ..record() }));
}

#[test]
fn a_summary_of_a_clean_running_test_leaves_out_what_is_empty() {
    let start = START_S * NS_PER_S;
    let report = Report { before_run: Anomalies::default(), held_lost: 0, ..summary(start, None) };
    let fields = summary_fields(&report, start + NS_PER_S).unwrap();
    assert_eq!(fields["end_time"], "2026-01-02T03:04:06.000Z");
    assert!(!fields.contains_key("before_run") && !fields.contains_key("held_lost_requests"));
    assert_eq!(summary_fields(&Report { run: None, ..report }, 0), None);
}

#[test]
fn a_summary_tells_of_frames_that_were_not_merged() {
    let start = START_S * NS_PER_S;
    let report = Report { foreign_frames: 2, dropped_frames: 3, ..summary(start, Some(start + NS_PER_S)) };
    let telemetry = summary_fields(&report, 0).unwrap();
    let Entry::Summary(entry) = parse_line(&line::encode(&Record { telemetry, ..record() })).unwrap() else {
        panic!("no summary");
    };
    assert!(entry.anomalies.contains(&("foreign_frames".into(), 2)));
    assert!(entry.anomalies.contains(&("dropped_frames".into(), 3)));
}

#[test]
fn a_summary_is_read_back() {
    let start = START_S * NS_PER_S;
    let telemetry = summary_fields(&summary(start, Some(start + NS_PER_S)), 0).unwrap();
    let Entry::Summary(entry) = parse_line(&line::encode(&Record { telemetry, ..record() })).unwrap() else {
        panic!("no summary");
    };
    assert_eq!((entry.start_ms, entry.end_ms), (START_S * 1_000, START_S * 1_000 + 1_000));
    assert_eq!((entry.requests, entry.failures, entry.folded_requests), (5, 2, 1));
    assert_eq!((entry.role.as_str(), entry.source_id.as_str()), ("worker", "worker-3"));
    assert_eq!(entry.folded_names, ["GET /one/too/many"]);
    let odd: Vec<_> = entry.anomalies.iter().map(|(kind, times)| (kind.as_str(), *times)).collect();
    assert_eq!(odd, [("time_missing", 2), ("series_overflow", 1), ("outside_run", 1), ("held_lost", 4)]);
    let confidence = entry.confidence.unwrap();
    assert_eq!((confidence.seconds, confidence.suspect_seconds, confidence.suspect_requests), (3, 2, 10));
    assert_eq!(confidence.reasons, [("hub_lag".to_owned(), 2), ("throttled".to_owned(), 1)]);
    let books = &entry.recorders[0];
    assert_eq!((books.queued_requests, books.queued_records, books.dropped_records), (1, 0, 1));
    assert_eq!(books.drop_reasons, ["queue full"]);
}
