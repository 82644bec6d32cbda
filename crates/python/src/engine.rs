//! The engine as Python holds it: one for each process (or each `Environment` of a library user).

use crate::handle::Handle;
use crate::json_value;
use crate::listener;
use crate::subscription::PySubscription;
use crate::system::PySystemSample;
use crate::window::PyHistogram;
use locust_telemetry_core::reconciliation::{EndpointCounts, EndpointName, Marks, RequestCount};
use locust_telemetry_core::{Event, Role, RunIdentity, Thresholds};
use locust_telemetry_json::reconciliation::reconciliation_fields;
use locust_telemetry_json::summary::summary_fields;
use locust_telemetry_json::{JsonFileConfig, JsonFileRecorder};
use locust_telemetry_pipeline::{Engine, FlushTicket, Record, clock};
use locust_telemetry_system::{SampleReader, SystemSampler};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Records the runs of one process. Starts no thread and opens nothing until it is told to.
#[pyclass(frozen, name = "Engine", module = "locust_telemetry._native")]
pub(crate) struct PyEngine {
    handle: Arc<Handle>,
    listener: Py<PyAny>,
}

impl PyEngine {
    pub(crate) fn engine(&self) -> &Engine {
        self.handle.engine()
    }
}

#[pymethods]
impl PyEngine {
    #[new]
    #[pyo3(signature = (max_series = locust_telemetry_core::DEFAULT_MAX_SERIES))]
    fn new(py: Python<'_>, max_series: usize) -> PyResult<Self> {
        let handle = Arc::new(Handle::new(max_series));
        let listener = listener::make(py, Arc::clone(&handle))?;
        Ok(Self { handle, listener })
    }

    /// The callable to register on Locust's `request` event. Never raises.
    #[getter]
    fn listener(&self, py: Python<'_>) -> Py<PyAny> {
        self.listener.clone_ref(py)
    }

    /// Changes the limit on series (at least 1) for what comes.
    fn set_max_series(&self, max_series: usize) {
        self.handle.engine().set_max_series(max_series);
    }

    /// How long a worker keeps its frames for its master, and how long a master waits for slow workers, in seconds.
    fn configure_merge(&self, history_s: f64, max_lateness_s: f64) {
        // Saturates; the options' own limits are far narrower.
        self.handle.engine().configure_merge(history_s.ceil() as u32, max_lateness_s.ceil() as u32);
    }

    /// From where on a second's latencies are suspect; see `docs/confidence.md`.
    fn configure_confidence(&self, hub_lag_ms: f64, cpu_percent: f64, run_queue_percent: f64, throttled_percent: f64) {
        self.handle.engine().set_thresholds(Thresholds {
            hub_lag_ns: (hub_lag_ms * 1e6) as u64,
            process_cpu_percent: cpu_percent,
            run_queue_delay_share: run_queue_percent / 100.0,
            throttled_share: throttled_percent / 100.0,
        });
    }

