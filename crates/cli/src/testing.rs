//! Entries for tests.

use locust_telemetry_core::{FrameCounts, Histogram, Length};
use locust_telemetry_json::read::{
    CauseEntry, ComparisonEntry, ConfidenceEntry, CountEntry, Entry, FinalEntry, IntervalEntry, OutcomeEntry,
    ReconciliationEntry, RecorderEntry, SummaryEntry, VerdictEntry, WorkerEntry,
};

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
        phase: None,
        is_late: false,
        verdict: None,
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

/// What the master tells of a worker in three seconds: calm, its clock right, all frames in.
pub(crate) fn worker_entry(run_id: &str, worker: &str, start_ms: i64, requests: u64) -> WorkerEntry {
    WorkerEntry {
        run_id: run_id.to_owned(),
        testplan: "checkout-load".to_owned(),
        source_id: "master".to_owned(),
        worker: worker.to_owned(),
        state: "running".to_owned(),
        interval_start_ms: start_ms,
        interval_seconds: 3.0,
        phase: None,
        is_late: false,
        user_count: 5,
        requests,
        failures: 0,
        cpu_percent: Some(30.0),
        cpu_percent_max: Some(41.2),
        memory_mib: Some(80.0),
        hub_lag_ms: Some(1.25),
        verdict: VerdictEntry::default(),
        clock: None,
        frames: FrameCounts { received: 3, ..FrameCounts::default() },
    }
}

/// How far a run can be trusted.
pub(crate) fn confidence(seconds: u64, suspect_seconds: u64, reasons: &[(&str, u64)]) -> ConfidenceEntry {
    let reasons = reasons.iter().map(|(name, seconds)| ((*name).to_owned(), *seconds)).collect();
    ConfidenceEntry { seconds, suspect_seconds, suspect_requests: 0, reasons }
}

/// The master's comparison with Locust; an endpoint is its name, what was recorded and what Locust counted.
pub(crate) fn reconciliation_entry(
    run_id: &str,
    endpoints: &[(&str, u64, u64)],
    causes: Vec<CauseEntry>,
) -> ReconciliationEntry {
    let count = |requests| CountEntry { requests, failures: 0 };
    let endpoint = |&(name, recorded, locust): &(&str, u64, u64)| ComparisonEntry {
        method: "GET".to_owned(),
        name: name.to_owned(),
        locust: count(locust),
        recorded: count(recorded),
    };
    ReconciliationEntry {
        run_id: run_id.to_owned(),
        source_id: "master".to_owned(),
        locust: count(endpoints.iter().map(|(_, _, locust)| locust).sum()),
        recorded: count(endpoints.iter().map(|(_, recorded, _)| recorded).sum()),
        endpoints_differing: endpoints.iter().filter(|(_, recorded, locust)| recorded != locust).count() as u64,
        endpoints: endpoints.iter().filter(|(_, recorded, locust)| recorded != locust).map(endpoint).collect(),
        workers: Vec::new(),
        causes,
    }
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
        length: Length::from_ms(u64::try_from(span_ms.1.saturating_sub(span_ms.0)).unwrap_or(0)),
        peak_users: 10,
        requests,
        failures: 0,
        folded_requests: 0,
        folded_names: Vec::new(),
        anomalies: Vec::new(),
        confidence: None,
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
