//! Every variable that counts, for the documentation's table.

/// One environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name. `…` stands for nothing, `METRICS_` or `LOGS_`: a signal's own wins over the one for all.
    pub name: &'static str,
    /// What holds if it is not set; empty: nothing.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// A row of the table.
const fn row(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, meaning }
}

/// The variables in the order of the documentation. Whatever else the specification lists concerns traces, or a
/// Prometheus page of the SDK, and is not read.
pub const VARIABLES: &[Variable] = &[
    row("OTEL_SDK_DISABLED", "false", "`true`: nothing is exported, and no other variable is looked at."),
    row("OTEL_METRICS_EXPORTER", "otlp", "`otlp` or `none`. Others in a list beside `otlp` have no effect."),
    row("OTEL_LOGS_EXPORTER", "otlp", "`otlp` or `none`, likewise."),
    row(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://localhost:4318, for gRPC http://localhost:4317",
        "The backend. For HTTP a base URL, to which `v1/metrics` and `v1/logs` are appended; for gRPC a URL without a path. \
         `host:port` without a scheme means gRPC, with TLS unless it is insecure. The option wins over all three.",
    ),
    row(
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "",
        "The backend for metrics; for HTTP the whole URL, to which nothing is appended.",
    ),
    row("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "", "The backend for logs, likewise."),
    row(
        "OTEL_EXPORTER_OTLP_…PROTOCOL",
        "http/protobuf, or grpc for an endpoint without a scheme",
        "`grpc`, `http/protobuf` or `http/json`.",
    ),
    row(
        "OTEL_EXPORTER_OTLP_…INSECURE",
        "false",
        "`true`: an endpoint without a scheme is reached without TLS. The option wins.",
    ),
    row("OTEL_EXPORTER_OTLP_…TIMEOUT", "10000", "How long one message may take, connecting included, in milliseconds."),
    row(
        "OTEL_EXPORTER_OTLP_…HEADERS",
        "",
        "What is sent along, as `name=value,name=value` with percent-encoded values. A signal's own list replaces the \
         general one. Values are never shown.",
    ),
    row("OTEL_EXPORTER_OTLP_…COMPRESSION", "none", "`gzip` or `none`."),
    row(
        "OTEL_EXPORTER_OTLP_…CERTIFICATE",
        "",
        "A PEM file with the only authorities whose certificates are trusted. If it is not set: the system's and the \
         bundled ones.",
    ),
    row(
        "OTEL_EXPORTER_OTLP_…CLIENT_CERTIFICATE",
        "",
        "A PEM file with the certificate (and its chain) to show to the backend.",
    ),
    row("OTEL_EXPORTER_OTLP_…CLIENT_KEY", "", "A PEM file with that certificate's key."),
    row("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative", "`cumulative`, `delta` or `lowmemory`."),
    row(
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        "explicit_bucket_histogram",
        "`explicit_bucket_histogram` or `base2_exponential_bucket_histogram`.",
    ),
    row(
        "OTEL_METRIC_EXPORT_INTERVAL",
        "the recorder's interval",
        "From one export of metrics to the next, in milliseconds.",
    ),
    row(
        "OTEL_METRIC_EXPORT_TIMEOUT",
        "30000",
        "How long one export of metrics may take with all its requests, in milliseconds. What got no answer is in the next.",
    ),
    row("OTEL_BLRP_SCHEDULE_DELAY", "1000", "From one export of logs to the next, in milliseconds."),
    row(
        "OTEL_BLRP_EXPORT_TIMEOUT",
        "30000",
        "How long one message of logs may take, in milliseconds, beside `OTEL_EXPORTER_OTLP_…TIMEOUT`. What got no answer is \
         sent again.",
    ),
    row("OTEL_BLRP_MAX_QUEUE_SIZE", "2048", "Log records that wait at most; more are dropped and counted."),
    row("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "512", "Log records of one message at most."),
    row("OTEL_SERVICE_NAME", "", "The resource's `service.name`; wins over `OTEL_RESOURCE_ATTRIBUTES`."),
    row(
        "OTEL_RESOURCE_ATTRIBUTES",
        "",
        "More attributes of the resource, as `key=value,key=value` with percent-encoded values.",
    ),
    row(
        "HTTP_PROXY",
        "",
        "The proxy for `http://` endpoints; lower case wins. For HTTP only, not for gRPC, and never for the machine itself.",
    ),
    row("HTTPS_PROXY", "", "The proxy for `https://` endpoints, likewise."),
    row("ALL_PROXY", "", "The proxy where neither of the two is set."),
    row("NO_PROXY", "", "Hosts, domains and networks that are reached without a proxy, comma-separated."),
];
