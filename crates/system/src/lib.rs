//! Samples what the load generator itself uses: CPU, memory, network and scheduler pressure.
//!
//! A load generator that is saturated measures itself. This crate takes the readings from which that
//! can be told, on one native thread of its own, so that no reading costs the request path anything.
//!
//! Start at `sampler.rs` (the thread), then `reading.rs` (one sample from all sources).
//!
//! - `host.rs` and `pressure.rs` ask the operating system; nothing else here does.
//! - `network.rs`, `schedstat.rs` and `throttle.rs` are pure: text or numbers in, numbers out.
//!
//! **Invariant:** nothing happens before [`SystemSampler::start`]: no thread, no open file, no static.
//! A fork does not carry the thread along, so the child has to start a sampler of its own.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod host;
mod interfaces;
mod network;
mod pressure;
mod reading;
mod sampler;
#[cfg(any(target_os = "linux", test))]
mod schedstat;
#[cfg(any(target_os = "linux", test))]
mod throttle;

pub use reading::SampleReader;
pub use sampler::{LONGEST_INTERVAL, SHORTEST_INTERVAL, StartSamplerError, SystemSampler};
