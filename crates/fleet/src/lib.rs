//! What the workers of a run do together: their frames, the gaps between them, their clocks, and the merge by worker
//! and by second.
//!
//! A worker keeps its closed windows in an [`outbox`], which gives a [`frame`](mod@frame) for each report to the
//! master and keeps the last minutes of them. On the master the [`merger`] takes frames in whatever order they come,
//! asks for what is missing, and closes each second once all live workers have told of it. [`clock`] estimates how a
//! worker's clock stands to the master's.
//!
//! Pure: no clock, no I/O, no threads; time is passed in. `crates/pipeline` drives it.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod absence;
pub mod clock;
pub mod frame;
mod member;
pub mod merger;
mod message_index;
pub mod outbox;
mod second;
mod sequence;
mod series_index;

pub use clock::{ClockEstimate, Exchange};
pub use frame::{DecodeError, FORMAT, Frame, FrameBuilder, FrameHeader, FrameWindow, MessageGain, SeriesGain, decode};
pub use merger::{MergeSettings, Merger, WorkerMessage};
pub use outbox::{DEFAULT_HISTORY_S, Outbox};
