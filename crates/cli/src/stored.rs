//! The commands on recorded runs: each opens the store, finds its runs, and does one thing.

pub(crate) mod annotate;
pub(crate) mod delete;
pub(crate) mod export;
pub(crate) mod list;
mod progress;
pub(crate) mod serve;
pub(crate) mod show;

use crate::arguments::{Selection, StoreOptions};
use crate::error::StoredError;
use crate::zone::Zone;
use locust_telemetry_store::{RunReader, Store, default_path};
use std::ops::Range;
use std::path::PathBuf;

/// Where the runs are.
fn path(options: &StoreOptions) -> Result<PathBuf, StoredError> {
    options.path.clone().or_else(default_path).ok_or(StoredError::NoPlace)
}

/// Opens the store.
pub(crate) fn open(options: &StoreOptions) -> Result<Store, StoredError> {
    Ok(Store::open(&path(options)?)?)
}

/// The run that was asked for, and the part of it: `None` is the whole.
pub(crate) fn selected<'a>(
    store: &'a Store,
    selection: &Selection,
    zone: &Zone,
) -> Result<(RunReader<'a>, Option<Range<i64>>), StoredError> {
    let run = store.reader(store.find(&selection.run)?);
    let Some(wish) = selection.range else {
        return Ok((run, None));
    };
    let range = wish.within(&run.snapped(None)?, zone);
    if range.is_empty() {
        return Err(StoredError::OutsideOfRun);
    }
    Ok((run, Some(range)))
}
