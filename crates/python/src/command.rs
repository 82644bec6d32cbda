//! The `locust-telemetry` command: parsed and done natively, except for running Locust itself.

use locust_telemetry_cli::{Console, Outcome, Terminals};
use pyo3::prelude::*;
use std::io::{stderr, stdin, stdout};

/// The arguments for Locust, the seconds and users of the demo, and the status to end with.
type Left = (Option<Vec<String>>, Option<(u32, u32)>, u8);

/// Runs the command. Returns what is left for the caller to do: to run Locust with arguments, or the demo for seconds with
/// users; or neither, and then the status to end with.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, arguments: Vec<String>) -> Left {
    py.detach(|| {
        let mut console = Console {
            stdout: &mut stdout().lock(),
            stderr: &mut stderr().lock(),
            stdin: &mut stdin().lock(),
            terminals: Terminals::of_process(),
            // Ctrl-C ends the process.
            until_stopped: &mut || {
                loop {
                    std::thread::park();
                }
            },
        };
        match locust_telemetry_cli::main(&arguments, &mut console) {
            Outcome::RunLocust(arguments) => (Some(arguments), None, 0),
            Outcome::RunDemo { seconds, users } => (None, Some((seconds, users)), 0),
            Outcome::Exit(status) => (None, None, status),
        }
    })
}
