//! What can go wrong, one enum for each operation.

use std::path::PathBuf;
use thiserror::Error;

/// Why bytes are no gains: the file is damaged there, or was not written by this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The rest is missing.
    #[error("the bytes end early")]
    CutShort,
    /// They say what cannot be.
    #[error("{what}")]
    Contradictory {
        /// What is wrong.
        what: &'static str,
    },
}

/// Why a store cannot be opened. The file is as it was.
#[derive(Debug, Error)]
pub enum OpenStoreError {
    /// Name another file, or record a run first.
    #[error("there is no run store at {path}")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Fix the path or its permissions.
    #[error("cannot make the directory of the run store {path}")]
    Directory {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Fix the path or its permissions; if the file is damaged, move it away.
    #[error("cannot open the run store {path}")]
    Unopenable {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Copy the store and its log to a folder that may be written to.
    #[error(
        "cannot read the run store {path}: its newest seconds are in {log}, which can be read only where files may be \
         written; copy both to a folder of your own"
    )]
    LogOutOfReach {
        /// The file.
        path: PathBuf,
        /// What is to be copied with it.
        log: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Name another file: this one belongs to another program.
    #[error("{path} is no run store")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Upgrade the program; the file is intact.
    #[error("{path} is a run store of format {found}; this build reads up to {supported}")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i32,
        /// The newest format that this build knows.
        supported: i32,
    },
}

/// Why something could not be read from a store that is open.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Try again; if it stays, the file is damaged, or out of reach.
    #[error("cannot read the run store")]
    Unreadable {
        /// What SQLite says.
        #[from]
        source: rusqlite::Error,
    },
    /// The file is damaged; other ranges and other runs may be intact.
    #[error("the run store is damaged where it holds {what}")]
    Damaged {
        /// What was to be read.
        what: &'static str,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The file is damaged, or another program wrote to it.
    #[error("the run store has no meaningful {what}")]
    Meaningless {
        /// What was to be read.
        what: &'static str,
    },
}

/// Why a run could not be found by what the user called it.
#[derive(Debug, Error)]
pub enum FindRunError {
    /// Record a run first.
    #[error("the store has no runs yet")]
    Empty,
    /// Choose one of those that there are.
    #[error("no run is called `{asked}`; the newest are {}", newest.join(", "))]
    Unknown {
        /// What was asked for.
        asked: String,
        /// Some that there are: id and test plan.
        newest: Vec<String>,
    },
    /// Give more of the id.
    #[error("`{asked}` may be any of {}", matching.join(", "))]
    Ambiguous {
        /// What was asked for.
        asked: String,
        /// Some of those that it may be.
        matching: Vec<String>,
    },
    /// See the source.
    #[error("cannot look for the run")]
    Read {
        /// Why not.
        #[from]
        source: ReadError,
    },
}

/// Why a store did not take a change.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// Stop the run first.
    #[error("run {run_id} is on")]
    Running {
        /// The run's id.
        run_id: String,
    },
    /// Look at the list of runs: somebody has deleted it.
    #[error("run {run_id} is not there any more")]
    Gone {
        /// The run's id.
        run_id: String,
    },
    /// Make room, or fix the file's permissions, and try again; nothing was changed.
    #[error("cannot write to the run store")]
    Unwritable {
        /// What SQLite says.
        #[from]
        source: rusqlite::Error,
    },
}

/// Why a batch of windows was not written. It may be tried again.
#[derive(Debug, Error)]
pub(crate) enum WriteError {
    /// No room, no permission, somebody else writes.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// What is there already cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file has a run of this id, from another process.
    #[error("the store has a run of this id already")]
    RunTaken,
}
