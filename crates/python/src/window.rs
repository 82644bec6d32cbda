//! A finished window as Python reads it: columns, read-only, one row for each series.

use locust_telemetry_core::{Histogram, Reason, SeriesKey, SeriesStats, WorkerWindow};
use locust_telemetry_pipeline::RunWindow;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMemoryView, PyTuple};
use std::sync::Arc;

/// Method, name, status, error type, message and count.
type ErrorRow<'a> = (&'a str, &'a str, Option<u16>, &'a str, &'a str, u64);

const NS_PER_MS: f64 = 1_000_000.0;

/// What one process counted in one second. Columns have one entry for each series, in the same order.
#[pyclass(frozen, name = "Window", module = "locust_telemetry._native")]
pub(crate) struct PyWindow(pub(crate) Arc<RunWindow>);

impl PyWindow {
    fn rows(&self) -> impl Iterator<Item = (&Arc<SeriesKey>, &SeriesStats)> {
        self.0.window.requests.series.iter()
    }

    fn counts<'py>(&self, py: Python<'py>, of: impl Fn(&SeriesStats) -> u64) -> PyResult<Bound<'py, PyAny>> {
        column(py, self.rows().flat_map(|(_, stats)| of(stats).to_ne_bytes()), "Q")
    }

    fn times<'py>(&self, py: Python<'py>, of: impl Fn(&Histogram) -> Option<f64>) -> PyResult<Bound<'py, PyAny>> {
        let bytes = self.rows().flat_map(|(_, stats)| of(&stats.latency).unwrap_or(f64::NAN).to_ne_bytes());
        column(py, bytes, "d")
    }
}

#[pymethods]
impl PyWindow {
    /// The second: whole seconds since the Unix epoch.
    #[getter]
    fn start(&self) -> i64 {
        self.0.window.start_s
    }

    /// The run that the window belongs to.
    #[getter]
    fn run_id(&self) -> &str {
        &self.0.run.run_id
    }

    /// The name of the test.
    #[getter]
    fn testplan(&self) -> &str {
        &self.0.run.testplan
    }

    /// The runner's class name.
    #[getter]
    fn source(&self) -> &str {
        &self.0.run.source
    }

    /// `worker-<index>`, `master` or `local`.
    #[getter]
    fn source_id(&self) -> &str {
        &self.0.run.source_id
    }

    /// Simulated users at the end of the second.
    #[getter]
    fn users(&self) -> u64 {
        self.0.window.users
    }

    /// How late the latest tick of the gevent hub came, in ms; None without a tick.
    #[getter]
    fn hub_lag_ms(&self) -> Option<f64> {
        self.0.window.hub_lag_max_ns.map(|ns| ns as f64 / NS_PER_MS)
    }

    /// Why the second is suspect: `hub_lag`, `process_cpu`, `run_queue_delay`, `throttled`, `worker_missing`; empty if trusted.
    #[getter]
    fn suspect_reasons(&self) -> Vec<&'static str> {
        self.0.window.reasons.iter().map(Reason::name).collect()
    }

    /// On a master, what each worker did in the second: a dict each, with the keys of a worker's record.
    #[getter]
    fn workers<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.0.window.workers.iter().map(|worker| worker_to_python(py, worker)).collect()
    }

    /// The names of the events of this second.
    #[getter]
    fn events(&self) -> Vec<&str> {
        self.0.window.events.iter().map(|event| &*event.name).collect()
    }

    /// All requests of the window.
    #[getter]
    fn total_requests(&self) -> u64 {
        self.0.window.requests.requests()
    }

    /// All failed requests of the window.
    #[getter]
    fn total_failures(&self) -> u64 {
        self.0.window.requests.failures()
    }

    /// How often each kind of odd input occurred.
    #[getter]
    fn anomalies(&self) -> std::collections::BTreeMap<&'static str, u64> {
        self.0.window.requests.anomalies.occurred().map(|(kind, count)| (kind.name(), count)).collect()
    }

    /// What the failed requests said: for each message of each series a tuple of method, name, status (None without a
    /// response), error type, message and count, in the order of the series and of the messages.
    #[getter]
    fn errors(&self) -> Vec<ErrorRow<'_>> {
        let errors = self.0.window.requests.errors.iter();
        let rows = errors.map(|(key, message, count)| {
            let status = key.status.map(std::num::NonZeroU16::get);
            // Requests that succeeded have no message.
            let error_type = key.error_type.as_deref().unwrap_or_default();
            (&*key.method, &*key.name, status, error_type, &**message, count)
        });
        rows.collect()
    }

    /// Column: the requests' names.
    #[getter]
    fn names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.rows().map(|(key, _)| &*key.name).collect::<Vec<_>>())
    }

    /// Column: the requests' types (HTTP methods).
    #[getter]
    fn methods<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.rows().map(|(key, _)| &*key.method).collect::<Vec<_>>())
    }

    /// Column: status codes, None without a response.
    #[getter]
    fn statuses<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.rows().map(|(key, _)| key.status.map(std::num::NonZeroU16::get)).collect::<Vec<_>>())
    }

    /// Column: the exceptions' classes, None for successes.
    #[getter]
    fn error_types<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.rows().map(|(key, _)| key.error_type.as_deref()).collect::<Vec<_>>())
    }

    /// Column: how many requests (a memoryview of unsigned 64-bit integers).
    #[getter]
    fn requests<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.counts(py, |stats| stats.requests)
    }

    /// Column: how many of them had a usable response time (unsigned 64-bit integers).
    #[getter]
    fn timed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.counts(py, |stats| stats.latency.count())
    }

    /// Column: bytes of the responses (unsigned 64-bit integers).
    #[getter]
    fn response_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.counts(py, |stats| stats.response_bytes)
    }

    /// Column: the sum of the response times in ms (64-bit floats).
    #[getter]
    fn sum_ms<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.times(py, |latency| Some(latency.sum_ns() as f64 / NS_PER_MS))
    }

    /// Column: the shortest response time in ms, NaN without one (64-bit floats).
    #[getter]
    fn min_ms<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.times(py, |latency| latency.min_ns().map(|ns| ns as f64 / NS_PER_MS))
    }

    /// Column: the longest response time in ms, NaN without one (64-bit floats).
    #[getter]
    fn max_ms<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.times(py, |latency| latency.max_ns().map(|ns| ns as f64 / NS_PER_MS))
    }

    /// Column: the q-quantile of each series in ms (q from 0 to 1), NaN without a time (64-bit floats).
    fn quantile_ms<'py>(&self, py: Python<'py>, q: f64) -> PyResult<Bound<'py, PyAny>> {
        check_quantile(q)?;
        self.times(py, |latency| latency.quantile_ms(q))
    }

    /// The histogram of one row.
    fn histogram(&self, row: usize) -> PyResult<PyHistogram> {
        let series = self.rows().nth(row).ok_or_else(|| PyIndexError::new_err(format!("no row {row}")))?;
        Ok(PyHistogram(series.1.latency.clone()))
    }

    /// How many rows the columns have.
    fn __len__(&self) -> usize {
        self.0.window.requests.series.len()
    }

    fn __repr__(&self) -> String {
        let (run, window) = (&self.0.run, &self.0.window);
        format!(
            "Window(start={}, run_id={:?}, source_id={:?}, series={}, requests={})",
            window.start_s,
            run.run_id,
            run.source_id,
            window.requests.series.len(),
            window.requests.requests()
        )
    }
}

