//! Why Locust's counts and ours differ, as the master found.

use crate::note::{LABEL_COLUMNS, more, note, notes};
use crate::render::label;
use crate::run_summary::RunSummary;
use crate::run_tally::Endpoint;
use crate::table::Table;
use crate::zone::Zone;
use locust_telemetry_core::series::OVERFLOW_NAME;
use locust_telemetry_json::read::{CauseEntry, ReconciliationEntry};
use locust_telemetry_report::words::{count, counted};

const MAX_CAUSES: usize = 9;
const MAX_ENDPOINTS: usize = 5;

/// Nothing if both agree on every endpoint, or the files do not tell.
pub(super) fn lines(run: &RunSummary, zone: &Zone) -> Vec<String> {
    let Some(entry) = run.reconciliation.as_ref().filter(|entry| entry.endpoints_differing > 0) else {
        return Vec::new();
    };
    let mut causes: Vec<_> = entry.causes.iter().take(MAX_CAUSES).map(|cause| sentence(cause, zone)).collect();
    if entry.causes.len() > MAX_CAUSES {
        causes.push(more(entry.causes.len() - MAX_CAUSES));
    }
    let mut lines = notes("difference", causes);
    let endpoints = endpoints(entry);
    if lines.is_empty() {
        lines = note("difference", &["no cause is told".to_owned()], " ");
    }
    lines.extend(endpoints);
    lines
}

/// One cause in words, which may be on several lines: who or what, when, and how many requests.
fn sentence(cause: &CauseEntry, zone: &Zone) -> Vec<String> {
    let worker = cause.worker.as_deref().unwrap_or("a worker");
    let requests = cause.requests.map(|requests| counted(requests, "request"));
    let share = requests.as_ref().map(|requests| format!("({requests})"));
    let some = requests.as_deref().unwrap_or("requests");
    let (what, more) = match cause.cause.as_str() {
        "frames_lost" => {
            let lost = match cause.frames.unwrap_or(0) {
                // A frame holds whole seconds, and follows them; who is killed sends no last one.
                0 => "ended before its last frame".to_owned(),
                frames => format!("lost {}", counted(frames, "frame")),
            };
            (format!("{worker} {lost}"), seconds(cause, zone).into_iter().chain(share).collect())
        }
        "reports_lost" => (format!("Locust lacks the last report of {worker}"), Vec::from_iter(share)),
        "worker_silent" => (format!("{worker} sent no telemetry at all"), Vec::from_iter(share)),
        "statistics_reset" => (format!("Locust's statistics were reset and forgot {some}"), Vec::new()),
        "after_locust" => (format!("{some} came when Locust took no more reports"), Vec::new()),
        "overflow" => (format!("{some} under {OVERFLOW_NAME} instead of their own names"), Vec::new()),
        "unexplained" => ("unexplained:".to_owned(), unexplained(cause)),
        other => (other.to_owned(), Vec::from_iter(share)),
    };
    std::iter::once(what).chain(more).collect()
}

fn seconds(cause: &CauseEntry, zone: &Zone) -> Option<String> {
    let (from_ms, until_ms) = cause.from_ms.zip(cause.until_ms)?;
    Some(format!("from {} to {}", zone.time_of_day(from_ms), zone.time_of_day(until_ms)))
}

fn unexplained(cause: &CauseEntry) -> Vec<String> {
    let parts = [
        (cause.missing_requests, "request", "missing here"),
        (cause.surplus_requests, "request", "missing at Locust"),
        (cause.failures, "failure", "counted differently"),
    ];
    let parts = parts.into_iter().filter_map(|(number, noun, what)| Some((number.filter(|n| *n > 0)?, noun, what)));
    let mut parts: Vec<_> = parts.map(|(number, noun, what)| format!("{} {what},", counted(number, noun))).collect();
    if let Some(last) = parts.last_mut() {
        last.pop();
    }
    parts
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
