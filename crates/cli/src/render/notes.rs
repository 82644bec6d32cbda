//! The labelled lines below the table: errors, workers, the books, and everything that is not as it should be.

mod difference;
mod fleet;

use super::label;
use crate::delivery::Delivery;
use crate::note::{DOT, LABEL_COLUMNS, more, note, notes};
use crate::run_summary::{RampUp, RunSummary};
use crate::run_tally::Fault;
use crate::text::{PAGE_COLUMNS, columns, left, right, shorten};
use crate::zone::Zone;
use locust_telemetry_report::words::{count, counted, duration};

const MAX_FAULTS: usize = 10;
const MAX_FAULT_COLUMNS: usize = 28;
const MAX_UNCLOSED: usize = 8;
const MAX_FOLDED_NAMES: usize = 5;
const MAX_FOLDED_COLUMNS: usize = 32;
const MAX_FILES: usize = 10;

/// All notes, those that have something to say.
pub(super) fn lines(run: &RunSummary, unread_lines: &[(String, u64)], zone: &Zone) -> Vec<String> {
    let mut lines = errors(run);
    lines.extend(ramp_up(run));
    lines.extend(confidence(run));
    lines.extend(fleet::workers(run));
    lines.extend(note("recorded", &recorded(run), DOT));
    lines.extend(difference::lines(run, zone));
    lines.extend(fleet::troubles(run));
    lines.extend(dropped(run));
    lines.extend(gaps(run));
    lines.extend(folded(run));
    let odd = run.anomalies.iter().filter(|(name, _)| name != "series_overflow" || run.folded_requests == 0);
    lines.extend(note("odd", &odd.map(|(name, times)| format!("{name} {}", count(*times))).collect::<Vec<_>>(), DOT));
    lines.extend(unclosed(run, zone));
    lines.extend(unread(unread_lines));
    lines
}

fn errors(run: &RunSummary) -> Vec<String> {
    if run.faults.is_empty() {
        return match (run.total.failures, run.total.requests) {
            (0, 0) => Vec::new(),
            (0, _) => note("errors", &["none".to_owned()], DOT),
            (failures, _) => note("errors", &[format!("{} of unknown kind", count(failures))], DOT),
        };
    }
    let shown = &run.faults[..run.faults.len().min(MAX_FAULTS)];
    let rows: Vec<_> =
        shown.iter().map(|row| (count(row.requests), kind(&row.fault), label(&row.endpoint, 0))).collect();
    let widest = |of: fn(&(String, String, String)) -> &str| rows.iter().map(|row| columns(of(row))).max().unwrap_or(0);
    let (number, fault) = (widest(|row| &row.0), widest(|row| &row.1));
    let room = PAGE_COLUMNS.saturating_sub(LABEL_COLUMNS + number + fault + 4);
    let row = |(requests, kind, endpoint): &(String, String, String)| {
        vec![format!("{}  {}  {}", right(requests, number), left(kind, fault), shorten(endpoint, room))]
    };
    let mut entries: Vec<_> = rows.iter().map(row).collect();
    if run.faults.len() > shown.len() {
        entries.push(more(run.faults.len() - shown.len()));
    }
    notes("errors", entries)
}

/// The class of the error, and the status if there was a response.
fn kind(fault: &Fault) -> String {
    let status = fault.status.map_or_else(String::new, |status| format!(" {status}"));
    format!("{}{status}", shorten(&fault.error_type, MAX_FAULT_COLUMNS - columns(&status)))
}

/// How far the response times can be trusted: one line.
fn confidence(run: &RunSummary) -> Vec<String> {
    let Some(all) = &run.confidence else {
        return Vec::new();
    };
    if all.suspect_seconds == 0 && all.reasons.is_empty() {
        return note("confidence", &["trusted".to_owned()], DOT);
    }
    let unit = if all.processes > 1 { "seconds of workers" } else { "s" };
    let reason = |(name, seconds): &(String, Option<u64>)| match seconds {
        Some(seconds) => format!("{} in {} s", name.replace('_', " "), count(*seconds)),
        None => name.replace('_', " "),
    };
    let verdict = format!("suspect in {} of {} {unit}", count(all.suspect_seconds), count(all.seconds));
    note("confidence", &std::iter::once(verdict).chain(all.reasons.iter().map(reason)).collect::<Vec<_>>(), DOT)
}

/// What `--after-ramp-up` leaves out.
fn ramp_up(run: &RunSummary) -> Vec<String> {
    let text = match run.ramp_up {
        RampUp::Shown => return Vec::new(),
        RampUp::LeftOut { requests, length } => {
            format!("{} in {} left out above", counted(requests, "request"), duration(length))
        }
        RampUp::Unmarked => "not marked in these files: nothing is left out".to_owned(),
    };
    note("ramp-up", &[text], DOT)
}

/// The reconciliation with Locust, and what became of the records.
fn recorded(run: &RunSummary) -> Vec<String> {
    let (requests, failures) = (run.recorded.requests, run.recorded.failures);
    let ours = count(requests);
    let mut items = Vec::new();
    match run.locust {
        Some(locust) => {
            let compared = |ours: u64, theirs: u64| {
                format!("Locust counted {} (difference {})", count(theirs), count(ours.abs_diff(theirs)))
            };
            if locust.requests == requests {
                items.push(format!("{ours} = Locust's {ours}"));
            } else {
                items.extend([ours, compared(requests, locust.requests)]);
            }
            if locust.failures != failures {
                items.push(format!("failures {}, {}", count(failures), compared(failures, locust.failures)));
            }
        }
        None => items.extend([ours, "Locust's own total is not in these files".to_owned()]),
    }
    items.extend(delivered(run));
    items
}

