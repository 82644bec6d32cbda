//! Reads lines back: what summaries need of them.
//!
//! Pure, and never panics, whatever the bytes: a file may end in half a line or hold another program's.

mod fields;
mod reconciliation;
mod worker;

use self::fields::{Fields, count, field};
use crate::error::ParseLineError;
use crate::line::{RECONCILIATION_NAME, STATS_NAME, SUMMARY_NAME, WORKER_STATS_NAME};
use crate::phase::Phase;
use locust_telemetry_core::bucket::SCALE;
use locust_telemetry_core::histogram::Parts;
use locust_telemetry_core::{Histogram, Length};
use serde_json::{Map, Value};

pub use crate::entry::{
    CauseEntry, ClockEntry, ComparisonEntry, ConfidenceEntry, CountEntry, Entry, FinalEntry, IntervalEntry,
    OutcomeEntry, ReconciliationEntry, RecorderEntry, SummaryEntry, VerdictEntry, WorkerAccountEntry, WorkerEntry,
};

/// Reads one line, with or without the `\n` at its end.
///
/// # Errors
/// When it is no JSON object, or one of the documented records with fields that are never written; see
/// [`ParseLineError`]. Whoever reads a file counts such lines and goes on.
pub fn parse_line(line: &[u8]) -> Result<Entry, ParseLineError> {
    let line: Value = serde_json::from_slice(line).map_err(|source| ParseLineError::NotJson { source })?;
    let Value::Object(line) = line else {
        return Err(ParseLineError::NotObject);
    };
    let Some(Value::Object(telemetry)) = line.get("telemetry") else {
        return Ok(Entry::Other { run_id: None });
    };
    let fields = Fields(telemetry);
    let kind = |key| telemetry.get(key).and_then(Value::as_str);
    match (kind("telemetry_name"), kind("stats_type")) {
        (Some(STATS_NAME), Some("interval")) => interval(&fields).map(Entry::Interval),
        (Some(STATS_NAME), Some("final")) => last(&fields).map(Entry::Final),
        (Some(WORKER_STATS_NAME), _) => worker::parse(&fields).map(Entry::Worker),
        (Some(RECONCILIATION_NAME), _) => reconciliation::parse(&fields).map(Entry::Reconciliation),
        (Some(SUMMARY_NAME), _) => summary(&fields).map(Entry::Summary),
        _ => Ok(Entry::Other { run_id: kind("run_id").map(Into::into) }),
    }
}

fn interval(fields: &Fields<'_>) -> Result<IntervalEntry, ParseLineError> {
    let entry = IntervalEntry {
        run_id: fields.text("run_id")?,
        testplan: fields.text("testplan")?,
        source_id: fields.text("source_id")?,
        interval_start_ms: fields.time_ms("interval_start")?,
        interval_seconds: seconds(fields)?,
        phase: phase(fields)?,
        is_late: is_late(fields)?,
        verdict: fields.since("confidence", verdict)?,
        user_count: fields.count("user_count")?,
        method: fields.text("method")?,
        name: fields.text("name")?,
        requests: fields.count("num_requests")?,
        failures: fields.count("num_failures")?,
        response_bytes: fields.get("response_bytes", Value::as_u64)?,
        outcomes: fields.objects("outcomes", outcome)?,
        latency: histogram(&Fields(fields.get("histogram", Value::as_object)?))?,
    };
    // So that no sum over files overflows, however damaged they are.
    if entry.failures > entry.requests || entry.latency.count() > entry.requests {
        return Err(field("num_requests"));
    }
    Ok(entry)
}

/// The length of an interval; above zero.
fn seconds(fields: &Fields<'_>) -> Result<f64, ParseLineError> {
    fields.get("interval_seconds", |value| value.as_f64().filter(|seconds| *seconds > 0.0))
}

fn phase(fields: &Fields<'_>) -> Result<Option<Phase>, ParseLineError> {
    let known = |value: &Value| value.as_str().and_then(Phase::from_name);
    fields.since("phase", |fields| fields.get("phase", known))
}

fn is_late(fields: &Fields<'_>) -> Result<bool, ParseLineError> {
    fields.since("late", |fields| fields.get("late", Value::as_bool)).map(Option::unwrap_or_default)
}

fn verdict(fields: &Fields<'_>) -> Result<VerdictEntry, ParseLineError> {
    Ok(VerdictEntry { reasons: fields.texts("suspect_reasons")?, suspect_seconds: fields.count("suspect_seconds")? })
}

fn outcome(fields: &Fields<'_>) -> Result<OutcomeEntry, ParseLineError> {
    let status = |value: &Value| value.as_u64().and_then(|status| u16::try_from(status).ok());
    Ok(OutcomeEntry {
        status: fields.nullable("status", status)?,
        error_type: fields.nullable("error_type", |value| value.as_str().map(Into::into))?,
        requests: fields.count("num_requests")?,
    })
}

