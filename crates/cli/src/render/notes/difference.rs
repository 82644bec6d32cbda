//! Why Locust's counts and ours differ, as the master found.

use crate::note::{LABEL_COLUMNS, difference, more, note};
use crate::render::label;
use crate::run_summary::RunSummary;
use crate::run_tally::Endpoint;
use crate::table::Table;
use crate::zone::Zone;
use locust_telemetry_json::read::{CauseEntry, ReconciliationEntry};
use locust_telemetry_report::Cause;
use locust_telemetry_report::words::{count, counted};

const MAX_ENDPOINTS: usize = 5;

/// Nothing if both agree on every endpoint, or the files do not tell.
pub(super) fn lines(run: &RunSummary, zone: &Zone) -> Vec<String> {
    let Some(entry) = run.reconciliation.as_ref().filter(|entry| entry.endpoints_differing > 0) else {
        return Vec::new();
    };
    let causes: Vec<_> = entry.causes.iter().map(cause_of).collect();
    let mut lines = difference(&causes, zone);
    let endpoints = endpoints(entry);
    if lines.is_empty() {
        lines = note("difference", &["no cause is told".to_owned()], " ");
    }
    lines.extend(endpoints);
    lines
}

/// The same cause, as the words are made of it.
fn cause_of(entry: &CauseEntry) -> Cause {
    Cause {
        name: entry.cause.clone(),
        worker: entry.worker.clone(),
        from_ms: entry.from_ms,
        until_ms: entry.until_ms,
        frames: entry.frames,
        requests: entry.requests,
        missing_requests: entry.missing_requests,
        surplus_requests: entry.surplus_requests,
        failures: entry.failures,
    }
}

/// The endpoints that differ most, side by side.
fn endpoints(entry: &ReconciliationEntry) -> Vec<String> {
    let differing = counted(entry.endpoints_differing, "endpoint");
    let verb = if entry.endpoints_differing == 1 { "differs" } else { "differ" };
    let mut table = Table::new(LABEL_COLUMNS, &format!("{differing} {verb}"), ["recorded", "Locust"]);
    let shown = entry.endpoints.iter().take(MAX_ENDPOINTS);
    for one in shown.clone() {
        let endpoint = Endpoint { name: one.name.clone(), method: one.method.clone() };
        let both =
            |of: fn(&locust_telemetry_json::CountEntry) -> u64| [count(of(&one.recorded)), count(of(&one.locust))];
        let figures = if one.recorded.requests == one.locust.requests {
            both(|count| count.failures).map(|failures| format!("{failures} failed"))
        } else {
            both(|count| count.requests)
        };
        table.push(label(&endpoint, 0), figures);
    }
    let mut lines = table.lines();
    let hidden = entry.endpoints_differing.saturating_sub(shown.count() as u64);
    if hidden > 0 {
        lines.extend(note("", &more(usize::try_from(hidden).unwrap_or(usize::MAX)), " "));
    }
    lines
}
