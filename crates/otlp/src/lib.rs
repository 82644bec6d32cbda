//! The `otel` recorder: metrics and logs by OTLP.