    /// Starts the native threads: the one that closes windows and the one that samples the system.
    fn start(&self, system_interval_s: f64) -> PyResult<()> {
        let interval = Duration::try_from_secs_f64(system_interval_s)
            .map_err(|_| PyValueError::new_err(format!("not an interval: {system_interval_s} s")))?;
        let interval =
            interval.clamp(locust_telemetry_system::SHORTEST_INTERVAL, locust_telemetry_system::LONGEST_INTERVAL);
        self.handle.engine().start()?;
        // Windows have samples of their own, each of just its second.
        if let Ok(mut reader) = SampleReader::new() {
            self.handle.engine().set_system_source(Box::new(move || reader.read()));
        }
        let sampler = SystemSampler::start(interval).map_err(|error| PyOSError::new_err(error.to_string()))?;
        self.handle.keep(sampler);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of an identity, by keyword on the Python side")]
    /// Begins a run; nothing of the last one is in it. Role is `master`, `worker` or `local`.
    fn start_run(
        &self,
        py: Python<'_>,
        run_id: String,
        testplan: String,
        role: &str,
        source: String,
        source_id: String,
        metadata: &Bound<'_, PyDict>,
        labels: &Bound<'_, PyDict>,
    ) -> PyResult<()> {
        let (metadata, labels) = (pairs(metadata), pairs(labels));
        let identity = RunIdentity { run_id, testplan, role: parse_role(role)?, source, source_id, metadata, labels };
        py.detach(|| self.handle.engine().start_run(identity, clock::now_unix_ns()));
        Ok(())
    }

    /// Ends the run. Requests that still finish are counted to it until the next run starts.
    fn stop_run(&self, py: Python<'_>) {
        py.detach(|| self.handle.engine().stop_run(clock::now_unix_ns()));
    }

    /// Keeps windows back until `release`, for a process that does not know its source yet.
    fn hold(&self) {
        self.handle.engine().hold();
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of an identity, by keyword on the Python side")]
    /// Names the process of the run and lets the windows go.
    fn release(
        &self,
        py: Python<'_>,
        run_id: String,
        testplan: String,
        role: &str,
        source: String,
        source_id: String,
        metadata: &Bound<'_, PyDict>,
        labels: &Bound<'_, PyDict>,
    ) -> PyResult<()> {
        let (metadata, labels) = (pairs(metadata), pairs(labels));
        let identity = RunIdentity { run_id, testplan, role: parse_role(role)?, source, source_id, metadata, labels };
        py.detach(|| self.handle.engine().release(identity));
        Ok(())
    }

    /// One tick of the gevent hub: how late it came, and how many users there are.
    fn tick(&self, lag_s: f64, users: u64) {
        // Saturates: a lag below zero is none.
        self.handle.engine().tick((lag_s * 1e9) as u64, users);
    }

    /// Marks a moment of the run.
    fn event(&self, py: Python<'_>, name: String, attributes: &Bound<'_, PyDict>) {
        let event = Event { time_unix_ns: clock::now_unix_ns(), name, attributes: pairs(attributes) };
        py.detach(|| self.handle.engine().event(event));
    }

    /// Passes one record to the recorders that write single records.
    fn submit(&self, py: Python<'_>, level: String, name: String, message: String, telemetry: &Bound<'_, PyDict>) {
        let telemetry = json_value::object_from_python(telemetry);
        let record = Record { time_unix_ns: clock::now_unix_ns(), level, name, message, telemetry };
        py.detach(|| self.handle.engine().submit(record));
    }

    /// Opens a JSON file and records to it. Raises OSError if that cannot be.
    fn open_json_file(
        &self,
        py: Python<'_>,
        path: PathBuf,
        max_bytes: u64,
        keep: u32,
        interval_s: f64,
        endpoint_intervals: bool,
    ) -> PyResult<()> {
        let config = JsonFileConfig { path, max_bytes, keep, interval_s, endpoint_intervals };
        py.detach(|| {
            let recorder = JsonFileRecorder::open(config).map_err(|error| PyOSError::new_err(error.to_string()))?;
            self.handle.engine().attach(Box::new(recorder))?;
            Ok(())
        })
    }

    /// Finished windows, to be fetched; summaries show the subscriber as `id`.
    fn subscribe(&self, id: String) -> PySubscription {
        PySubscription(self.handle.engine().subscribe(id))
    }

    /// Closes the open window and asks all recorders to pass on what they have. Does not wait.
    fn flush(&self, py: Python<'_>) -> PyFlush {
        PyFlush(py.detach(|| self.handle.engine().flush(clock::now_unix_ns())))
    }

    /// What the run and each recorder counted, as the fields of the closing record; None before any run.
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let fields = py.detach(|| summary_fields(&self.handle.engine().report(), clock::now_unix_ns()));
        fields.map(|fields| json_value::object_to_python(py, &fields)).transpose()
    }

    /// What the recorders want the user to know; each notice once.
    fn take_notices(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.handle.engine().take_notices())
    }

