//! The exporter and its instruments as Python holds them: converts, calls.
//!
//! In a forked child both are abandoned: its copies of locks may be held by threads that are not there.

use crate::engine::{PyEngine, PyFlush};
use crate::json_value;
use locust_telemetry_otlp::settings::{Settings, VARIABLES};
use locust_telemetry_otlp::{
    AttributeValue, Attributes, Description, ExportConfig, Exporter, Instrument, Kind, Number, Scope, Server,
};
use locust_telemetry_pipeline::clock;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// Name, default and meaning of every environment variable that the otel recorder reads.
#[pyfunction]
pub(crate) fn otel_variables() -> Vec<(&'static str, &'static str, &'static str)> {
    VARIABLES.iter().map(|variable| (variable.name, variable.default, variable.meaning)).collect()
}

/// Exports the metrics and logs of one process by OTLP, from a native thread. No thread until `start`.
#[pyclass(frozen, name = "OtelExporter", module = "locust_telemetry._native")]
pub(crate) struct PyOtelExporter {
    exporter: Exporter,
    is_disabled: bool,
    is_abandoned: Arc<AtomicBool>,
}

#[pymethods]
impl PyOtelExporter {
    #[expect(clippy::too_many_arguments, reason = "by keyword on the Python side")]
    #[new]
    #[pyo3(signature = (variables, *, endpoint, insecure, interval_s, flush_timeout_s, resource, export_requests,
                        speak_for_workers, semantic_conventions, server, mark_end))]
    fn new(
        variables: HashMap<String, String>,
        endpoint: Option<&str>,
        insecure: Option<bool>,
        interval_s: f64,
        flush_timeout_s: f64,
        resource: BTreeMap<String, String>,
        export_requests: bool,
        speak_for_workers: bool,
        semantic_conventions: bool,
        server: Option<&str>,
        mark_end: bool,
    ) -> PyResult<Self> {
        let bad = |error: &dyn std::fmt::Display| PyValueError::new_err(error.to_string());
        let seconds = |seconds| Duration::try_from_secs_f64(seconds).map_err(|error| bad(&error));
        let settings =
            Settings::read(endpoint, insecure, |name| variables.get(name).cloned()).map_err(|error| bad(&error))?;
        let is_disabled = settings.disabled;
        let config = ExportConfig {
            settings,
            interval: seconds(interval_s)?,
            flush_timeout: seconds(flush_timeout_s)?,
            resource: resource.into_iter().collect(),
            exports_requests: export_requests,
            speaks_for_workers: speak_for_workers,
            is_semantic: semantic_conventions,
            server: server.and_then(Server::of_url),
            marks_end: mark_end,
        };
        let exporter = Exporter::new(config).map_err(|error| bad(&error))?;
        Ok(Self { exporter, is_disabled, is_abandoned: Arc::default() })
    }

    /// Whether `OTEL_SDK_DISABLED` turns everything off.
    #[getter]
    fn disabled(&self) -> bool {
        self.is_disabled
    }

    /// Starts the thread, once. Raises OSError where the system refuses it.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        if self.is_abandoned.load(Relaxed) {
            return Ok(());
        }
        py.detach(|| self.exporter.start())?;
        Ok(())
    }

    /// What is tested from now on.
    #[pyo3(signature = (url))]
    fn set_server(&self, py: Python<'_>, url: Option<&str>) {
        if !self.is_abandoned.load(Relaxed) {
            py.detach(|| self.exporter.set_server(url.and_then(Server::of_url)));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of an instrument")]
    /// The instrument of this description: made, or the one that is there. Raises ValueError for an unknown kind.
    fn instrument(
        &self,
        scope: &str,
        scope_version: &str,
        kind: &str,
        name: &str,
        unit: &str,
        description: &str,
        boundaries: Option<Vec<f64>>,
    ) -> PyResult<PyOtelInstrument> {
        let kind =
            Kind::named(kind).ok_or_else(|| PyValueError::new_err(format!("no kind of instrument: {kind:?}")))?;
        let description = Description {
            scope: Scope { name: scope.into(), version: scope_version.into() },
            name: name.into(),
            kind,
            unit: unit.into(),
            description: description.into(),
            boundaries,
        };
        let instrument = self.exporter.instrument(&description);
        Ok(PyOtelInstrument { instrument, is_abandoned: Arc::clone(&self.is_abandoned) })
    }

    /// Queues a log record. Never waits.
    fn log(&self, time_ns: u64, severity: i32, severity_text: &str, body: &str, attributes: &Bound<'_, PyDict>) {
        if !self.is_abandoned.load(Relaxed) {
            self.exporter.log(time_ns, severity, severity_text, body, &attributes_of(Some(attributes)));
        }
    }

    /// Whether an export waits for the callbacks of observable instruments to be run.
    #[getter]
    fn wants_observations(&self) -> bool {
        self.exporter.wants_observations()
    }

    /// They have been run.
    fn observed(&self) {
        self.exporter.observed();
    }

    /// Exports everything now. Does not wait.
    fn flush(&self, py: Python<'_>) -> PyFlush {
        self.ticket(py, Exporter::flush)
    }

    /// Exports once more, marks the end of all series, ends the thread. Does not wait.
    fn shutdown(&self, py: Python<'_>) -> PyFlush {
        self.ticket(py, Exporter::shutdown)
    }

    /// In the child of a fork: forgets all.
    fn abandon(&self) {
        self.is_abandoned.store(true, Relaxed);
    }
}

impl PyOtelExporter {
    fn ticket(
        &self,
        py: Python<'_>,
        ask: impl Fn(&Exporter) -> locust_telemetry_pipeline::FlushTicket + Sync,
    ) -> PyFlush {
        if self.is_abandoned.load(Relaxed) {
            return PyFlush::of(Vec::new());
        }
        PyFlush::of(vec![py.detach(|| ask(&self.exporter))])
    }
}

#[pymethods]
impl PyEngine {
    /// Windows of this engine go to the exporter; its books are under `otel`.
    fn open_otel(&self, py: Python<'_>, exporter: &PyOtelExporter) -> PyResult<()> {
        py.detach(|| self.engine().attach(exporter.exporter.recorder()))?;
        Ok(())
    }

    /// The closing record of the run is written: recorders may let its series go.
    fn end_run(&self, py: Python<'_>) {
        py.detach(|| self.engine().end_run());
    }
}

/// One instrument. Values that it cannot take are ignored and counted; it never raises for them.
#[pyclass(frozen, name = "OtelInstrument", module = "locust_telemetry._native")]
pub(crate) struct PyOtelInstrument {
    instrument: Arc<Instrument>,
    is_abandoned: Arc<AtomicBool>,
}

#[pymethods]
impl PyOtelInstrument {
    /// Adds to a counter.
    #[pyo3(signature = (amount, attributes = None))]
    fn add(&self, amount: &Bound<'_, PyAny>, attributes: Option<&Bound<'_, PyDict>>) {
        self.take(amount, attributes);
    }

    /// Records in a histogram.
    #[pyo3(signature = (amount, attributes = None))]
    fn record(&self, amount: &Bound<'_, PyAny>, attributes: Option<&Bound<'_, PyDict>>) {
        self.take(amount, attributes);
    }

    /// Sets a gauge.
    #[pyo3(signature = (amount, attributes = None))]
    fn set(&self, amount: &Bound<'_, PyAny>, attributes: Option<&Bound<'_, PyDict>>) {
        self.take(amount, attributes);
    }

    /// Takes all that one callback (a number of the caller's) tells now, in place of what it told last.
    fn observe(&self, callback: u32, observations: Vec<(Bound<'_, PyAny>, Option<Bound<'_, PyDict>>)>) {
        if self.is_abandoned.load(Relaxed) {
            return;
        }
        let pairs = observations.iter();
        let told: Vec<_> = pairs.map(|(amount, of)| (number_of(amount), attributes_of(of.as_ref()))).collect();
        self.instrument.observe(u64::from(callback), told, now_ns());
    }
}

impl PyOtelInstrument {
    fn take(&self, amount: &Bound<'_, PyAny>, attributes: Option<&Bound<'_, PyDict>>) {
        if !self.is_abandoned.load(Relaxed) {
            self.instrument.take(number_of(amount), attributes_of(attributes), now_ns());
        }
    }
}

fn now_ns() -> u64 {
    u64::try_from(clock::now_unix_ns()).unwrap_or(0)
}

/// A whole number stays one if it has 64 bits; what is no number becomes NaN, which instruments ignore and count.
fn number_of(amount: &Bound<'_, PyAny>) -> Number {
    if amount.is_instance_of::<PyInt>()
        && let Ok(value) = amount.extract::<i64>()
    {
        return Number::Int(value);
    }
    Number::Float(amount.extract::<f64>().unwrap_or(f64::NAN))
}

fn attributes_of(attributes: Option<&Bound<'_, PyDict>>) -> Attributes {
    let Some(attributes) = attributes else { return Attributes::default() };
    // A copy, because `str()` of a value may run Python code that changes the dict.
    let items: Vec<_> = attributes.iter().filter(|(_, value)| !value.is_none()).collect();
    Attributes::new(items.iter().map(|(key, value)| (json_value::text(key).into(), value_of(value))))
}

/// Text, truth, numbers and lists of them as they are; anything else as its `str()`.
fn value_of(value: &Bound<'_, PyAny>) -> AttributeValue {
    if value.is_instance_of::<PyString>() {
        return AttributeValue::Text(json_value::text(value).into());
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return AttributeValue::Bool(flag.is_true());
    }
    if value.is_instance_of::<PyInt>()
        && let Ok(number) = value.extract::<i64>()
    {
        return AttributeValue::Int(number);
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return number.value().into();
    }
    if let Ok(list) = value.cast::<PyList>() {
        return AttributeValue::List(list.iter().map(|item| scalar_of(&item)).collect());
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return AttributeValue::List(tuple.iter().map(|item| scalar_of(&item)).collect());
    }
    AttributeValue::Text(json_value::text(value).into())
}

/// An item of a list: lists in lists are text, so that no list can hold itself.
fn scalar_of(value: &Bound<'_, PyAny>) -> AttributeValue {
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        AttributeValue::Text(json_value::text(value).into())
    } else {
        value_of(value)
    }
}
