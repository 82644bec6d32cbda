//! Stand-in.
use crate::settings::SignalSettings;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use std::time::Duration;
#[derive(Debug)]
pub enum Message {
    Metrics(ExportMetricsServiceRequest),
    Logs(ExportLogsServiceRequest),
}
#[derive(Debug)]
pub enum Outcome {
    Delivered { rejected: u64, message: String },
    Retry { after: Option<Duration>, reason: String },
    TooLarge { reason: String },
    Refused { reason: String },
}
#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct TransportError;
#[derive(Debug)]
pub struct Transport;
impl Transport {
    pub fn new(_: &SignalSettings) -> Result<Self, TransportError> {
        Ok(Self)
    }
    pub async fn send(&mut self, _: &Message) -> Outcome {
        Outcome::Delivered { rejected: 0, message: String::new() }
    }
}
#[derive(Debug, Default)]
pub struct Backoff;
impl Backoff {
    pub fn new() -> Self {
        Self
    }
    pub fn next(&mut self, a: Option<Duration>, _: f64) -> Duration {
        a.unwrap_or(Duration::from_millis(100))
    }
    pub fn reset(&mut self) {}
}
