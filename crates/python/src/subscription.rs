//! Windows for Python code that fetches them on the gevent hub.

use crate::window::PyWindow;
use locust_telemetry_pipeline::Subscription;
use pyo3::prelude::*;
use std::sync::Arc;

/// A bounded queue of finished windows. Fetching never waits.
#[pyclass(frozen, name = "Subscription", module = "locust_telemetry._native")]
pub(crate) struct PySubscription(pub(crate) Arc<Subscription>);

#[pymethods]
impl PySubscription {
    /// The next finished window, or None if none waits.
    fn next(&self) -> Option<PyWindow> {
        self.0.next().map(PyWindow)
    }

    /// Requests in windows that were dropped because nobody fetched them in time.
    #[getter]
    fn dropped_requests(&self) -> u64 {
        self.0.ledger().balance().dropped.requests
    }
}
