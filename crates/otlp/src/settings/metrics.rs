//! What only metrics have: temporality and the shape of histograms.

use std::time::Duration;

use super::{SettingsError, environment::Environment};

/// `OTEL_METRIC_EXPORT_TIMEOUT` if it is not set.
pub(super) const EXPORT_TIMEOUT: Duration = Duration::from_secs(30);

/// What a point counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Temporality {
    /// From the series' start: a lost export costs nothing.
    #[default]
    Cumulative,
    /// From the last export: counters and histograms; up-down counters stay cumulative.
    Delta,
    /// Delta for synchronous counters and histograms, cumulative for everything else.
    LowMemory,
}

impl Temporality {
    /// From its variable.
    pub(super) fn read(environment: &Environment<'_>) -> Result<Self, SettingsError> {
        let words = [("cumulative", Self::Cumulative), ("delta", Self::Delta), ("lowmemory", Self::LowMemory)];
        let accepted = "cumulative, delta or lowmemory is needed";
        let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
        Ok(environment.choice(name, &words, accepted)?.unwrap_or_default())
    }
}

/// The shape of histograms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aggregation {
    /// Fixed boundaries: any Prometheus reads them.
    #[default]
    Explicit,
    /// Base-2 exponential buckets: exact to their scale everywhere.
    Exponential,
}

impl Aggregation {
    /// From its variable.
    pub(super) fn read(environment: &Environment<'_>) -> Result<Self, SettingsError> {
        let words =
            [("explicit_bucket_histogram", Self::Explicit), ("base2_exponential_bucket_histogram", Self::Exponential)];
        let accepted = "explicit_bucket_histogram or base2_exponential_bucket_histogram is needed";
        let name = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
        Ok(environment.choice(name, &words, accepted)?.unwrap_or_default())
    }
}
