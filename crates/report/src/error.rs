//! What can go wrong when a run is written down.

use locust_telemetry_store::error::ReadError;
use parquet::errors::ParquetError;
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
