//! The run that is being recorded, or was the last one: what it counted so far.

use crate::ledger::Balance;
use locust_telemetry_core::{Anomalies, Histogram, RequestAggregate, RunConfidence, RunIdentity, Window};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A run of this process.
pub(crate) struct Run {
    pub(crate) identity: Arc<RunIdentity>,
    /// By this process's own clock.
    pub(crate) started_unix_ns: i64,
    pub(crate) stopped_unix_ns: Option<i64>,
    pub(crate) totals: RequestAggregate,
    /// The response times of all series.
    pub(crate) latency: Histogram,
    pub(crate) confidence: RunConfidence,
    pub(crate) peak_users: u64,
    /// What came between the run before and this one.
    pub(crate) before_run: Anomalies,
    /// Requests in windows that could not be held back any longer.
    pub(crate) held_lost: u64,
    /// The books of each recorder as they were when the run started.
    pub(crate) books_before: BTreeMap<String, Balance>,
}

impl Run {
    /// A run that begins now.
    pub(crate) fn begin(
        identity: RunIdentity,
        now_unix_ns: i64,
        before_run: Anomalies,
        books_before: BTreeMap<String, Balance>,
    ) -> Self {
        Self {
            identity: Arc::new(identity),
            started_unix_ns: now_unix_ns,
            stopped_unix_ns: None,
            totals: RequestAggregate::default(),
            latency: Histogram::new(),
            confidence: RunConfidence::default(),
            peak_users: 0,
            before_run,
            held_lost: 0,
            books_before,
        }
    }

    /// Adds what a closed window holds.
    pub(crate) fn count(&mut self, window: &Window) {
        self.totals.merge(&window.requests);
        window.requests.series.values().for_each(|stats| self.latency.merge(&stats.latency));
        self.confidence.add(window);
    }

    /// All it counted so far; its times in the master's, which is `clock_offset_ns` ahead.
    pub(crate) fn report(&self, clock_offset_ns: i64) -> RunReport {
        RunReport {
            identity: Arc::clone(&self.identity),
            started_unix_ns: self.started_unix_ns.saturating_add(clock_offset_ns),
            stopped_unix_ns: self.stopped_unix_ns.map(|ns| ns.saturating_add(clock_offset_ns)),
            totals: self.totals.clone(),
            peak_users: self.peak_users,
            confidence: self.confidence.clone(),
        }
    }
}

/// A run and all it counted so far (up to the last closed window).
#[derive(Debug, Clone)]
pub struct RunReport {
    /// Who recorded what.
    pub identity: Arc<RunIdentity>,
    /// When it started: nanoseconds since the Unix epoch.
    pub started_unix_ns: i64,
    /// When it stopped, if it has.
    pub stopped_unix_ns: Option<i64>,
    /// All its requests; on a master those of all workers.
    pub totals: RequestAggregate,
    /// The most users there were at any tick.
    pub peak_users: u64,
    /// How far its response times can be trusted.
    pub confidence: RunConfidence,
}
