//! The `locust-telemetry` command: parsed and done natively, except for running Locust itself.

use locust_telemetry_cli::{Console, Outcome, Terminals};
use pyo3::prelude::*;
use std::io::{stderr, stdin, stdout};

/// Runs the command. Returns `(None, status)` when all is done, or `(arguments, 0)` when the caller shall run
/// Locust with those arguments.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, arguments: Vec<String>) -> (Option<Vec<String>>, u8) {
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
            Outcome::RunLocust(arguments) => (Some(arguments), 0),
            Outcome::Exit(status) => (None, status),
        }
    })
}
