//! The figures of a run, or of a part of it: what every output is written from.
//!
//! Requests come from [`RunReader::aggregate`], percentiles from `Histogram::quantile_ms`, and nothing here or behind
//! this file rounds, averages or counts in a way of its own. So all outputs agree to the last digit.

use locust_telemetry_core::{Histogram, Reason, SeriesStats};

const NS_PER_MS: f64 = 1_000_000.0;

/// Response times in milliseconds; all missing where no request had a time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LatencyFigures {
    /// The arithmetic mean.
    pub mean_ms: Option<f64>,
    /// The shortest, exact.
    pub min_ms: Option<f64>,
    /// Half of the requests took at most this; like all percentiles off by 0.54 % at most.
    pub p50_ms: Option<f64>,
    /// The 90th percentile.
    pub p90_ms: Option<f64>,
    /// The 95th percentile.
    pub p95_ms: Option<f64>,
    /// The 99th percentile.
    pub p99_ms: Option<f64>,
    /// The 99.9th percentile.
    pub p999_ms: Option<f64>,
    /// The longest, exact.
    pub max_ms: Option<f64>,
}

impl LatencyFigures {
    /// The figures of a histogram.
    #[must_use]
    pub fn of(latency: &Histogram) -> Self {
        let ms = |ns: Option<u64>| ns.map(|ns| ns as f64 / NS_PER_MS);
        Self {
            mean_ms: latency.mean_ms(),
            min_ms: ms(latency.min_ns()),
            p50_ms: latency.quantile_ms(0.5),
            p90_ms: latency.quantile_ms(0.9),
            p95_ms: latency.quantile_ms(0.95),
            p99_ms: latency.quantile_ms(0.99),
            p999_ms: latency.quantile_ms(0.999),
            max_ms: ms(latency.max_ns()),
        }
    }
}

/// Requests over some span of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// All requests.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
    /// Bytes of the responses.
    pub response_bytes: u64,
    /// How long they took.
    pub latency: LatencyFigures,
}

impl Tally {
    /// The figures of some requests, `failures` of which failed.
    #[must_use]
    pub fn of(stats: &SeriesStats, failures: u64) -> Self {
        Self {
            requests: stats.requests,
            failures,
            response_bytes: stats.response_bytes,
            latency: LatencyFigures::of(&stats.latency),
        }
    }

    /// Requests per second over `seconds`; `None` over no time at all.
    #[must_use]
    pub fn requests_per_s(&self, seconds: u64) -> Option<f64> {
        (seconds > 0).then(|| self.requests as f64 / seconds as f64)
    }
}

/// One endpoint: the requests of one method and name, whatever their outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointFigures {
    /// The request's type.
    pub method: String,
    /// The request's name.
    pub name: String,
    /// Its requests.
    pub tally: Tally,
}

/// One error message of one endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorFigures {
    /// The request's type.
    pub method: String,
    /// The request's name.
    pub name: String,
    /// The response's status, if there was a response.
    pub status: Option<u16>,
    /// The class of the exception.
    pub error_type: String,
    /// What it said.
    pub message: String,
    /// How often.
    pub count: u64,
    /// The first and the last second in which it happened, since the Unix epoch.
    pub first_s: i64,
    /// See `first_s`.
    pub last_s: i64,
}

/// How far the figures can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Confidence {
    /// Seconds that were recorded.
    pub seconds: u64,
    /// Those of them that are suspect.
    pub suspect_seconds: u64,
    /// Why, and for how many seconds each; only reasons that occurred.
    pub reasons: Vec<(Reason, u64)>,
}

/// A moment that is marked on the charts.
#[derive(Debug, Clone, PartialEq)]
pub struct EventFigures {
    /// When, in nanoseconds since the Unix epoch.
    pub time_unix_ns: i64,
    /// What happened: a documented name, or the text of an annotation.
    pub name: String,
    /// Whether somebody wrote it down by hand.
    pub is_annotation: bool,
}
