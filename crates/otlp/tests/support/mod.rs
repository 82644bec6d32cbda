//! What several test files need.

// Each test file uses its own part of this.
#![allow(dead_code, unreachable_pub)]

pub mod backend;
pub mod client;
