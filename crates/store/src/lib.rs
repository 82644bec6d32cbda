//! The `local` recorder's run store: every run in one SQLite file, second by second and exact.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bits;
pub mod container;
pub mod error;
pub mod gain;
mod rice;
mod span;
pub mod strip;
pub mod window_gains;

pub use error::DecodeError;
pub use gain::Gain;
pub use span::OCTAVE_MS;
