//! `locust-telemetry summary`: read, choose, render.

use crate::arguments::SummaryOptions;
use crate::console::Console;
use crate::runs::Runs;
use crate::{files, render};
use locust_telemetry_report::words;

/// Prints the summary of one run and gives the status to end with.
pub(crate) fn print(options: &SummaryOptions, console: &mut Console<'_>) -> u8 {
    let mut runs = Runs::new(options.run_id.clone(), options.after_ramp_up);
    let read = files::read_files(&options.files, &mut runs);
    for failure in &read.failures {
        console.complain(&failure.to_string());
    }
    // Part of a file may have been read before it failed, so there may be a run all the same.
    match runs.choose() {
        Ok(run) => {
            let status = u8::from(!read.failures.is_empty());
            console.print(render::page(&run, &read.unread_lines, &console.zone), status)
        }
        Err(_) if read.whole_files == 0 => 2,
        Err(error) => {
            console.complain(&format!("{error}{}", unread(&read.unread_lines)));
            1
        }
    }
}

/// How many lines told nothing, where there is no summary to say so.
fn unread(lines: &[(String, u64)]) -> String {
    match lines.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count)) {
        0 => String::new(),
        lines => format!(" ({} could not be read)", words::counted(lines, "line")),
    }
}
