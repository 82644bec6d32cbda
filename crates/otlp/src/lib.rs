//! The `otel` recorder: metrics and logs by OTLP, from a native thread.
//!
//! ```text
//! windows (lane thread) ──► requests, fleet, run log ─┐
//! instruments (any thread) ──────────────────────────►├─► points ─► requests to send ─► transport (export thread)
//! log records (any thread) ──────────────────────────►┘
//! ```
//!
//! Start at `exporter.rs`. Nothing here takes the GIL, and nobody who records waits for the backend.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod attributes;
mod batch;
mod boundaries;
mod distribution;
mod exponential;
mod exporter;
mod fleet;
mod flow;
mod instruments;
mod log_queue;
mod metric;
mod number;
mod receipt;
mod recorder;
mod requests;
mod run_log;
mod send_clock;
pub mod settings;
mod spans;
pub mod transport;

pub use attributes::{AttributeValue, Attributes};
pub use boundaries::LATENCY_BOUNDARIES_MS;
pub use exponential::MAX_BUCKETS;
pub use exporter::{ExportConfig, Exporter};
pub use instruments::{Description, Instrument, Kind, MAX_SETS};
pub use metric::Scope;
pub use number::Number;
pub use recorder::OtlpRecorder;
pub use requests::Server;
