//! What requests over some span of time come to, in figures.

use crate::words;
use locust_telemetry_core::{Histogram, Length, SeriesStats};

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

    /// Requests, rate, share of failures, p50, p95, p99 and maximum in words, over this length: a row of a table for
    /// people.
    #[must_use]
    pub fn in_words(&self, length: Length) -> [String; 7] {
        [
            words::count(self.requests),
            words::rate(self.requests, length),
            words::share(self.failures, self.requests),
            words::latency(self.latency.p50_ms),
            words::latency(self.latency.p95_ms),
            words::latency(self.latency.p99_ms),
            words::latency(self.latency.max_ms),
        ]
    }
}
