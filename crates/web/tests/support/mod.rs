//! What tests of the server share.

#![allow(dead_code, reason = "each test crate uses its share")]

pub(crate) mod client;
pub(crate) mod recording;
