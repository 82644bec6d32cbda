//! The `local` recorder's run store: every run in one SQLite file, second by second and exact.
//!
//! Start at [`recorder`]: a window becomes a [`WindowMessage`] (for pages, and for the journal) and some rows (`writing`).
//! Once its minute is over, the journal's messages become strips (`seal`), which are small: [`gain`] has how. [`Store`] and
//! [`RunReader`] are the way back, for pages, reports and exports alike. `docs/run-store.md` has the schema and every
//! bit.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bits;
pub mod columns;
pub mod config;
mod connection;
pub mod container;
mod cover;
pub mod error;
mod error_counts;
pub mod facts;
pub mod feed;
mod figures;
pub mod gain;
pub mod kind;
mod lost;
mod maintenance;
mod message;
mod numbers;
mod open_run;
mod prepared;
pub mod recorder;
mod rice;
pub mod rows;
pub mod run_reader;
pub mod run_row;
mod seal;
mod snap;
mod span;
pub mod store;
pub mod strip;
pub mod window_gains;
mod writer_lock;
mod writing;

pub use columns::Columns;
pub use config::{StoreConfig, default_path};
pub use connection::{APPLICATION_ID, FORMAT};
pub use error::{ChangeError, DecodeError, FindRunError, OpenStoreError, ReadError};
pub use facts::{Facts, FactsCell};
pub use feed::{Feed, FeedItem, FeedReceiver, WindowMessage};
pub use gain::Gain;
pub use kind::Kind;
pub use recorder::LocalRecorder;
pub use rows::{Annotated, ErrorRow, EventRow};
pub use run_reader::RunReader;
pub use run_row::{RunRow, RunState};
pub use span::OCTAVE_MS;
pub use store::{RunFilter, Store};
