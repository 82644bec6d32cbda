//! The record that puts what was recorded beside what Locust counted. Pure.

use crate::line::{self, RECONCILIATION_NAME};
use crate::time::{self, NS_PER_S};
use crate::worker_interval::frame_fields;
use locust_telemetry_core::RunIdentity;
use locust_telemetry_core::reconciliation::{Cause, Comparison, EndpointName, Reconciliation, WorkerAccount};
use serde_json::{Map, Value, json};

/// How many endpoints that differ are written; their number is told.
const MAX_ENDPOINTS: usize = 100;

/// The `telemetry` object of the run's reconciliation. Differences are recorded less Locust's.
#[must_use]
pub fn reconciliation_fields(run: &RunIdentity, reconciliation: &Reconciliation) -> Map<String, Value> {
    let total = &reconciliation.total;
    let differing = reconciliation.differing();
    let mut fields = line::identity_fields("event", RECONCILIATION_NAME, run);
    line::extend(&mut fields, counts(total));
    line::extend(
        &mut fields,
        json!({
            "num_requests_difference": total.requests_difference(),
            "num_failures_difference": total.failures_difference(),
            "endpoints_differing": differing.len(),
            "endpoints": differing.iter().take(MAX_ENDPOINTS).map(endpoint).collect::<Vec<_>>(),
            "workers": reconciliation.workers.iter().map(worker).collect::<Vec<_>>(),
            "causes": reconciliation.causes.iter().map(cause).collect::<Vec<_>>(),
        }),
    );
    fields
}

fn counts(comparison: &Comparison) -> Value {
    json!({
        "num_requests_locust": comparison.locust.requests,
        "num_requests_recorded": comparison.recorded.requests,
        "num_failures_locust": comparison.locust.failures,
        "num_failures_recorded": comparison.recorded.failures,
    })
}

fn endpoint((name, comparison): &(&EndpointName, &Comparison)) -> Value {
    let mut fields = Map::new();
    line::extend(&mut fields, json!({ "method": *name.method, "name": *name.name }));
    line::extend(&mut fields, counts(comparison));
    fields.into()
}

fn worker(account: &WorkerAccount) -> Value {
    let mut fields = Map::new();
    line::extend(
        &mut fields,
        json!({
            "source_id": account.source_id,
            "state": account.state.name(),
            "num_requests": account.requests,
            "silent": account.is_silent,
        }),
    );
    line::extend(&mut fields, frame_fields(&account.frames));
    let (from, until) = span(account.lost);
    line::extend(&mut fields, json!({ "lost_from": from, "lost_until": until }));
    fields.into()
}

/// A cause by its name, and what is known of it.
fn cause(cause: &Cause) -> Value {
    let more = match cause {
        Cause::FramesLost { worker, frames, seconds, requests } => {
            let (from, until) = span(*seconds);
            json!({ "worker": worker, "from": from, "until": until, "frames": frames, "requests": requests })
        }
        Cause::WorkerSilent { worker, requests } | Cause::ReportsLost { worker, requests } => {
            json!({ "worker": worker, "requests": requests })
        }
        Cause::StatisticsReset { requests } | Cause::AfterLocust { requests } | Cause::Overflow { requests } => {
            json!({ "requests": requests })
        }
        Cause::Unexplained { missing_requests, surplus_requests, failures } => {
            json!({ "missing_requests": missing_requests, "surplus_requests": surplus_requests, "failures": failures })
        }
    };
    let mut fields = Map::new();
    line::extend(&mut fields, json!({ "cause": cause.name() }));
    line::extend(&mut fields, more);
    fields.retain(|_, value| !value.is_null());
    fields.into()
}

/// The first moment that is touched and the first one that is not.
fn span(seconds: Option<(i64, i64)>) -> (Option<String>, Option<String>) {
    let at = |second: i64| time::rfc3339_ms(second.saturating_mul(NS_PER_S));
    (seconds.map(|(from_s, _)| at(from_s)), seconds.map(|(_, until_s)| at(until_s)))
}
