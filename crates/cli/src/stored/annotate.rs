//! `locust-telemetry annotate`: a note at a moment of a run.

use super::NS_PER_S;
use crate::arguments::AnnotateOptions;
use crate::console::Console;
use crate::error::StoredError;
use crate::text::printable;
use locust_telemetry_pipeline::clock;

/// Adds the note and tells where it stands. Gives the status to end with.
pub(crate) fn add(options: &AnnotateOptions, console: &mut Console<'_>) -> Result<u8, StoredError> {
    let store = super::open(&options.store)?;
    let run = store.reader(store.find(&options.run)?);
    let row = run.row();
    let time_unix_ns = match options.at {
        Some(moment) => {
            let whole = run.snapped(None)?;
            let second = moment.unix_s(&whole, &console.zone);
            if !(whole.start..=whole.end).contains(&second) {
                return Err(super::outside(row, &whole, &console.zone));
            }
            second.saturating_mul(NS_PER_S)
        }
        // A note on a run that is over stands at its end.
        None => row.ended_unix_ns.unwrap_or(i64::MAX).min(clock::now_unix_ns()),
    };
    store.annotate(&row.run_id, &options.text, time_unix_ns)?;
    let when = console.zone.readable(time_unix_ns.div_euclid(NS_PER_S));
    Ok(console.print(format!("noted at {when} in run {}\n", printable(&row.run_id)), 0))
}
