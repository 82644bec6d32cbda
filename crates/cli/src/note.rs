//! Labelled lines below a table.

use crate::table::Table;
use crate::text::{flow, left};
use crate::zone::Zone;
use locust_telemetry_report::Cause;
use locust_telemetry_report::words::count;

/// Before what a note says: indent, label, space.
pub(crate) const LABEL_COLUMNS: usize = 13;
/// Between the items of a note.
pub(crate) const DOT: &str = " · ";

const MAX_CAUSES: usize = 9;

/// A label and its items; nothing without items.
pub(crate) fn note(label: &str, items: &[String], separator: &str) -> Vec<String> {
    if items.is_empty() { Vec::new() } else { flow(&left(&format!("  {label}"), LABEL_COLUMNS), items, separator) }
}

/// Several lines under one label.
pub(crate) fn notes(label: &str, entries: Vec<Vec<String>>) -> Vec<String> {
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    entries.into_iter().zip(labels).flat_map(|(words, label)| note(label, &words, " ")).collect()
}

/// Why what was recorded and what Locust counted differ; nothing without causes.
pub(crate) fn difference(causes: &[Cause], zone: &Zone) -> Vec<String> {
    let in_words = |cause: &Cause| cause.in_words(|unix_ms| zone.time_of_day(unix_ms));
    let mut entries: Vec<_> = causes.iter().take(MAX_CAUSES).map(in_words).collect();
    if causes.len() > MAX_CAUSES {
        entries.push(more(causes.len() - MAX_CAUSES));
    }
    notes("difference", entries)
}

/// What stands for entries that are not shown.
pub(crate) fn more(hidden: usize) -> Vec<String> {
    vec![format!("… and {} more", count(hidden as u64))]
}

/// A table that begins at [`LABEL_COLUMNS`], with a label in the line of its titles.
pub(crate) fn titled<const N: usize>(label: &str, table: &Table<N>) -> Vec<String> {
    let mut lines = table.lines();
    if let Some(first) = lines.first_mut() {
        *first = format!("{}{}", left(&format!("  {label}"), LABEL_COLUMNS), first.trim_start());
    }
    lines
}
