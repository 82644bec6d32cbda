//! The extension module `locust_telemetry._native`: converts, releases the GIL, calls, maps errors.
//!
//! No aggregation, formatting or policy here. `listener.rs` is the request path and the only unsafe code of the
//! project.

mod channel;
mod command;
mod engine;
mod handle;
mod json_value;
mod listener;
mod local;
mod otel;
mod subscription;
mod system;
mod window;

use pyo3::prelude::*;

/// One JSON text of any Python value; always valid JSON (see `json_value.rs`).
#[pyfunction]
fn to_json(value: &Bound<'_, PyAny>) -> String {
    json_value::from_python(value).to_string()
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("DEFAULT_MAX_SERIES", locust_telemetry_core::DEFAULT_MAX_SERIES)?;
    module.add_class::<engine::PyEngine>()?;
    module.add_class::<engine::PyFlush>()?;
    module.add_class::<subscription::PySubscription>()?;
    module.add_class::<system::PySystemSample>()?;
    module.add_class::<local::PyLocalRecorder>()?;
    module.add_class::<local::PyReportWriting>()?;
    module.add_class::<command::PyLiveView>()?;
    module.add_class::<otel::PyOtelExporter>()?;
    module.add_class::<otel::PyOtelInstrument>()?;
    module.add_class::<window::PyWindow>()?;
    module.add_class::<window::PyHistogram>()?;
    module.add_function(wrap_pyfunction!(to_json, module)?)?;
    module.add_function(wrap_pyfunction!(channel::now_ns, module)?)?;
    module.add_function(wrap_pyfunction!(local::default_store_path, module)?)?;
    module.add_function(wrap_pyfunction!(otel::otel_variables, module)?)?;
    module.add_function(wrap_pyfunction!(command::command, module)?)?;
    Ok(())
}
