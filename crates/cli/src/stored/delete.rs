//! `locust-telemetry delete`: runs leave the store, once somebody has said yes.

use crate::arguments::DeleteOptions;
use crate::console::Console;
use crate::error::StoredError;
use crate::text::printable;
use locust_telemetry_report::words;
use locust_telemetry_store::RunRow;

/// Deletes the runs and gives the status to end with: 1 if the answer was no.
pub(crate) fn delete(options: &DeleteOptions, console: &mut Console<'_>) -> Result<u8, StoredError> {
    let store = super::open(&options.store)?;
    // All are found before any goes, since the first shifts what @2 means.
    let mut runs = Vec::new();
    for name in &options.runs {
        let run = store.find(name)?;
        if !runs.iter().any(|known: &RunRow| known.run_id == run.run_id) {
            runs.push(run);
        }
    }
    if !options.yes {
        if !console.may_ask() {
            return Err(StoredError::NobodyToAsk);
        }
        for run in &runs {
            let requests = words::counted(run.requests, "request");
            console.tell(&format!("  {} {} ({requests})\n", printable(&run.run_id), printable(&run.testplan)));
        }
        if !console.confirms(&format!("Delete {}?", words::counted(runs.len() as u64, "run"))) {
            return Ok(1);
        }
    }
    for run in &runs {
        store.delete(&run.run_id)?;
    }
    Ok(console.print(format!("deleted {}\n", words::counted(runs.len() as u64, "run")), 0))
}
