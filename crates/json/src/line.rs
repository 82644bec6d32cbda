//! One line: a record as it stands in the file and in the log. Pure.

use crate::time;
use locust_telemetry_core::RunIdentity;
use locust_telemetry_pipeline::Record;
use serde_json::{Map, Value, json};

/// The logger under which this crate's own lines stand.
pub const LOGGER_NAME: &str = "locust_telemetry.recorders.json";

/// `telemetry_name` of request statistics.
pub const STATS_NAME: &str = "locust.tl.request.metric.stats";

/// `telemetry_name` of what a master tells of one worker.
pub const WORKER_STATS_NAME: &str = "locust.tl.worker.metric.stats";

/// `telemetry_name` of the summary of a run.
pub const SUMMARY_NAME: &str = "locust.tl.run.summary";

/// `telemetry_name` of the comparison with Locust's own counts.
pub const RECONCILIATION_NAME: &str = "locust.tl.run.reconciliation";

/// The line of `record`, with the `\n` at its end: UTF-8, one JSON object, no other line break.
#[must_use]
pub fn encode(record: &Record) -> Vec<u8> {
    let telemetry = record.telemetry.clone();
    encode_parts(record.time_unix_ns, &record.level, &record.name, &record.message, telemetry)
}

/// The line of a record that is given by its parts; `time_unix_ns` in nanoseconds since the Unix epoch.
pub(crate) fn encode_parts(
    time_unix_ns: i64,
    level: &str,
    name: &str,
    message: &str,
    telemetry: Map<String, Value>,
) -> Vec<u8> {
    let line = json!({
        "time": time::rfc3339_ms(time_unix_ns),
        "level": level,
        "name": name,
        "message": message,
        "telemetry": telemetry,
    });
    let mut bytes = line.to_string().into_bytes();
    bytes.push(b'\n');
    bytes
}

/// The fields with which every `telemetry` object begins.
pub(crate) fn identity_fields(kind: &str, name: &str, run: &RunIdentity) -> Map<String, Value> {
    let mut fields = Map::new();
    extend(
        &mut fields,
        json!({
            "telemetry_type": kind,
            "telemetry_name": name,
            "source": run.source,
            "source_id": run.source_id,
            "run_id": run.run_id,
            "testplan": run.testplan,
            "recorder": run.role.name(),
        }),
    );
    fields
}

/// Appends the fields of `more`, an object, in their order.
pub(crate) fn extend(fields: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        fields.extend(more);
    }
}
