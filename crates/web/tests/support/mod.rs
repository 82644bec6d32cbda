//! What tests of the server share.

#![allow(dead_code, reason = "each test crate uses its share")]

pub mod client;
pub mod recording;
