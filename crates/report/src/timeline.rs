//! A run cut into equal stretches of time: the points of charts, and the rows of intervals.

use crate::tally::Tally;
use locust_telemetry_core::Reasons;

/// What happened in one stretch of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point {
    /// Its first second, since the Unix epoch.
    pub start_s: i64,
    /// How many of its seconds are shown: fewer at both ends of a range.
    pub seconds: u64,
    /// The most users in a second.
    pub users: u64,
    /// The requests that finished.
    pub tally: Tally,
    /// The most that a tick of the gevent loop was late, in milliseconds.
    pub hub_lag_ms: Option<f64>,
    /// The most CPU in a second, in percent of a core.
    pub cpu_percent: Option<f64>,
    /// Why it is suspect.
    pub reasons: Reasons,
    /// How many of its seconds are suspect.
    pub suspect_seconds: u64,
}

impl Point {
    /// Failed requests per second; `None` over no time at all.
    #[must_use]
    pub fn failures_per_s(&self) -> Option<f64> {
        (self.seconds > 0).then(|| self.tally.failures as f64 / self.seconds as f64)
    }
}
