//! The other side: settings, messages and outcomes for tests of the transport.

use locust_telemetry_otlp::{
    settings::{Settings, SignalSettings},
    transport::{Message, Outcome, Transport},
};
use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest},
    common::v1::{AnyValue, any_value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric, number_data_point},
};

use super::backend::{Backend, Form};

/// Every form of OTLP.
pub const FORMS: [Form; 3] = [Form::Grpc, Form::Protobuf, Form::Json];

/// The two that share HTTP.
pub const HTTP_FORMS: [Form; 2] = [Form::Protobuf, Form::Json];

/// A long time, so that only a fault ends a test.
const TIMEOUT_MS: &str = "15000";

/// Settings for metrics from an endpoint and more variables.
pub fn settings(url: &str, form: Form, variables: &[(&str, &str)]) -> SignalSettings {
    let protocol = match form {
        Form::Grpc => "grpc",
        Form::Protobuf => "http/protobuf",
        Form::Json => "http/json",
    };
    let all = [
        variables,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", TIMEOUT_MS),
        ],
    ]
    .concat();
    let variable = |name: &str| all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let settings = Settings::read(None, None, variable).unwrap();
    settings.metrics.unwrap()
}

/// A transport to a backend, for metrics.
pub fn transport(backend: &Backend, form: Form, variables: &[(&str, &str)]) -> Transport {
    Transport::new(&settings(&backend.url(), form, variables)).unwrap()
}

/// One gauge with this value, and a description of so many bytes.
pub fn gauge(value: i64, size_bytes: usize) -> ExportMetricsServiceRequest {
    let value = Some(number_data_point::Value::AsInt(value));
    let data_points = vec![NumberDataPoint { time_unix_nano: 1, value, ..Default::default() }];
    let data = Some(metric::Data::Gauge(Gauge { data_points }));
    let description = "x".repeat(size_bytes);
    let metrics = vec![Metric { name: "gauge".to_owned(), description, data, ..Default::default() }];
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    ExportMetricsServiceRequest { resource_metrics: vec![ResourceMetrics { scope_metrics, ..Default::default() }] }
}

/// One log record.
pub fn log(text: &str) -> ExportLogsServiceRequest {
    let body = Some(AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) });
    let log_records = vec![LogRecord { time_unix_nano: 1, body, ..Default::default() }];
    let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
    ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..Default::default() }] }
}

/// Sends one small gauge.
pub async fn send(transport: &mut Transport) -> Outcome {
    transport.send(&Message::Metrics(gauge(1, 0))).await
}

/// Delivered, with nothing to say about it.
pub fn delivered() -> Outcome {
    Outcome::Delivered { rejected: 0, message: String::new() }
}

/// To be sent again, at no certain time.
pub fn retry(reason: &str) -> Outcome {
    Outcome::Retry { after: None, reason: reason.to_owned() }
}

/// Not to be sent again.
pub fn refused(reason: &str) -> Outcome {
    Outcome::Refused { reason: reason.to_owned() }
}
