//! A window as a message: the JSON that pages get, and that the journal keeps until the window's minute is sealed.

use crate::error::{DecodeError, ReadError};
use crate::gain::Gain;
use crate::window_gains;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use locust_telemetry_core::{SeriesKey, Window, WorkerWindow};
use serde_json::{Map, Value, json};

const NS_PER_MS: f64 = 1e6;

/// What a message says beside the window itself.
#[derive(Debug)]
pub(crate) struct Numbered<'a> {
    pub(crate) run_id: &'a str,
    pub(crate) seq: u64,
    /// Series that no message of the run has named yet.
    pub(crate) new_series: Vec<(u32, &'a SeriesKey)>,
    pub(crate) new_workers: Vec<(u32, &'a str)>,
    /// What each series gained.
    pub(crate) gains: &'a [(u32, Gain)],
    /// The ids of the window's workers, in its order.
    pub(crate) workers: &'a [u32],
    /// Id of the series, message, count.
    pub(crate) errors: &'a [(u32, &'a str, u64)],
}

/// The message of `window`.
pub(crate) fn compose(window: &Window, numbered: &Numbered<'_>) -> String {
    let workers = || numbered.workers.iter().zip(&window.workers);
    let mut worker_gains: Vec<_> = workers().map(|(id, worker)| (*id, gain_of(worker))).collect();
    worker_gains.retain(|(_, gain)| gain.requests > 0);
    worker_gains.sort_unstable_by_key(|(id, _)| *id);
    let system = window.system.as_ref();
    let mut message = json!({
        "run_id": numbered.run_id,
        "seq": numbered.seq,
        "second": window.start_s,
        "users": window.users,
        "hub_lag_ms": window.hub_lag_max_ns.map(ms),
        "reasons": window.reasons.bits(),
        "cpu_percent": system.map(|system| system.process_cpu_percent),
        "memory_bytes": system.map(|system| system.process_memory_bytes),
        "series": numbered.new_series.iter().map(|(id, key)| series(*id, key)).collect::<Vec<_>>(),
        "new_workers": numbered.new_workers,
        "workers": workers().map(|(id, worker)| worker_figures(*id, worker)).collect::<Vec<_>>(),
        "events": window.events.iter().map(|event| json!({
            "time_unix_ns": event.time_unix_ns,
            "name": event.name,
            "attributes": pairs(&event.attributes),
        })).collect::<Vec<_>>(),
        "errors": numbered.errors,
        "gains": STANDARD.encode(window_gains::encode(numbered.gains)),
        "worker_gains": STANDARD.encode(window_gains::encode(&worker_gains)),
    });
    let oddities = [("anomalies", anomalies(window)), ("folded", folded(window))];
    if let Value::Object(fields) = &mut message {
        fields.extend(oddities.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    message.to_string()
}

/// A series as pages get it: id, method, name, status, error type.
pub(crate) fn series(id: u32, key: &SeriesKey) -> Value {
    json!([id, *key.method, *key.name, key.status, key.error_type.as_deref()])
}

/// Pairs of texts as an object.
pub(crate) fn pairs(pairs: &[(String, String)]) -> Map<String, Value> {
    pairs.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect()
}

/// What was odd in the window, by name.
pub(crate) fn anomalies(window: &Window) -> Option<Value> {
    let occurred: Map<_, _> =
        window.requests.anomalies.occurred().map(|(kind, count)| (kind.name().to_owned(), count.into())).collect();
    (!occurred.is_empty()).then(|| occurred.into())
}

/// Which names went to the overflow series.
pub(crate) fn folded(window: &Window) -> Option<Value> {
    let names: Vec<Value> = window.requests.folded.iter().map(Value::from).collect();
    (!names.is_empty()).then(|| names.into())
}

pub(crate) fn ms(ns: u64) -> f64 {
    ns as f64 / NS_PER_MS
}

fn gain_of(worker: &WorkerWindow) -> Gain {
    let latency = locust_telemetry_core::SparseHistogram::of(&worker.latency);
    Gain { requests: worker.requests, response_bytes: 0, latency }
}

fn worker_figures(id: u32, worker: &WorkerWindow) -> Value {
    let system = worker.system.as_ref();
    json!({
        "id": id,
        "state": worker.state.name(),
        "users": worker.users,
        "requests": worker.requests,
        "failures": worker.failures,
        "cpu_percent": system.map(|system| system.process_cpu_percent),
        "memory_bytes": system.map(|system| system.process_memory_bytes),
        "hub_lag_ms": worker.hub_lag_max_ns.map(ms),
        "reasons": worker.reasons.bits(),
        "clock_offset_ms": worker.clock.map(|clock| clock.offset_ns as f64 / NS_PER_MS),
        "clock_error_ms": worker.clock.map(|clock| ms(clock.error_ns)),
    })
}

/// What strips are made of: the figures of a message that add up.
#[derive(Debug, Default)]
pub(crate) struct Gained {
    pub(crate) series: Vec<(u32, Gain)>,
    pub(crate) workers: Vec<(u32, Gain)>,
    /// Id of the series, message, count.
    pub(crate) errors: Vec<(u32, String, u64)>,
}

/// Reads a message of the journal.
pub(crate) fn gained(message: &str) -> Result<Gained, ReadError> {
    const MESSAGE: ReadError = ReadError::Meaningless { what: "window in its journal" };
    let mut fields: Map<String, Value> = serde_json::from_str(message).or(Err(MESSAGE))?;
    let gains = |name: &str| -> Result<_, ReadError> {
        let text = fields.get(name).and_then(Value::as_str).ok_or(MESSAGE)?;
        let bytes = STANDARD.decode(text).or(Err(MESSAGE))?;
        let damaged = |source: DecodeError| ReadError::Damaged { what: "a window of the journal", source };
        window_gains::decode(&bytes).map_err(damaged)
    };
    let (series, workers) = (gains("gains")?, gains("worker_gains")?);
    let error = |error: Value| -> Option<_> {
        let [series, message, count] = <[Value; 3]>::try_from(match error {
            Value::Array(parts) => parts,
            _ => return None,
        })
        .ok()?;
        let Value::String(message) = message else { return None };
        Some((u32::try_from(series.as_u64()?).ok()?, message, count.as_u64()?))
    };
    let errors = match fields.remove("errors") {
        Some(Value::Array(errors)) => errors.into_iter().map(error).collect::<Option<_>>().ok_or(MESSAGE)?,
        _ => return Err(MESSAGE),
    };
    Ok(Gained { series, workers, errors })
}
