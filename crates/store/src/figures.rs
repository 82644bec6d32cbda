//! The figures of response times that tables hold: for people, and for lists that need no histogram.

use locust_telemetry_core::{Histogram, SeriesStats};

/// Response times in a few numbers, in milliseconds; `None` where no request had a time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Quantiles {
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p95_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    pub(crate) max_ms: Option<f64>,
}

impl Quantiles {
    pub(crate) fn of(latency: &Histogram) -> Self {
        Self {
            p50_ms: latency.quantile_ms(0.5),
            p95_ms: latency.quantile_ms(0.95),
            p99_ms: latency.quantile_ms(0.99),
            max_ms: latency.quantile_ms(1.0),
        }
    }
}

/// What a subject gained, and how many of its requests failed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) stats: SeriesStats,
    pub(crate) failures: u64,
}

/// A count as SQLite holds it. Nothing counts to 2^63.
pub(crate) fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
