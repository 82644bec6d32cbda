//! Entries for tests.

use locust_telemetry_core::Histogram;
use locust_telemetry_json::read::{Entry, FinalEntry, IntervalEntry, OutcomeEntry, RecorderEntry, SummaryEntry};

/// `requests` successful `GET`s of `name` in three seconds, the n-th taking n milliseconds.
pub(crate) fn interval(run_id: &str, source_id: &str, start_ms: i64, name: &str, requests: u64) -> Entry {
    Entry::Interval(interval_entry(run_id, source_id, start_ms, name, requests))
}

/// The same, to be changed.
pub(crate) fn interval_entry(run_id: &str, source_id: &str, start_ms: i64, name: &str, requests: u64) -> IntervalEntry {
    let mut latency = Histogram::new();
    (1..=requests.min(10_000)).for_each(|ms| latency.record(ms * 1_000_000));
    IntervalEntry {
        run_id: run_id.to_owned(),
        testplan: "checkout-load".to_owned(),
        source_id: source_id.to_owned(),
        interval_start_ms: start_ms,
        interval_seconds: 3.0,
        user_count: 10,
        method: "GET".to_owned(),
        name: name.to_owned(),
        requests,
        failures: 0,
        response_bytes: 0,
        outcomes: vec![OutcomeEntry { status: Some(200), error_type: None, requests }],
        latency,
    }
}

/// Makes `count` of the requests of `entry` failures.
pub(crate) fn fail(entry: &mut IntervalEntry, error_type: &str, status: Option<u16>, count: u64) {
    entry.failures += count;
    entry.outcomes[0].requests -= count;
    entry.outcomes.push(OutcomeEntry { status, error_type: Some(error_type.to_owned()), requests: count });
}

/// Locust's own totals.
pub(crate) fn last(run_id: &str, source_id: &str, requests: u64, failures: u64) -> Entry {
    Entry::Final(FinalEntry {
        run_id: run_id.to_owned(),
        source_id: source_id.to_owned(),
        requests,
        failures,
        user_count: 0,
    })
}

/// The closing record of a process, all delivered to json.
pub(crate) fn summary_entry(run_id: &str, source_id: &str, span_ms: (i64, i64), requests: u64) -> SummaryEntry {
    SummaryEntry {
        run_id: run_id.to_owned(),
        testplan: "checkout-load".to_owned(),
        source_id: source_id.to_owned(),
        role: source_id.split('-').next().unwrap_or_default().to_owned(),
        start_ms: span_ms.0,
        end_ms: span_ms.1,
        peak_users: 10,
        requests,
        failures: 0,
        folded_requests: 0,
        folded_names: Vec::new(),
        anomalies: Vec::new(),
        recorders: vec![recorder("json", requests)],
    }
}

/// The books of a recorder that delivered everything.
pub(crate) fn recorder(id: &str, requests: u64) -> RecorderEntry {
    RecorderEntry {
        id: id.to_owned(),
        offered_requests: requests,
        delivered_requests: requests,
        queued_requests: 0,
        dropped_requests: 0,
        offered_records: 0,
        delivered_records: 0,
        queued_records: 0,
        dropped_records: 0,
        drop_reasons: Vec::new(),
    }
}
