//! x
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
pub mod csv;
pub mod parquet_file;
pub mod table;
pub mod time;
pub mod words;
