//! The comparison of what was recorded with what Locust counted.

use super::fields::Fields;
use super::worker::frames;
use crate::entry::{CauseEntry, ComparisonEntry, CountEntry, ReconciliationEntry, WorkerAccountEntry};
use crate::error::ParseLineError;
use crate::time;
use serde_json::Value;

/// The whole record.
pub(super) fn parse(fields: &Fields<'_>) -> Result<ReconciliationEntry, ParseLineError> {
    let (locust, recorded) = both(fields)?;
    Ok(ReconciliationEntry {
        run_id: fields.text("run_id")?,
        source_id: fields.text("source_id")?,
        locust,
        recorded,
        endpoints_differing: fields.count("endpoints_differing")?,
        endpoints: fields.objects("endpoints", endpoint)?,
        workers: fields.objects("workers", worker)?,
        causes: fields.objects("causes", cause)?,
    })
}

/// Locust's count and what was recorded.
fn both(fields: &Fields<'_>) -> Result<(CountEntry, CountEntry), ParseLineError> {
    let locust =
        CountEntry { requests: fields.count("num_requests_locust")?, failures: fields.count("num_failures_locust")? };
    let recorded = CountEntry {
        requests: fields.count("num_requests_recorded")?,
        failures: fields.count("num_failures_recorded")?,
    };
    Ok((locust, recorded))
}

fn endpoint(fields: &Fields<'_>) -> Result<ComparisonEntry, ParseLineError> {
    let (locust, recorded) = both(fields)?;
    Ok(ComparisonEntry { method: fields.text("method")?, name: fields.text("name")?, locust, recorded })
}

fn worker(fields: &Fields<'_>) -> Result<WorkerAccountEntry, ParseLineError> {
    let time_ms = |value: &Value| value.as_str().and_then(time::parse_ms);
    Ok(WorkerAccountEntry {
        source_id: fields.text("source_id")?,
        state: fields.text("state")?,
        requests: fields.count("num_requests")?,
        is_silent: fields.get("silent", Value::as_bool)?,
        frames: frames(fields)?,
        lost_from_ms: fields.nullable("lost_from", time_ms)?,
        lost_until_ms: fields.nullable("lost_until", time_ms)?,
    })
}

/// A cause has the fields that apply to it.
fn cause(fields: &Fields<'_>) -> Result<CauseEntry, ParseLineError> {
    let count = |key| fields.since(key, |fields| fields.count(key));
    let time_ms = |key| fields.since(key, |fields| fields.time_ms(key));
    Ok(CauseEntry {
        cause: fields.text("cause")?,
        worker: fields.since("worker", |fields| fields.text("worker"))?,
        from_ms: time_ms("from")?,
        until_ms: time_ms("until")?,
        frames: count("frames")?,
        requests: count("requests")?,
        missing_requests: count("missing_requests")?,
        surplus_requests: count("surplus_requests")?,
        failures: count("failures")?,
    })
}
