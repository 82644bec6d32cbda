//! The summary of a run: what it counted, what was odd, and the books of each recorder. Pure.

use crate::line::{self, SUMMARY_NAME};
use crate::time;
use crate::verdict;
use locust_telemetry_core::{Anomalies, Anomaly, Length, RunConfidence};
use locust_telemetry_pipeline::{Balance, Load, Report};
use serde_json::{Map, Value, json};

/// The `telemetry` object of a run's summary, or `None` if no run has started.
///
/// `now_unix_ns` (nanoseconds since the Unix epoch) is the end of a run that has not stopped.
#[must_use]
pub fn summary_fields(report: &Report, now_unix_ns: i64) -> Option<Map<String, Value>> {
    let run = report.run.as_ref()?;
    let end_unix_ns = run.stopped_unix_ns.unwrap_or(now_unix_ns);
    let length = Length::between(run.started_unix_ns, end_unix_ns);
    let totals = &run.totals;
    let total = totals.total();
    let mut fields = line::identity_fields("event", SUMMARY_NAME, &run.identity);
    line::extend(
        &mut fields,
        json!({
            "start_time": time::rfc3339_ms(run.started_unix_ns),
            "end_time": time::rfc3339_ms(end_unix_ns),
            "duration_seconds": length.seconds(),
            "peak_user_count": run.peak_users,
            "num_requests": total.requests,
            "num_failures": totals.failures(),
            "response_bytes": total.response_bytes,
            "series": report.series,
            "folded_requests": totals.anomalies.get(Anomaly::SeriesOverflow),
            "folded_names": totals.folded.iter().collect::<Vec<_>>(),
            "anomalies": anomalies(&totals.anomalies),
            "confidence": confidence(&run.confidence),
        }),
    );
    for (name, pairs) in [("metadata", &run.identity.metadata), ("labels", &run.identity.labels)] {
        if !pairs.is_empty() {
            let pairs: Map<_, _> = pairs.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
            fields.insert(name.into(), pairs.into());
        }
    }
    let before_run = anomalies(&report.before_run);
    if !before_run.is_empty() {
        fields.insert("before_run".into(), before_run.into());
    }
    if report.held_lost > 0 {
        fields.insert("held_lost_requests".into(), report.held_lost.into());
    }
    for (name, frames) in [("foreign_frames", report.foreign_frames), ("dropped_frames", report.dropped_frames)] {
        if frames > 0 {
            fields.insert(name.into(), frames.into());
        }
    }
    let recorders: Vec<_> = report.recorders.iter().map(|(id, balance)| recorder(id, balance)).collect();
    fields.insert("recorders".into(), recorders.into());
    Some(fields)
}

fn anomalies(anomalies: &Anomalies) -> Map<String, Value> {
    anomalies.occurred().map(|(kind, count)| (kind.name().into(), count.into())).collect()
}

fn confidence(run: &RunConfidence) -> Value {
    let reasons: Map<_, _> = run.reasons().map(|(reason, seconds)| (reason.name().into(), seconds.into())).collect();
    json!({
        "verdict": verdict::confidence(run.is_trusted()),
        "suspect_seconds": run.suspect_seconds,
        "seconds": run.seconds,
        "suspect_requests": run.suspect_requests,
        "reasons": reasons,
    })
}

fn recorder(id: &str, balance: &Balance) -> Value {
    let reason = |(reason, load): (&String, &Load)| {
        (reason.clone(), json!({ "requests": load.requests, "records": load.records }))
    };
    let queued = balance.queued();
    json!({
        "id": id,
        "offered_requests": balance.offered.requests,
        "delivered_requests": balance.delivered.requests,
        "queued_requests": queued.requests,
        "dropped_requests": balance.dropped.requests,
        "offered_records": balance.offered.records,
        "delivered_records": balance.delivered.records,
        "queued_records": queued.records,
        "dropped_records": balance.dropped.records,
        "drop_reasons": balance.reasons.iter().map(reason).collect::<Map<_, _>>(),
    })
}
