//! What is said of workers: a row for each where they are few, and whatever is not as it should be.

use crate::note::{DOT, LABEL_COLUMNS, more, note, notes, titled};
use crate::run_summary::{RunSummary, Worker};
use crate::table::Table;
use crate::worker::WorkerTally;
use locust_telemetry_json::read::ClockEntry;
use locust_telemetry_report::words::{count, counted, latency, percent};

/// Up to here each worker is listed.
const MAX_WORKERS: usize = 8;
/// From here on a clock is worth a word, in milliseconds.
const MIN_CLOCK_OFFSET_MS: f64 = 100.0;
const FIGURES: [&str; 4] = ["requests", "peak cpu", "hub lag", "suspect"];

/// The workers themselves.
pub(super) fn workers(run: &RunSummary) -> Vec<String> {
    let number = run.workers.len() as u64;
    let closed = run.workers.iter().filter_map(|worker| worker.is_closed);
    // Without a file of any worker there can be no word of their ends.
    let title = match closed.clone().count() {
        0 => count(number),
        _ => format!("{} of {}", count(closed.filter(|is_closed| *is_closed).count() as u64), count(number)),
    };
    let is_seen = run.workers.iter().any(|worker| worker.seen.is_some());
    match run.workers.len() {
        0 => Vec::new(),
        1..=MAX_WORKERS if is_seen => rows(run, &title),
        1..=MAX_WORKERS => {
            let each = run.workers.iter().map(|worker| format!("{} {}", worker.id.0, count(worker.requests)));
            note("workers", &std::iter::once(title).chain(each).collect::<Vec<_>>(), DOT)
        }
        _ => note("workers", &extremes(run, title), DOT),
    }
}

fn rows(run: &RunSummary, title: &str) -> Vec<String> {
    let mut table = Table::new(LABEL_COLUMNS, title, FIGURES);
    run.workers.iter().for_each(|worker| table.push(worker.id.0.clone(), figures(worker)));
    titled("workers", &table)
}

fn figures(worker: &Worker) -> [String; 4] {
    let unknown = || "-".to_owned();
    let Worker { requests, seen, .. } = worker;
    let Some(seen) = seen else {
        return [count(*requests), unknown(), unknown(), unknown()];
    };
    [
        count(*requests),
        seen.peak_cpu_percent.map_or_else(unknown, percent),
        latency(seen.worst_hub_lag_ms),
        // Without a frame there is no verdict, which is no word of trust.
        if seen.frames.received == 0 { unknown() } else { format!("{} s", count(seen.suspect_seconds)) },
    ]
}

/// Many workers in a few words: the range of their requests and the worst of each figure.
fn extremes(run: &RunSummary, title: String) -> Vec<String> {
    let requests = || run.workers.iter().map(|worker| worker.requests);
    let (least, most) = (requests().min().unwrap_or(0), requests().max().unwrap_or(0));
    let mut items = vec![title, format!("{} to {} requests each", count(least), count(most))];
    let worst = |of: fn(&WorkerTally) -> Option<f64>| {
        let figures = run.workers.iter().filter_map(|worker| Some((of(worker.seen.as_ref()?)?, &worker.id.0)));
        figures.max_by(|(one, _), (other, _)| one.total_cmp(other))
    };
    if let Some((peak, worker)) = worst(|seen| seen.peak_cpu_percent) {
        items.push(format!("peak cpu {} ({worker})", percent(peak)));
    }
    if let Some((lag_ms, worker)) = worst(|seen| seen.worst_hub_lag_ms) {
        items.push(format!("hub lag {} ({worker})", latency(Some(lag_ms))));
    }
    let suspect = seen(run).filter(|(_, seen)| seen.suspect_seconds > 0).count() as u64;
    if suspect > 0 {
        items.push(format!("{} suspect", count(suspect)));
    }
    items
}

/// What is odd about workers: how they ended, their frames, their clocks, and what the master lacks of them.
pub(super) fn troubles(run: &RunSummary) -> Vec<String> {
    let mut lines = note("away", &limited(run, |seen| away(&seen.state)), DOT);
    lines.extend(note("frames", &limited(run, frames), DOT));
    lines.extend(note("clocks", &limited(run, |seen| seen.clock().and_then(clock)), DOT));
    lines.extend(mismatches(run));
    lines
}

fn seen(run: &RunSummary) -> impl Iterator<Item = (&str, &WorkerTally)> {
    run.workers.iter().filter_map(|worker| Some((worker.id.0.as_str(), worker.seen.as_ref()?)))
}

/// What there is to say of each worker, for the first few that there is something to say of.
fn limited(run: &RunSummary, say: impl Fn(&WorkerTally) -> Option<String>) -> Vec<String> {
    let mut items: Vec<_> = seen(run).filter_map(|(id, seen)| Some(format!("{id} {}", say(seen)?))).collect();
    let hidden = items.len().saturating_sub(MAX_WORKERS);
    items.truncate(MAX_WORKERS);
    if hidden > 0 {
        items.extend(more(hidden));
    }
    items
}

/// A worker that was not there at the end.
fn away(state: &str) -> Option<String> {
    matches!(state, "missing" | "gone").then(|| state.to_owned())
}

fn frames(seen: &WorkerTally) -> Option<String> {
    let frames = &seen.frames;
    let parts = [(frames.lost, "lost"), (frames.resent, "resent"), (frames.refused, "refused")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<_> = parts.map(|(number, what)| format!("{} {what}", count(number))).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What is added to a worker's time is what its clock lags behind.
fn clock(clock: ClockEntry) -> Option<String> {
    let way = if clock.offset_ms > 0.0 { "behind" } else { "ahead" };
    let (offset, error) = (latency(Some(clock.offset_ms.abs())), latency(Some(clock.error_ms)));
    (clock.offset_ms.abs() > MIN_CLOCK_OFFSET_MS).then(|| format!("{offset} {way} (± {error})"))
}

/// Requests that the master and a worker's own file disagree on.
fn mismatches(run: &RunSummary) -> Vec<String> {
    let mut entries: Vec<_> = run
        .mismatches
        .iter()
        .take(MAX_WORKERS)
        .map(|found| {
            let worker = found.worker.as_ref().map_or("the workers", |id| id.0.as_str());
            let difference = counted(found.own_requests.abs_diff(found.merged_requests), "request");
            let how = if found.own_requests > found.merged_requests { "lacks" } else { "has too many:" };
            vec![format!("{how} {difference}"), format!("of the {} that {worker} recorded", count(found.own_requests))]
        })
        .collect();
    if run.mismatches.len() > MAX_WORKERS {
        entries.push(more(run.mismatches.len() - MAX_WORKERS));
    }
    notes("master", entries)
}
