//! What can go wrong in a summary.

use crate::text;
use std::io;
use thiserror::Error;

/// Why a file was not read to its end.
#[derive(Debug, Error)]
#[error("cannot read {}: {source}", text::printable(.path))]
pub(crate) struct ReadFileError {
    /// Fix this path or its permissions.
    pub(crate) path: String,
    /// What the system said.
    pub(crate) source: io::Error,
}

/// Why an entry was not added. The line counts as unreadable.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum AddEntryError {
    /// The file is damaged: no run makes so many requests.
    #[error("the counts of the run overflow")]
    CountsOverflow,
}

/// Why there is no run to summarise.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum ChooseRunError {
    /// Give files of the json recorder.
    #[error("no run in these files: are they from the json recorder?")]
    NoRuns,
    /// Choose one of those that there are.
    #[error("no run {} in these files; they have {}", text::printable(.wanted), text::enumeration(.present))]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// What there is, at least one.
        present: Vec<String>,
    },
}
