//! What the user chose: the two options and OpenTelemetry's environment variables, checked.
//!
//! Start at [`Settings::read`]; [`SignalSettings`] is how one signal is sent. Pure: the environment comes in as a
//! function, so a test needs no process of its own, and files are read later, by the transport. A value that cannot be
//! used is an error that names its variable; secrets (headers, what a URL carries besides its address) are never shown.

mod endpoint;
mod environment;
mod error;
mod exporters;
mod headers;
mod log_batch;
mod metrics;
mod pairs;
mod protocol;
mod proxy;
mod resource;
mod signal;
mod variable;

pub use endpoint::Endpoint;
pub use error::SettingsError;
pub use headers::Headers;
pub use log_batch::LogBatch;
pub use metrics::{Aggregation, Temporality};
pub use protocol::Protocol;
pub use proxy::Proxy;
pub use signal::{Signal, SignalSettings};
pub use variable::{VARIABLES, Variable};

use std::time::Duration;

use environment::Environment;

/// What is exported, where to and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Nothing is exported at all (`OTEL_SDK_DISABLED`); nothing else was read or checked then.
    pub disabled: bool,
    /// How metrics are sent; `None`: not at all.
    pub metrics: Option<SignalSettings>,
    /// How logs are sent; `None`: not at all.
    pub logs: Option<SignalSettings>,
    /// What counters and histograms are counted from.
    pub temporality: Temporality,
    /// The shape of histograms.
    pub aggregation: Aggregation,
    /// From one export of metrics to the next, if set.
    pub export_interval: Option<Duration>,
    /// How long one export of metrics may take with all its requests.
    pub export_timeout: Duration,
    /// When and how many log records leave at once.
    pub log_batch: LogBatch,
    /// The resource's attributes, each key once. `service.name` is there only if set.
    pub resource: Vec<(String, String)>,
    /// What the user should know of values that have no effect: one line each.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Reads the options and the variables; a variable that is empty counts as not set.
    ///
    /// `endpoint_option` wins over every endpoint variable, `insecure_option` over every `…_INSECURE`.
    ///
    /// # Errors
    /// The first value that cannot be used, in one line for the user.
    pub fn read(
        endpoint_option: Option<&str>,
        insecure_option: Option<bool>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let environment = Environment::new(&variable);
        if environment.is_true("OTEL_SDK_DISABLED") {
            return Ok(Self { disabled: true, ..Self::default() });
        }
        let mut warnings = Vec::new();
        let mut read_signal = |signal| {
            if !exporters::wants_otlp(signal, &environment, &mut warnings)? {
                return Ok(None);
            }
            SignalSettings::read(signal, endpoint_option, insecure_option, &environment).map(Some)
        };
        let metrics = read_signal(Signal::Metrics)?;
        let logs = read_signal(Signal::Logs)?;
        Ok(Self {
            disabled: false,
            temporality: Temporality::read(&environment)?,
            aggregation: Aggregation::read(&environment)?,
            export_interval: environment.milliseconds("OTEL_METRIC_EXPORT_INTERVAL")?,
            export_timeout: environment.milliseconds("OTEL_METRIC_EXPORT_TIMEOUT")?.unwrap_or(metrics::EXPORT_TIMEOUT),
            log_batch: LogBatch::read(&environment)?,
            resource: resource::read(&environment)?,
            metrics,
            logs,
            warnings,
        })
    }
}

impl Default for Settings {
    /// Nothing is exported; everything else is as the specification has it.
    fn default() -> Self {
        Self {
            disabled: false,
            metrics: None,
            logs: None,
            temporality: Temporality::default(),
            aggregation: Aggregation::default(),
            export_interval: None,
            export_timeout: metrics::EXPORT_TIMEOUT,
            log_batch: LogBatch::default(),
            resource: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
