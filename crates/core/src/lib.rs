//! Turns finished requests into windows, and windows into bigger ones.
//!
//! Start at [`requests`]: a finished request lands in a series of the [`RequestTable`]. Once a second
//! what the series gained becomes the [`RequestAggregate`] of a [`Window`]. Aggregates merge exactly.
//!
//! Nothing here reads a clock, does I/O, starts a thread or knows Python: time is passed in, so tests
//! and replays are exact.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod aggregate;
pub mod anomaly;
pub mod bucket;
pub mod confidence;
pub mod endpoint;
pub mod error_messages;
pub mod folded;
pub mod histogram;
pub mod message_table;
pub mod message_text;
pub mod reconciliation;
pub mod requests;
pub mod run;
pub mod series;
pub mod span;
pub mod sparse;
pub mod system;
pub mod text;
pub mod window;
pub mod worker;

pub use aggregate::RequestAggregate;
pub use anomaly::{Anomalies, Anomaly};
pub use confidence::{Reason, Reasons, RunConfidence, Thresholds};
pub use endpoint::{EndpointKey, EndpointStats};
pub use error_messages::{ErrorMessages, OTHER_MESSAGES};
pub use folded::FoldedNames;
pub use histogram::Histogram;
pub use message_table::MAX_MESSAGES;
pub use reconciliation::{Reconciliation, WorkerAccount};
pub use requests::{Buffer, DEFAULT_MAX_SERIES, KnownSeries, Request, RequestTable};
pub use run::{Role, RunIdentity};
pub use series::{SeriesKey, SeriesStats};
pub use span::{Length, RunSpan};
pub use sparse::SparseHistogram;
pub use system::SystemSample;
pub use window::{Event, Window};
pub use worker::{ClockOffset, FrameCounts, WorkerState, WorkerWindow};
