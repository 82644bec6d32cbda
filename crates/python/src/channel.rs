//! The engine's part in what travels between workers and master, as Python calls it.

use crate::engine::PyEngine;
use locust_telemetry_core::WorkerState;
use locust_telemetry_core::reconciliation::WorkerAccount;
use locust_telemetry_fleet::{Exchange, WorkerMessage};
use locust_telemetry_pipeline::clock;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// Unix time in nanoseconds by this process's clock.
#[pyfunction]
pub(crate) fn now_ns() -> i64 {
    clock::now_unix_ns()
}

#[pymethods]
impl PyEngine {
    /// From now on keeps windows for the master, which has said that it reads frames.
    fn send_frames(&self, py: Python<'_>) {
        py.detach(|| self.engine().send_frames());
    }

    /// A frame of all windows since the last one; None without a run, or where nothing came after the last one of it.
    fn frame<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        py.detach(|| self.engine().frame(clock::now_unix_ns())).map(|frame| PyBytes::new(py, &frame))
    }

    /// The frames of the present run with these numbers (both included), as far as they are kept.
    fn frames_again<'py>(&self, py: Python<'py>, first: u64, last: u64) -> Vec<Bound<'py, PyBytes>> {
        let frames = py.detach(|| self.engine().frames_again(first, last, clock::now_unix_ns()));
        frames.iter().map(|frame| PyBytes::new(py, frame)).collect()
    }

    /// The master has every frame of the present run up to this number.
    fn acknowledge(&self, sequence: u64) {
        self.engine().acknowledge(sequence);
    }

    /// Whether the master has said that it has everything, or nothing was to be sent.
    #[getter]
    fn is_acknowledged(&self) -> bool {
        self.engine().is_acknowledged()
    }

    /// Takes one exchange with the master: sent and returned by this process's clock, received and replied by the
    /// master's, all in Unix nanoseconds.
    fn clock_sample(&self, py: Python<'_>, sent_ns: i64, received_ns: i64, replied_ns: i64, returned_ns: i64) {
        py.detach(|| self.engine().clock_exchange(&Exchange { sent_ns, received_ns, replied_ns, returned_ns }));
    }

    /// What to add to this process's time to have the master's, and how far off that may be, in ns; None if not known.
    #[getter]
    fn clock(&self) -> Option<(i64, u64)> {
        self.engine().clock(clock::now_unix_ns()).map(|clock| (clock.offset_ns, clock.error_ns))
    }

    /// Keeps windows back until the first `clock_sample`, or `clock_unknown`.
    fn await_clock(&self) {
        self.engine().await_clock();
    }

    /// No answer came: windows go out by this process's own clock.
    fn clock_unknown(&self, py: Python<'_>) {
        py.detach(|| self.engine().clock_unknown());
    }

    /// On a master: takes a worker's frame. Returns at once; a native thread reads and merges it.
    fn merge(&self, client_id: String, frame: &[u8]) {
        self.engine().merge(client_id, frame.to_vec(), clock::now_unix_ns());
    }

    /// On a master: what Locust knows of a worker; the state is ready, running, missing, back or gone.
    fn worker(&self, client_id: String, source_id: String, state: &str) -> PyResult<()> {
        let state = parse_state(state)?;
        self.engine().worker(client_id, source_id, state, clock::now_unix_ns());
        Ok(())
    }

    /// On a master: what is to be sent to workers since the last call: client id, `resend` or `acknowledge`, and the
    /// first and last sequence number that it is about.
    fn worker_messages(&self) -> Vec<(String, &'static str, u64, u64)> {
        let message = |message| match message {
            WorkerMessage::Resend { client_id, first, last } => (client_id, "resend", first, last),
            WorkerMessage::Acknowledge { client_id, sequence } => (client_id, "acknowledge", sequence, sequence),
        };
        self.engine().worker_messages().into_iter().map(message).collect()
    }

    /// Whether nothing more is to be expected of any worker of this run.
    #[getter]
    fn is_merged(&self) -> bool {
        self.engine().is_merged()
    }

    /// On a master: the account of each worker of the run.
    fn worker_losses<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let accounts = py.detach(|| self.engine().report().workers);
        accounts.iter().map(|account| account_to_python(py, account)).collect()
    }
}

fn parse_state(state: &str) -> PyResult<WorkerState> {
    use WorkerState::{Back, Gone, Missing, Ready, Running};
    let known = [Ready, Running, Missing, Back, Gone].into_iter().find(|known| known.name() == state);
    known.ok_or_else(|| PyValueError::new_err(format!("no state of a worker: {state:?}")))
}

fn account_to_python<'py>(py: Python<'py>, account: &WorkerAccount) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("source_id", &account.source_id)?;
    fields.set_item("client_id", &account.client_id)?;
    fields.set_item("state", account.state.name())?;
    let counts = [
        ("requests", account.requests),
        ("received", account.frames.received),
        ("resent", account.frames.resent),
        ("reordered", account.frames.reordered),
        ("replayed", account.frames.replayed),
        ("refused", account.frames.refused),
        ("lost", account.frames.lost),
    ];
    for (name, count) in counts {
        fields.set_item(name, count)?;
    }
    fields.set_item("lost_from", account.lost.map(|(from_s, _)| from_s))?;
    fields.set_item("lost_until", account.lost.map(|(_, until_s)| until_s))?;
    fields.set_item("silent", account.is_silent)?;
    Ok(fields)
}
