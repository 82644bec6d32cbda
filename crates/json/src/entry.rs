//! What can be read back from a line: plain data.

mod reconciliation;
mod worker;

pub use reconciliation::{CauseEntry, ComparisonEntry, CountEntry, ReconciliationEntry, WorkerAccountEntry};
pub use worker::{ClockEntry, WorkerEntry};

use crate::phase::Phase;
use locust_telemetry_core::{Histogram, Length};

/// What one line of a JSON file says, as far as summaries need it.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// What one endpoint did in an interval.
    Interval(IntervalEntry),
    /// Locust's own totals at the end of a run.
    Final(FinalEntry),
    /// The books of a run in one process.
    Summary(SummaryEntry),
    /// What one worker did in an interval.
    Worker(WorkerEntry),
    /// The comparison with Locust's own counts.
    Reconciliation(ReconciliationEntry),
    /// Any other record, and lines that are no record but JSON objects.
    Other {
        /// The run it belongs to, where it tells.
        run_id: Option<String>,
    },
}

/// What one endpoint did in an interval, as one process saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalEntry {
    /// The run.
    pub run_id: String,
    /// The name of the test.
    pub testplan: String,
    /// The process: `master`, `worker-<index>` or `local`.
    pub source_id: String,
    /// When the interval began: milliseconds since the Unix epoch.
    pub interval_start_ms: i64,
    /// How long it was, in seconds; above zero.
    pub interval_seconds: f64,
    /// The part of the run; `None` in older files.
    pub phase: Option<Phase>,
    /// Whether it corrects a second that other intervals have passed.
    pub is_late: bool,
    /// How far its response times can be trusted; `None` in older files.
    pub verdict: Option<VerdictEntry>,
    /// Simulated users at its end.
    pub user_count: u64,
    /// The request's type (HTTP method).
    pub method: String,
    /// The request's name.
    pub name: String,
    /// Requests, with and without a usable response time.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
    /// Bytes of the responses.
    pub response_bytes: u64,
    /// The requests by outcome.
    pub outcomes: Vec<OutcomeEntry>,
    /// The response times, as exact as they were recorded.
    pub latency: Histogram,
}

/// How far an interval can be trusted: without reasons it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerdictEntry {
    /// Why not; see [`Reason::name`](locust_telemetry_core::Reason::name).
    pub reasons: Vec<String>,
    /// In how many of its seconds.
    pub suspect_seconds: u64,
}

/// How many requests ended in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeEntry {
    /// The response's status code, or `None` without a response.
    pub status: Option<u16>,
    /// The class of the exception, or `None` for a success.
    pub error_type: Option<String>,
    /// Requests.
    pub requests: u64,
}

/// Locust's own totals at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalEntry {
    /// The run.
    pub run_id: String,
    /// The process.
    pub source_id: String,
    /// Requests.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
    /// Simulated users.
    pub user_count: u64,
}

/// The books of a run in one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryEntry {
    /// The run.
    pub run_id: String,
    /// The name of the test.
    pub testplan: String,
    /// The process: `master`, `worker-<index>` or `local`.
    pub source_id: String,
    /// What the process is: `master`, `worker` or `local`.
    pub role: String,
    /// When the run began: milliseconds since the Unix epoch.
    pub start_ms: i64,
    /// When it ended: milliseconds since the Unix epoch.
    pub end_ms: i64,
    /// How long it was, to the nanosecond.
    pub length: Length,
    /// The most simulated users there were.
    pub peak_users: u64,
    /// Requests.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
    /// Requests whose series was folded into the overflow series.
    pub folded_requests: u64,
    /// Some of the names that were folded.
    pub folded_names: Vec<String>,
    /// What was odd, by kind: in the run, before it, (`held_lost`) while the process had no name yet, and on a master frames
    /// of other runs (`foreign_frames`) or that came faster than they could be read (`dropped_frames`).
    pub anomalies: Vec<(String, u64)>,
    /// How far the run can be trusted; `None` in older files.
    pub confidence: Option<ConfidenceEntry>,
    /// The books of each recorder.
    pub recorders: Vec<RecorderEntry>,
}

/// How far a run can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfidenceEntry {
    /// Seconds of the run.
    pub seconds: u64,
    /// Those that are suspect.
    pub suspect_seconds: u64,
    /// Requests whose response times are suspect.
    pub suspect_requests: u64,
    /// Seconds by reason.
    pub reasons: Vec<(String, u64)>,
}

/// The books of one recorder: offered = delivered + queued + dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecorderEntry {
    /// The recorder's id.
    pub id: String,
    /// Requests put before it.
    pub offered_requests: u64,
    /// Requests it passed on.
    pub delivered_requests: u64,
    /// Requests that still waited.
    pub queued_requests: u64,
    /// Requests it lost.
    pub dropped_requests: u64,
    /// Single records put before it.
    pub offered_records: u64,
    /// Single records it passed on.
    pub delivered_records: u64,
    /// Single records that still waited.
    pub queued_records: u64,
    /// Single records it lost.
    pub dropped_records: u64,
    /// Why something was lost.
    pub drop_reasons: Vec<String>,
}
