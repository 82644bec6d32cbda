//! The `locust-telemetry` command: parsed and done natively, except for running Locust itself.

use locust_telemetry_cli::Outcome;
use pyo3::prelude::*;
use std::io::{stderr, stdout};

/// Runs the command. Returns `(None, status)` when all is done, or `(arguments, 0)` when the caller shall run
/// Locust with those arguments.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, arguments: Vec<String>) -> (Option<Vec<String>>, u8) {
    py.detach(|| match locust_telemetry_cli::main(&arguments, &mut stdout().lock(), &mut stderr().lock()) {
        Outcome::RunLocust(arguments) => (Some(arguments), 0),
        Outcome::Exit(status) => (None, status),
    })
}
