//! The run store and the live page as Python holds them: converts, calls.
//!
//! In a forked child the page is abandoned: its thread is the parent's.

use crate::engine::PyEngine;
use crate::json_value;
use locust_telemetry_report::{report_file, with_causes};
use locust_telemetry_store::{FactsCell, Feed, LocalRecorder, StoreConfig, default_path};
use locust_telemetry_web::{LivePage, StartPageError, WebConfig};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The path of the run store in the user's data directory.
#[pyfunction]
pub(crate) fn default_store_path() -> PyResult<PathBuf> {
    default_path().ok_or_else(|| PyOSError::new_err("the system names no directory for this user's data"))
}

#[pymethods]
impl PyEngine {
    /// Opens the run store at `path`, or makes it, and records to it; each run gets the notes at its start. Raises OSError if that cannot be.
    fn open_local(
        &self,
        py: Python<'_>,
        path: PathBuf,
        keep: (u32, Option<u32>),
        compact_after_s: Option<f64>,
        max_lateness_s: f64,
        notes: Vec<String>,
    ) -> PyResult<PyLocalRecorder> {
        let (keep_runs, keep_days) = keep;
        let config = StoreConfig {
            path: path.clone(),
            keep_runs: Some(keep_runs),
            keep_days,
            // Saturates; the options' own limits are far narrower.
            compact_after_s: compact_after_s.map(|seconds| seconds.ceil() as u64),
            max_lateness_s: max_lateness_s.ceil() as u32,
            notes,
        };
        let facts = Arc::new(FactsCell::default());
        let feed = py.detach(|| {
            let (recorder, feed) = LocalRecorder::open(config, Arc::clone(&facts))
                .map_err(|error| PyOSError::new_err(with_causes(&error)))?;
            self.engine().attach(Box::new(recorder))?;
            Ok::<_, PyErr>(feed)
        })?;
        Ok(PyLocalRecorder { path, facts, feed, page: Mutex::default(), pid: std::process::id() })
    }
}

/// The run store of this process, as it is written, and its live page.
#[pyclass(frozen, name = "LocalRecorder", module = "locust_telemetry._native")]
pub(crate) struct PyLocalRecorder {
    path: PathBuf,
    facts: Arc<FactsCell>,
    feed: Feed,
    page: Mutex<Option<LivePage>>,
    /// The process whose page it is.
    pid: u32,
}

#[pymethods]
impl PyLocalRecorder {
    /// Keeps these facts (JSON types) with the run of this id, which is on or starts next.
    fn set_facts(&self, run_id: &str, facts: &Bound<'_, PyDict>) {
        self.facts.set(run_id, json_value::object_from_python(facts));
    }

    /// Serves the live page on `port`, or the next free one (0: any); returns its address, the token in it.
    fn serve(&self, py: Python<'_>, host: String, port: u16, token: Option<String>) -> PyResult<String> {
        let config = WebConfig { host, port, token, store_path: self.path.clone(), feed: Some(self.feed.clone()) };
        let page = py.detach(|| LivePage::start(config)).map_err(|error| {
            let text = with_causes(&error);
            match error {
                StartPageError::TokenNeeded { .. }
                | StartPageError::UnfitToken
                | StartPageError::UnknownHost { .. } => PyValueError::new_err(text),
                _ => PyOSError::new_err(text),
            }
        })?;
        let url = page.url().to_owned();
        *lock(&self.page) = Some(page);
        Ok(url)
    }

    /// Writes a report of a run to `path`, on a thread of its own.
    fn write_report(&self, run_id: String, path: PathBuf) -> PyReportWriting {
        let writing = Arc::new(Writing::default());
        let (store, target, done) = (self.path.clone(), path.clone(), Arc::clone(&writing));
        let started = std::thread::Builder::new().name("lt-report".into()).spawn(move || {
            done.end(report_file::write(&store, &run_id, &target).err().map(|error| with_causes(&error)));
        });
        if let Err(error) = started {
            writing.end(Some(error.to_string()));
        }
        PyReportWriting { path, writing }
    }

    /// Ends the live page, if there is one. Safe to call again.
    fn close_page(&self, py: Python<'_>) {
        let page = lock(&self.page).take();
        py.detach(|| drop(page));
    }
}

impl Drop for PyLocalRecorder {
    fn drop(&mut self) {
        let page = lock(&self.page).take();
        if self.pid != std::process::id() {
            // The thread to wait for is not in this process.
            std::mem::forget(page);
        }
    }
}

/// A report under way.
#[pyclass(frozen, name = "ReportWriting", module = "locust_telemetry._native")]
pub(crate) struct PyReportWriting {
    path: PathBuf,
    writing: Arc<Writing>,
}

#[pymethods]
impl PyReportWriting {
    /// The file that it is written to.
    #[getter]
    fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// Whether it was written, or cannot be.
    #[getter]
    fn done(&self) -> bool {
        lock(&self.writing.end).is_some()
    }

    /// Why it could not be written; None while it is written, and after it was.
    #[getter]
    fn error(&self) -> Option<String> {
        lock(&self.writing.end).clone().flatten()
    }

    /// Waits until done, at most `timeout_s` seconds, without the GIL; returns whether it is.
    fn wait(&self, py: Python<'_>, timeout_s: f64) -> bool {
        let budget = Duration::try_from_secs_f64(timeout_s).unwrap_or_default();
        py.detach(|| {
            let end = lock(&self.writing.end);
            let waited = self.writing.ended.wait_timeout_while(end, budget, |end| end.is_none());
            waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
        })
    }
}

/// How the writing of a report ended.
#[derive(Default)]
struct Writing {
    /// Once it has: why it failed, if it did.
    end: Mutex<Option<Option<String>>>,
    ended: Condvar,
}

impl Writing {
    fn end(&self, error: Option<String>) {
        *lock(&self.end) = Some(error);
        self.ended.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