fn histogram(fields: &Fields<'_>) -> Result<Histogram, ParseLineError> {
    let (scale, unit) = (fields.get("scale", Value::as_i64)?, fields.text("unit")?);
    if scale != i64::from(SCALE) || unit != "ms" {
        return Err(ParseLineError::Scale { scale, unit, supported: SCALE });
    }
    let bucket = |value: &Value| value.as_u64().ok_or(field("counts"));
    let histogram = Histogram::from_parts(Parts {
        zero_count: fields.count("zero_count")?,
        sum_ns: fields.text("sum_ns")?.parse().map_err(|_| field("sum_ns"))?,
        min_ns: fields.get("min_ns", Value::as_u64)?,
        max_ns: fields.get("max_ns", Value::as_u64)?,
        offset: i32::try_from(fields.get("offset", Value::as_i64)?).map_err(|_| field("offset"))?,
        counts: fields.get("counts", Value::as_array)?.iter().map(bucket).collect::<Result<_, _>>()?,
    })?;
    let (count, sum_ns) = (u128::from(histogram.count()), histogram.sum_ns());
    let bound = |extreme: Option<u64>| count * u128::from(extreme.unwrap_or(0));
    if (bound(histogram.min_ns())..=bound(histogram.max_ns())).contains(&sum_ns) {
        Ok(histogram)
    } else {
        Err(field("sum_ns"))
    }
}

fn last(fields: &Fields<'_>) -> Result<FinalEntry, ParseLineError> {
    Ok(FinalEntry {
        run_id: fields.text("run_id")?,
        source_id: fields.text("source_id")?,
        requests: fields.count("num_requests")?,
        failures: fields.count("num_failures")?,
        user_count: fields.count("user_count")?,
    })
}

fn summary(fields: &Fields<'_>) -> Result<SummaryEntry, ParseLineError> {
    let anomalies_of = |key| fields.get(key, |kinds_of| kinds(kinds_of.as_object()?));
    let mut anomalies = anomalies_of("anomalies")?;
    anomalies.extend(fields.since("before_run", |_| anomalies_of("before_run"))?.unwrap_or_default());
    for (field, kind) in [
        ("held_lost_requests", "held_lost"),
        ("foreign_frames", "foreign_frames"),
        ("dropped_frames", "dropped_frames"),
    ] {
        anomalies.extend(fields.0.get(field).and_then(count).map(|times| (kind.into(), times)));
    }
    Ok(SummaryEntry {
        run_id: fields.text("run_id")?,
        testplan: fields.text("testplan")?,
        source_id: fields.text("source_id")?,
        role: fields.text("recorder")?,
        start_ms: fields.time_ms("start_time")?,
        end_ms: fields.time_ms("end_time")?,
        length: length(fields)?,
        peak_users: fields.count("peak_user_count")?,
        requests: fields.count("num_requests")?,
        failures: fields.count("num_failures")?,
        folded_requests: fields.count("folded_requests")?,
        folded_names: fields.texts("folded_names")?,
        anomalies,
        confidence: fields
            .since("confidence", |fields| confidence(&Fields(fields.get("confidence", Value::as_object)?)))?,
        recorders: fields.objects("recorders", recorder)?,
    })
}

/// Written as a number of seconds, which has each nanosecond of a run of less than a hundred days.
fn length(fields: &Fields<'_>) -> Result<Length, ParseLineError> {
    let seconds = fields.get("duration_seconds", |value| value.as_f64().filter(|seconds| *seconds >= 0.0))?;
    // From float to integer saturates.
    Ok(Length::from_ns((seconds * 1e9).round() as u64))
}

fn confidence(fields: &Fields<'_>) -> Result<ConfidenceEntry, ParseLineError> {
    Ok(ConfidenceEntry {
        seconds: fields.count("seconds")?,
        suspect_seconds: fields.count("suspect_seconds")?,
        suspect_requests: fields.count("suspect_requests")?,
        reasons: fields.get("reasons", |reasons| kinds(reasons.as_object()?))?,
    })
}

/// An object of counts by kind.
fn kinds(object: &Map<String, Value>) -> Option<Vec<(String, u64)>> {
    object.iter().map(|(kind, value)| Some((kind.clone(), count(value)?))).collect()
}

fn recorder(fields: &Fields<'_>) -> Result<RecorderEntry, ParseLineError> {
    Ok(RecorderEntry {
        id: fields.text("id")?,
        offered_requests: fields.count("offered_requests")?,
        delivered_requests: fields.count("delivered_requests")?,
        queued_requests: fields.count("queued_requests")?,
        dropped_requests: fields.count("dropped_requests")?,
        offered_records: fields.count("offered_records")?,
        delivered_records: fields.count("delivered_records")?,
        queued_records: fields.count("queued_records")?,
        dropped_records: fields.count("dropped_records")?,
        drop_reasons: fields.get("drop_reasons", Value::as_object)?.keys().cloned().collect(),
    })
}