fn worker_to_python<'py>(py: Python<'py>, worker: &WorkerWindow) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("worker", &worker.source_id)?;
    fields.set_item("state", worker.state.name())?;
    fields.set_item("user_count", worker.users)?;
    fields.set_item("num_requests", worker.requests)?;
    fields.set_item("num_failures", worker.failures)?;
    fields.set_item("latency", PyHistogram(worker.latency.clone()))?;
    fields.set_item("cpu_percent", worker.system.as_ref().map(|system| system.process_cpu_percent))?;
    fields.set_item("hub_lag_ms", worker.hub_lag_max_ns.map(|ns| ns as f64 / NS_PER_MS))?;
    fields.set_item("suspect_reasons", worker.reasons.iter().map(Reason::name).collect::<Vec<_>>())?;
    Ok(fields)
}

fn check_quantile(q: f64) -> PyResult<()> {
    if (0.0..=1.0).contains(&q) {
        return Ok(());
    }
    Err(PyValueError::new_err(format!("a quantile is between 0 and 1, not {q}")))
}

/// A read-only memoryview of numbers.
fn column<'py>(py: Python<'py>, bytes: impl Iterator<Item = u8>, format: &str) -> PyResult<Bound<'py, PyAny>> {
    let bytes = PyBytes::new(py, &bytes.collect::<Vec<_>>());
    PyMemoryView::from(&bytes)?.call_method1("cast", (format,))
}

/// A latency histogram: base-2 exponential buckets at scale 6, in milliseconds. Read-only.
#[pyclass(frozen, name = "Histogram", module = "locust_telemetry._native")]
pub(crate) struct PyHistogram(pub(crate) Histogram);

#[pymethods]
impl PyHistogram {
    /// OpenTelemetry's scale: bucket i covers (base^i, base^(i+1)] ms with base = 2^(2^-scale).
    #[getter]
    fn scale(&self) -> i32 {
        locust_telemetry_core::bucket::SCALE
    }

    /// How many times were recorded.
    #[getter]
    fn count(&self) -> u64 {
        self.0.count()
    }

    /// How many of them were zero.
    #[getter]
    fn zero_count(&self) -> u64 {
        self.0.zero_count()
    }

    /// The exact sum in nanoseconds.
    #[getter]
    fn sum_ns(&self) -> u128 {
        self.0.sum_ns()
    }

    /// Index of the first bucket in `counts`.
    #[getter]
    fn offset(&self) -> i32 {
        self.0.buckets().0
    }

    /// Counts of the buckets from `offset` on.
    #[getter]
    fn counts(&self) -> Vec<u64> {
        self.0.buckets().1.to_vec()
    }

    /// The q-quantile in ms, or None without a time.
    fn quantile_ms(&self, q: f64) -> PyResult<Option<f64>> {
        check_quantile(q)?;
        Ok(self.0.quantile_ms(q))
    }
}
