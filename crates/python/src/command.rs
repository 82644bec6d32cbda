//! The `locust-telemetry` command: parsed and done natively, except for running Locust itself.

use locust_telemetry_cli::{Console, LiveView, Outcome, Stream, Terminals, Zone};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::io::{stderr, stdin, stdout};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The arguments for Locust, those of a call to watch, the seconds and users of the demo, and the status to end with.
type Left = (Option<Vec<String>>, Option<Vec<String>>, Option<(u32, u32)>, u8);

/// Runs the command. Returns what is left for the caller to do: to run Locust with arguments, to call the command with
/// arguments and watch that, or to run the demo for seconds with users; or none of it, and then the status to end with.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, arguments: Vec<String>) -> Left {
    py.detach(|| {
        let mut console = Console {
            stdout: &mut stdout().lock(),
            stderr: &mut stderr().lock(),
            stdin: &mut stdin().lock(),
            terminals: Terminals::of_process(),
            zone: Zone::of_process(),
            // Ctrl-C ends the process.
            until_stopped: &mut || {
                loop {
                    std::thread::park();
                }
            },
        };
        match locust_telemetry_cli::main(&arguments, &mut console) {
            Outcome::RunLocust(arguments) => (Some(arguments), None, None, 0),
            Outcome::Watch(arguments) => (None, Some(arguments), None, 0),
            Outcome::RunDemo { seconds, users } => (None, None, Some((seconds, users)), 0),
            Outcome::Exit(status) => (None, None, None, status),
        }
    })
}

/// Shows the runs of another process in this process's terminal.
#[pyclass(frozen, name = "LiveView", module = "locust_telemetry._native")]
pub(crate) struct PyLiveView(Mutex<LiveView>);

#[pymethods]
impl PyLiveView {
    /// Shows runs that are announced in the file at `announcement`. Raises OSError if the system refuses a thread.
    #[new]
    fn new(announcement: PathBuf) -> PyResult<Self> {
        let view = LiveView::start(announcement, Terminals::of_process());
        Ok(Self(Mutex::new(view.map_err(|error| PyOSError::new_err(error.to_string()))?)))
    }

    /// Takes a line that was written to standard output, or else to standard error.
    fn take_line(&self, py: Python<'_>, line: String, is_error: bool) {
        let stream = if is_error { Stream::Error } else { Stream::Output };
        py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).take_line(stream, line));
    }

    /// Gives the terminal back and writes what was kept, until `resume`.
    fn pause(&self, py: Python<'_>) {
        py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).pause());
    }

    /// Draws again.
    fn resume(&self, py: Python<'_>) {
        py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).resume());
    }

    /// Ends the view, gives the terminal back and writes what was kept. Safe to call again.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).close());
    }
}
