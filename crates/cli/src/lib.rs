//! The `locust-telemetry` command.
//!
//! Start at [`main`]. `arguments` says what was asked for, `summary` does it: `files` reads records,
//! `runs` and `run_tally` add them up, `books` says whose count, `run_summary` has the figures of one
//! run, `render` writes them down. Numbers are put into words by `format`, into columns by `table` and
//! `text`.
//!
//! The process is Python: nothing here exits, panics or touches the process's own streams.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arguments;
mod books;
mod confidence;
mod cross_check;
mod delivery;
mod error;
mod files;
mod format;
mod lines;
mod oddities;
mod render;
mod run_summary;
mod run_tally;
mod runs;
mod source;
mod summary;
mod table;
#[cfg(test)]
mod testing;
mod text;
mod worker;

use arguments::Command;
use std::io::Write;

/// What is left to do after [`main`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Python shall run Locust with these arguments, telemetry on.
    RunLocust(Vec<String>),
    /// All is done; end with this status.
    Exit(u8),
}

/// Does what `arguments` (without the program's name) ask for.
///
/// Status 0 is success, 1 a summary that is missing or incomplete, 2 a wrong call or nothing to read. A
/// reader that closes `stdout` early ends it with 0. What cannot be written to `stderr` is lost.
pub fn main(arguments: &[String], stdout: &mut dyn Write, stderr: &mut dyn Write) -> Outcome {
    let status = match arguments::parse(arguments) {
        Command::Run(locust) => return Outcome::RunLocust(locust),
        Command::Summary(options) => summary::print(&options, stdout, stderr),
        Command::Say(text) => print(&text, stdout, stderr, 0),
        Command::Refuse(text) => {
            complain(&text, stderr);
            2
        }
    };
    Outcome::Exit(status)
}

/// Writes `text` to `stdout` and gives the status to end with: `status` if that went well.
fn print(text: &str, stdout: &mut dyn Write, stderr: &mut dyn Write, status: u8) -> u8 {
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => status,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            complain(&format!("locust-telemetry: cannot write the output: {error}\n"), stderr);
            1
        }
    }
}

/// Writes `text` to `stderr`; there is nowhere to tell that this failed.
fn complain(text: &str, stderr: &mut dyn Write) {
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

#[cfg(test)]
#[path = "lib_tests.rs"]
mod tests;
