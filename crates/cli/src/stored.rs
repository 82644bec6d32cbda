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
use locust_telemetry_report::words;
use locust_telemetry_store::{RunReader, RunRow, Store, default_path};
use std::ops::Range;
use std::path::PathBuf;

const NS_PER_S: i64 = 1_000_000_000;

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
    let whole = run.snapped(None)?;
    let range = wish.within(&whole, zone);
    if range.is_empty() {
        return Err(outside(run.row(), &whole, zone));
    }
    Ok((run, Some(range)))
}

/// That there is nothing where it was looked for, in a run of the seconds `whole`.
fn outside(row: &RunRow, whole: &Range<i64>, zone: &Zone) -> StoredError {
    if whole.is_empty() {
        return StoredError::EmptyRun;
    }
    let span = row.span(whole);
    let moment = |unix_ns: i64| zone.readable(unix_ns.div_euclid(NS_PER_S));
    let (begun, over) = (moment(span.started_unix_ns), moment(span.ended_unix_ns));
    let span = format!("from {begun} to {over}, {}", words::duration(span.length()));
    StoredError::OutsideOfRun { span }
}
