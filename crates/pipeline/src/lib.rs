//! Carries closed windows to recorders without ever holding up the test.
//!
//! Start at [`engine`]: it owns the request table, closes a window each second and offers it to every
//! lane. A lane is a recorder on a thread of its own behind a bounded queue, with a ledger that accounts
//! for each request: offered = delivered + queued + dropped.
//!
//! A new recorder implements [`Recorder`] in a crate beside `crates/json`; recorders never depend on
//! each other.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod clock;
pub mod engine;
mod held;
mod lane;
pub mod ledger;
mod merging;
mod outputs;
mod queue;
pub mod recorder;
mod report;
mod run;
pub mod subscription;
pub mod testing;

pub use engine::Engine;
pub use lane::FlushTicket;
pub use ledger::{Balance, Ledger, Load};
pub use recorder::{Record, Recorder, RunWindow};
pub use report::{EndpointTotal, Report};
pub use run::RunReport;
pub use subscription::Subscription;
