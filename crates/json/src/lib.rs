//! The JSON recorder: one JSON object for each line, in a file that is rotated by size.
//!
//! Start at [`recorder`]: it gathers windows into an [`interval`], encodes that into lines (pure) and
//! gives them to a [`mod@file`], which never holds half a line and accounts for each one. [`read`] is the
//! way back. A new field of a record belongs into [`interval`] or [`summary`], and into the golden files
//! under `tests/golden/`.
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
pub mod read;
pub mod recorder;
mod rotation;
pub mod summary;
mod time;

pub use config::JsonFileConfig;
pub use error::{ConfigError, OpenFileError, ParseLineError};
pub use file::{LineFile, Written};
pub use interval::Interval;
pub use lines::Lines;
pub use read::{Entry, FinalEntry, IntervalEntry, OutcomeEntry, RecorderEntry, SummaryEntry, parse_line};
pub use recorder::JsonFileRecorder;
pub use summary::summary_fields;
