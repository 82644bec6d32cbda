//! What was recorded against what Locust counted.

use locust_telemetry_core::FrameCounts;

/// Both books of a run, and why they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconciliationEntry {
    /// The run.
    pub run_id: String,
    /// The process that compared them.
    pub source_id: String,
    /// What Locust counted.
    pub locust: CountEntry,
    /// What was recorded.
    pub recorded: CountEntry,
    /// How many endpoints differ.
    pub endpoints_differing: u64,
    /// Those that differ most, the largest difference first.
    pub endpoints: Vec<ComparisonEntry>,
    /// The workers.
    pub workers: Vec<WorkerAccountEntry>,
    /// Why the books differ.
    pub causes: Vec<CauseEntry>,
}

/// How many requests there were, and how many of them failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountEntry {
    /// All requests.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
}

/// One endpoint in both books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonEntry {
    /// The request's type (HTTP method).
    pub method: String,
    /// The request's name.
    pub name: String,
    /// What Locust counted.
    pub locust: CountEntry,
    /// What was recorded.
    pub recorded: CountEntry,
}

/// What one worker contributed to the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerAccountEntry {
    /// `worker-<index>`.
    pub source_id: String,
    /// What Locust knew of its life at the end.
    pub state: String,
    /// Its requests that were recorded.
    pub requests: u64,
    /// Whether no frame of it ever came.
    pub is_silent: bool,
    /// Its frames.
    pub frames: FrameCounts,
    /// From when on its windows are incomplete: milliseconds since the Unix epoch.
    pub lost_from_ms: Option<i64>,
    /// Until when: milliseconds since the Unix epoch.
    pub lost_until_ms: Option<i64>,
}

/// Why the books differ, or one part of why. What does not apply is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CauseEntry {
    /// Its name: `frames_lost`, `reports_lost`, `worker_silent`, `statistics_reset`, `after_locust`, `overflow` or
    /// `unexplained`.
    pub cause: String,
    /// The worker to which it happened.
    pub worker: Option<String>,
    /// When it began: milliseconds since the Unix epoch.
    pub from_ms: Option<i64>,
    /// When it ended: milliseconds since the Unix epoch.
    pub until_ms: Option<i64>,
    /// How many frames are lost.
    pub frames: Option<u64>,
    /// How many requests it accounts for.
    pub requests: Option<u64>,
    /// Unexplained: requests that only Locust has.
    pub missing_requests: Option<u64>,
    /// Unexplained: requests that were only recorded.
    pub surplus_requests: Option<u64>,
    /// Unexplained: failures that differ by more than the requests.
    pub failures: Option<u64>,
}
