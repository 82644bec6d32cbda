//! The JSON recorder: one JSON object for each line, in a file that is rotated by size.
//!
//! Start at [`recorder`]: it has windows gathered (`progress`) into an [`interval`], whose lines (pure) it
//! gives to a [`mod@file`], which never holds half a line and accounts for each one. [`read`] is the way
//! back. A new field of a record belongs into [`interval`], `worker_interval`, [`summary`] or
//! [`reconciliation`], and into the golden files under `tests/golden/`.
//!
//! Absent on purpose: the log. Records reach Python's logger on the Python side.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod append;
pub mod config;
mod entry;
pub mod error;
pub mod file;
pub mod interval;
pub mod line;
pub mod lines;
pub mod phase;
mod progress;
pub mod read;
pub mod reconciliation;
pub mod recorder;
mod rotation;
pub mod summary;
mod time;
mod verdict;
mod worker_interval;

pub use config::JsonFileConfig;
pub use error::{ConfigError, OpenFileError, ParseLineError};
pub use file::{LineFile, Written};
pub use interval::Interval;
pub use lines::Lines;
pub use phase::Phase;
pub use read::{
    CauseEntry, ClockEntry, ComparisonEntry, ConfidenceEntry, CountEntry, Entry, FinalEntry, IntervalEntry,
    OutcomeEntry, ReconciliationEntry, RecorderEntry, SummaryEntry, VerdictEntry, WorkerAccountEntry, WorkerEntry,
    parse_line,
};
pub use reconciliation::reconciliation_fields;
pub use recorder::JsonFileRecorder;
pub use summary::summary_fields;