fn delivered(run: &RunSummary) -> Vec<String> {
    let books = &run.deliveries.0;
    if books.is_empty() {
        return Vec::new();
    }
    // What json still held when it wrote its closing record is in the file, or shown as missing.
    let (held, settled): (Vec<_>, Vec<_>) = books.iter().partition(|(id, delivery)| *id != "json" && delivery.holds());
    let is_silent = |delivery: &Delivery| !delivery.took_requests() && run.recorded.requests > 0;
    let (silent, mut whole): (Vec<_>, Vec<_>) = settled.into_iter().partition(|(_, delivery)| is_silent(delivery));
    whole.retain(|(_, delivery)| delivery.delivered_requests > 0 || !delivery.took_requests());
    let ids = |books: &[(&String, &Delivery)]| books.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
    let mut items = Vec::new();
    if !whole.is_empty() {
        items.push(format!("delivered to {}", ids(&whole)));
    }
    if !silent.is_empty() {
        items.push(format!("by {}: see the workers' files", ids(&silent)));
    }
    items.extend(held.iter().filter_map(|(id, delivery)| {
        Some(format!("NOT delivered by {id}: {}", loss(delivery.queued_requests, delivery.queued_records)?))
    }));
    let sum = |of: fn(&Delivery) -> u64| books.values().map(of).fold(0, u64::saturating_add);
    let lost = loss(sum(|delivery| delivery.dropped_requests), sum(|delivery| delivery.dropped_records));
    items.push(format!("dropped {}", lost.as_deref().unwrap_or("0")));
    items
}

/// `1 000 requests and 1 record`, or nothing if nothing is lost.
fn loss(requests: u64, records: u64) -> Option<String> {
    let parts = [(requests, "request"), (records, "record")];
    let parts = parts.iter().filter(|(lost, _)| *lost > 0).map(|(lost, noun)| counted(*lost, noun));
    Some(parts.collect::<Vec<_>>().join(" and ")).filter(|text| !text.is_empty())
}

/// Which recorder lost what, and why.
fn dropped(run: &RunSummary) -> Vec<String> {
    let entry = |(id, delivery): (&String, &Delivery)| {
        let lost = loss(delivery.dropped_requests, delivery.dropped_records)?;
        let reasons = delivery.drop_reasons.iter().cloned();
        let items: Vec<_> = std::iter::once(format!("{id} {lost}")).chain(reasons).collect();
        Some(note("dropped", &items, DOT))
    };
    run.deliveries.0.iter().filter_map(entry).flatten().collect()
}

/// Where the intervals and the closing records disagree.
fn gaps(run: &RunSummary) -> Vec<String> {
    let (missing, surplus) = (run.missing_requests, run.surplus_requests);
    let mut lines = Vec::new();
    if missing > 0 {
        let dropped = run.deliveries.0.get("json").is_some_and(|json| json.dropped_requests >= missing);
        let why = if dropped { "dropped by json" } else { "is one left out?" };
        let words = [counted(missing, "recorded request"), "not in these files:".into(), why.into()];
        lines.extend(note("missing", &words, " "));
    }
    if surplus > 0 {
        let words = [counted(surplus, "request"), "more than recorded:".into(), "are files here twice?".into()];
        lines.extend(note("surplus", &words, " "));
    }
    lines
}

fn folded(run: &RunSummary) -> Vec<String> {
    if run.folded_requests == 0 {
        return Vec::new();
    }
    let names = run.folded_names.iter().take(MAX_FOLDED_NAMES);
    let mut items = vec![format!("{} beyond the limit on series", counted(run.folded_requests, "request"))];
    items.extend(names.map(|name| shorten(name, MAX_FOLDED_COLUMNS).into_owned()));
    if run.folded_names.len() > MAX_FOLDED_NAMES {
        items.push("…".to_owned());
    }
    note("folded", &items, DOT)
}

fn unclosed(run: &RunSummary, zone: &Zone) -> Vec<String> {
    let all: Vec<_> = run.unclosed().collect();
    let mut entries: Vec<_> = all
        .iter()
        .take(MAX_UNCLOSED)
        .map(|(id, source)| {
            let until = source.last_interval_end_ms().map_or_else(String::new, |unix_ms| zone.time_of_day(unix_ms));
            let recorded = format!("{} recorded", counted(source.requests(), "request"));
            vec![format!("{} has no closing record (killed?):", id.0), recorded, format!("until {until}")]
        })
        .collect();
    if all.len() > MAX_UNCLOSED {
        entries.push(more(all.len() - MAX_UNCLOSED));
    }
    notes("unclosed", entries)
}

fn unread(files: &[(String, u64)]) -> Vec<String> {
    let mut entries: Vec<_> = files
        .iter()
        .take(MAX_FILES)
        .map(|(path, lines)| vec![counted(*lines, "line"), "could not be read in".to_owned(), path.clone()])
        .collect();
    if files.len() > MAX_FILES {
        entries.push(more(files.len() - MAX_FILES));
    }
    notes("unread", entries)
}
