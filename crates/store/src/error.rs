//! What can go wrong, one enum for each operation.

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
