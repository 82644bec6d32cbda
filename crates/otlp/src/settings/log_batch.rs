//! When log records leave, and how many wait: `OTEL_BLRP_*`.

use std::time::Duration;

use super::{SettingsError, environment::Environment};

/// The batches of log records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogBatch {
    /// From one export to the next.
    pub delay: Duration,
    /// How long one export, retries and all, may take.
    pub timeout: Duration,
    /// Records that wait at most; more are dropped and counted.
    pub max_queue: usize,
    /// Records of one message at most; never more than `max_queue`.
    pub max_batch: usize,
}

impl Default for LogBatch {
    fn default() -> Self {
        Self { delay: Duration::from_secs(1), timeout: Duration::from_secs(30), max_queue: 2048, max_batch: 512 }
    }
}

impl LogBatch {
    /// From the variables. A default batch shrinks to a small queue; one that was asked for must fit.
    pub(super) fn read(environment: &Environment<'_>) -> Result<Self, SettingsError> {
        let default = Self::default();
        let max_queue = environment.count("OTEL_BLRP_MAX_QUEUE_SIZE")?.unwrap_or(default.max_queue);
        let batch_name = "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE";
        let max_batch = match environment.count(batch_name)? {
            Some(batch) if batch > max_queue => {
                let accepted = format!("at most the queue's size ({max_queue}, OTEL_BLRP_MAX_QUEUE_SIZE) is needed");
                return Err(SettingsError::value(batch_name, &batch.to_string(), accepted));
            }
            Some(batch) => batch,
            None => default.max_batch.min(max_queue),
        };
        Ok(Self {
            delay: environment.milliseconds("OTEL_BLRP_SCHEDULE_DELAY")?.unwrap_or(default.delay),
            timeout: environment.milliseconds("OTEL_BLRP_EXPORT_TIMEOUT")?.unwrap_or(default.timeout),
            max_queue,
            max_batch,
        })
    }
}