    /// The newest system sample, or None.
    fn system(&self, py: Python<'_>) -> Option<PySystemSample> {
        py.detach(|| self.handle.system()).map(PySystemSample)
    }

    /// Each endpoint of the run so far: method, name, requests, failures, response times. Merged on a master.
    fn endpoints(&self, py: Python<'_>) -> Vec<(String, String, u64, u64, PyHistogram)> {
        let endpoints = py.detach(|| self.handle.engine().endpoints()).into_iter();
        endpoints.map(|at| (at.method, at.name, at.requests, at.failures, PyHistogram(at.latency))).collect()
    }

    /// The fields of the record that compares what was recorded with Locust's own counts (method, name, requests and
    /// failures of each endpoint), and with what workers told of when Locust counted no more. None before any run.
    fn reconciliation<'py>(
        &self,
        py: Python<'py>,
        locust: Vec<(String, String, u64, u64)>,
        statistics_were_reset: bool,
        requests_after_locust: u64,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let fields = py.detach(|| {
            let mut counts = EndpointCounts::new();
            for (method, name, requests, failures) in locust {
                counts
                    .entry(EndpointName::of_locust(&method, &name))
                    .or_default()
                    .add(RequestCount { requests, failures });
            }
            let marks = Marks { statistics_were_reset, requests_after_locust: Some(requests_after_locust) };
            let (run, reconciliation) = self.engine().reconcile(&counts, marks)?;
            Some(reconciliation_fields(&run, &reconciliation))
        });
        fields.map(|fields| json_value::object_to_python(py, &fields)).transpose()
    }

    /// The response times of the whole run so far. Merged on a master.
    fn latency(&self, py: Python<'_>) -> PyHistogram {
        PyHistogram(py.detach(|| self.handle.engine().latency()))
    }

    /// In the child of a fork during a run: forgets the inherited engine, which has no threads here, and begins
    /// with an empty one.
    fn renew_after_fork(&self) {
        self.handle.renew_after_fork();
    }

    /// Ends the native threads. Does not wait for recorders.
    fn shutdown(&self, py: Python<'_>) {
        py.detach(|| {
            self.handle.engine().shutdown();
            self.handle.stop_sampler();
        });
    }
}

fn parse_role(role: &str) -> PyResult<Role> {
    match role {
        "master" => Ok(Role::Master),
        "worker" => Ok(Role::Worker),
        "local" => Ok(Role::Local),
        _ => Err(PyValueError::new_err(format!("role is master, worker or local, not {role:?}"))),
    }
}

/// A dict as pairs of text.
fn pairs(dict: &Bound<'_, PyDict>) -> Vec<(String, String)> {
    // A copy, because `str()` of a key may run Python code that changes the dict.
    let items: Vec<_> = dict.iter().collect();
    items.iter().map(|(key, value)| (json_value::text(key), json_value::text(value))).collect()
}

/// A flush under way.
#[pyclass(frozen, name = "Flush", module = "locust_telemetry._native")]
pub(crate) struct PyFlush(Vec<FlushTicket>);

impl PyFlush {
    pub(crate) fn of(tickets: Vec<FlushTicket>) -> Self {
        Self(tickets)
    }

    fn is_done(&self) -> bool {
        self.0.iter().all(FlushTicket::is_done)
    }
}

#[pymethods]
impl PyFlush {
    /// Whether everything offered before the flush has been passed on or counted as dropped.
    #[getter]
    fn done(&self) -> bool {
        self.is_done()
    }

    /// Waits until done, at most `timeout_s` seconds, without the GIL; for exit hooks, where no hub runs.
    fn wait(&self, py: Python<'_>, timeout_s: f64) -> bool {
        let budget = Duration::try_from_secs_f64(timeout_s).unwrap_or_default();
        py.detach(|| {
            let deadline = Instant::now() + budget;
            while !self.is_done() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(1));
            }
            self.is_done()
        })
    }
}
