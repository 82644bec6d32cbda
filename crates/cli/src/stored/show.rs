//! `locust-telemetry show`: one run in the terminal.

mod page;

use crate::arguments::Selection;
use crate::console::Console;
use crate::error::StoredError;
use locust_telemetry_report::{Figures, timeline};

/// Prints the page of a run and gives the status to end with.
pub(crate) fn print(selection: &Selection, console: &mut Console<'_>) -> Result<u8, StoredError> {
    let store = super::open(&selection.store)?;
    let (run, range) = super::selected(&store, selection, &console.zone)?;
    let figures = Figures::read(&run, range)?;
    let points = timeline::read(&run, &figures, page::PLOT_COLUMNS)?;
    Ok(console.print(page::page(&figures, &points, console.terminals, &console.zone), 0))
}
