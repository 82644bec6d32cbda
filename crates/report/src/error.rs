//! What can go wrong when a run is written down.

use locust_telemetry_store::error::{OpenStoreError, ReadError};
use parquet::errors::ParquetError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why there is no report, or no export.
#[derive(Debug, Error)]
pub enum ReportError {
    /// See the source.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A fault of this program: its library refused a table.
    #[error("cannot write Parquet")]
    Parquet(#[from] ParquetError),
    /// A fault of this build: the page that it embeds is not the one that it knows.
    #[error("the page of this build has no place for `{place}`")]
    Page {
        /// What is looked for.
        place: &'static str,
    },
}

/// Why there is no file with a report.
#[derive(Debug, Error)]
pub enum WriteReportError {
    /// See the source.
    #[error(transparent)]
    Open(#[from] OpenStoreError),
    /// See the source.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// See the source.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// It was deleted, or is of another store.
    #[error("the store has no run {run_id}")]
    UnknownRun {
        /// As asked for.
        run_id: String,
    },
    /// Fix this path or its permissions, or make room.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// An error and what led to it, in one line: `cannot write report.html: No space left on device`.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Some say what their causes say.
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
