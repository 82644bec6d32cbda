//! The `otel` recorder: metrics and logs by OTLP.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod settings;
pub mod transport;
