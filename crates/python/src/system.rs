//! A system sample as Python reads it.

use locust_telemetry_core::SystemSample;
use pyo3::prelude::*;

const NS_PER_MS: f64 = 1_000_000.0;

/// One reading of the machine and of this process. Read-only.
#[pyclass(frozen, name = "SystemSample", module = "locust_telemetry._native")]
pub(crate) struct PySystemSample(pub(crate) SystemSample);

#[pymethods]
impl PySystemSample {
    /// When the sample was taken: seconds since the Unix epoch.
    #[getter]
    fn time(&self) -> f64 {
        self.0.time_unix_ns as f64 / 1e9
    }

    /// CPU of this process in percent of one core.
    #[getter]
    fn process_cpu_percent(&self) -> f64 {
        self.0.process_cpu_percent
    }

    /// Resident memory of this process in bytes.
    #[getter]
    fn process_memory_bytes(&self) -> u64 {
        self.0.process_memory_bytes
    }

    /// CPU of the host in percent of all its cores.
    #[getter]
    fn host_cpu_percent(&self) -> f64 {
        self.0.host_cpu_percent
    }

    /// Memory in use on the host in bytes.
    #[getter]
    fn host_memory_used_bytes(&self) -> u64 {
        self.0.host_memory_used_bytes
    }

    /// Memory of the host in bytes.
    #[getter]
    fn host_memory_total_bytes(&self) -> u64 {
        self.0.host_memory_total_bytes
    }

    /// Bytes sent in this network namespace since the sampler started.
    #[getter]
    fn network_sent_bytes(&self) -> u64 {
        self.0.network_sent_bytes
    }

    /// Bytes received in this network namespace since the sampler started.
    #[getter]
    fn network_received_bytes(&self) -> u64 {
        self.0.network_received_bytes
    }

    /// Time that threads of this process waited for a core since the last sample, in ms; None if not known.
    #[getter]
    fn run_queue_delay_ms(&self) -> Option<f64> {
        self.0.run_queue_delay_since_last_ns.map(|ns| ns as f64 / NS_PER_MS)
    }

    /// Time that a CPU quota stopped this process's group since the last sample, in ms; None if not known.
    #[getter]
    fn throttled_ms(&self) -> Option<f64> {
        self.0.throttled_since_last_ns.map(|ns| ns as f64 / NS_PER_MS)
    }
}
