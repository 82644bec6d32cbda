//! What can go wrong.

use crate::text;
use locust_telemetry_report::{ReportError, with_causes};
use locust_telemetry_store::error::{ChangeError, FindRunError, OpenStoreError, ReadError};
use locust_telemetry_web::StartPageError;
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

/// Why a file was not written. What was there is as it was.
#[derive(Debug, Error)]
#[error("cannot write {}", text::printable(.path))]
pub(crate) struct WriteFileError {
    /// Fix this path or its permissions, or make room.
    pub(crate) path: String,
    /// What the system said.
    pub(crate) source: io::Error,
}

/// Why a command on recorded runs did not do what was asked for.
#[derive(Debug, Error)]
pub(crate) enum StoredError {
    /// Name a file.
    #[error("this system tells no place for your data; name the run store with --store PATH")]
    NoPlace,
    /// See the source.
    #[error(transparent)]
    Open(#[from] OpenStoreError),
    /// See the source.
    #[error(transparent)]
    Find(#[from] FindRunError),
    /// See the source.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// See the source.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// See the source.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// See the source.
    #[error(transparent)]
    Serve(#[from] StartPageError),
    /// See the source.
    #[error(transparent)]
    Write(#[from] WriteFileError),
    /// Name a file, or send it through a pipe.
    #[error("parquet is not for terminals; name a file with -o PATH")]
    BinaryToTerminal,
    /// Give --yes.
    #[error("deleting asks first, and nobody is here to answer; give --yes")]
    NobodyToAsk,
    /// Choose a moment within the run.
    #[error("the run has nothing at that time: it lasts {span}")]
    OutsideOfRun {
        /// From when to when, and how long, in words.
        span: String,
    },
    /// Wait for its first second, or choose another run.
    #[error("the run has nothing yet")]
    EmptyRun,
}

impl StoredError {
    /// The status to end with: 2 where something else must be asked for, 1 where it failed.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Read(_) | Self::Change(_) | Self::Report(_) | Self::Write(_) => 1,
            Self::Find(FindRunError::Read { .. }) => 1,
            Self::Serve(
                StartPageError::PortsTaken { .. } | StartPageError::Listen { .. } | StartPageError::Thread { .. },
            ) => 1,
            _ => 2,
        }
    }

    /// The fault and its causes in one printable line.
    pub(crate) fn line(&self) -> String {
        text::printable(&with_causes(self)).into_owned()
    }
}
