//! What an engine knows at some moment, for closing records.

use crate::ledger::Balance;
use crate::run::RunReport;
use locust_telemetry_core::reconciliation::WorkerAccount;
use locust_telemetry_core::{Anomalies, Histogram};

/// What the engine knows at some moment.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The run, if one has started.
    pub run: Option<RunReport>,
    /// What came before the run.
    pub before_run: Anomalies,
    /// Requests in windows that were lost because the process did not learn its identity in time.
    pub held_lost: u64,
    /// Series interned in this run.
    pub series: usize,
    /// The books of each recorder since the run started, by its id.
    pub recorders: Vec<(String, Balance)>,
    /// On a master: the account of each worker.
    pub workers: Vec<WorkerAccount>,
    /// On a master: frames of other runs that came during this one; they are not counted.
    pub foreign_frames: u64,
    /// On a master: frames that found too many others waiting; they were asked for again.
    pub dropped_frames: u64,
}

/// What one endpoint did in the run so far.
#[derive(Debug, Clone)]
pub struct EndpointTotal {
    /// The request's type (HTTP method).
    pub method: String,
    /// The request's name.
    pub name: String,
    /// Requests.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
    /// Response times.
    pub latency: Histogram,
}
