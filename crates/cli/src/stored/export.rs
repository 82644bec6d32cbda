//! `locust-telemetry report` and `export`: a run leaves the store as a file.

use super::progress::Progress;
use crate::arguments::{ExportOptions, ReportOptions};
use crate::console::Console;
use crate::error::StoredError;
use crate::output;
use crate::text::printable;
use locust_telemetry_report::{Format, file_name, html, words};

/// Writes the report and tells where it is. Gives the status to end with.
pub(crate) fn report(options: &ReportOptions, console: &mut Console<'_>) -> Result<u8, StoredError> {
    let store = super::open(&options.selection.store)?;
    let (run, range) = super::selected(&store, &options.selection, &console.zone)?;
    let named = || file_name(&run.row().testplan, &run.row().run_id, "html").into();
    let path = options.output.clone().unwrap_or_else(named);
    let mut progress = Progress::new("report", console.terminals);
    let report = html::encode(&run, range, &mut |share| progress.at(share))?;
    progress.end();
    if output::is_standard(&path) {
        return Ok(console.print(report, 0));
    }
    output::write(&path, report.as_bytes())?;
    let shown = path.display().to_string();
    Ok(console.print(format!("{}  {}\n", printable(&shown), words::bytes(report.len() as u64)), 0))
}

/// Writes an export and gives the status to end with.
pub(crate) fn export(options: &ExportOptions, console: &mut Console<'_>) -> Result<u8, StoredError> {
    let format = Format::from(options.format);
    let path = options.output.as_deref();
    if format == Format::Parquet && path.is_none_or(output::is_standard) && console.terminals.stdout {
        return Err(StoredError::BinaryToTerminal);
    }
    let store = super::open(&options.selection.store)?;
    let (run, range) = super::selected(&store, &options.selection, &console.zone)?;
    let bytes = locust_telemetry_report::export::encode(&run, range, format, options.table.into())?;
    match path.filter(|path| !output::is_standard(path)) {
        None => Ok(console.print(bytes, 0)),
        Some(path) => Ok(output::write(path, &bytes).map(|()| 0)?),
    }
}
