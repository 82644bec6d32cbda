//! The JSON recorder.
