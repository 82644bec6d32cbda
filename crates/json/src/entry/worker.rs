//! What a master tells of one worker.

use super::VerdictEntry;
use crate::phase::Phase;
use locust_telemetry_core::FrameCounts;

/// What one worker did in an interval, as its master saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerEntry {
    /// The run.
    pub run_id: String,
    /// The name of the test.
    pub testplan: String,
    /// The process that tells it: `master`.
    pub source_id: String,
    /// The worker: `worker-<index>`.
    pub worker: String,
    /// What Locust knew of its life: `ready`, `running`, `missing`, `back` or `gone`.
    pub state: String,
    /// When the interval began: milliseconds since the Unix epoch.
    pub interval_start_ms: i64,
    /// How long it was, in seconds; above zero.
    pub interval_seconds: f64,
    /// The part of the run, where it tells.
    pub phase: Option<Phase>,
    /// Whether it corrects a second that other intervals have passed.
    pub is_late: bool,
    /// Simulated users at its end.
    pub user_count: u64,
    /// Requests, with and without a usable response time.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
    /// CPU of its process in percent of one core, on average.
    pub cpu_percent: Option<f64>,
    /// CPU of its process in percent of one core, in the busiest sample.
    pub cpu_percent_max: Option<f64>,
    /// Memory of its process at the end, in MiB.
    pub memory_mib: Option<f64>,
    /// How late the latest tick of its gevent hub came, in milliseconds.
    pub hub_lag_ms: Option<f64>,
    /// How far its response times can be trusted.
    pub verdict: VerdictEntry,
    /// Its clock against the master's, if that was known.
    pub clock: Option<ClockEntry>,
    /// Its frames of the run so far.
    pub frames: FrameCounts,
}

/// How a worker's clock stands to the master's: master's time = worker's time + `offset_ms`, give or take `error_ms`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockEntry {
    /// What to add to the worker's time, in milliseconds.
    pub offset_ms: f64,
    /// How far off that may be, in milliseconds.
    pub error_ms: f64,
}
