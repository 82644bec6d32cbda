//! The commands on recorded runs: each opens the store, finds its runs, and does one thing.

pub(crate) mod annotate;
pub(crate) mod delete;
pub(crate) mod export;
pub(crate) mod list;
mod progress;
pub(crate) mod show;

use crate::arguments::StoreOptions;
use crate::error::StoredError;
use locust_telemetry_store::{Store, default_path};
use std::path::PathBuf;

/// Where the runs are.
pub(crate) fn path(options: &StoreOptions) -> Result<PathBuf, StoredError> {
    options.path.clone().or_else(default_path).ok_or(StoredError::NoPlace)
}

/// Opens the store to read from it.
pub(crate) fn open(options: &StoreOptions) -> Result<Store, StoredError> {
    Ok(Store::open_read(&path(options)?)?)
}
