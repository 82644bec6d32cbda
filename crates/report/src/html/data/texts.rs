//! Errors, events and what is known of the run, as far as they fit.

use super::series::Series;
use super::size;
use locust_telemetry_store::{ErrorRow, EventRow};
use serde_json::{Value, json};

/// Those parts of a run's head that may be of any size.
const FACTS: [&str; 7] = ["labels", "notes", "lost", "reconciliation", "metadata", "summary", "facts"];

/// Rows that fit, and how many did not.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) rows: Vec<Value>,
    /// How many rows are not there.
    pub(super) left_out: usize,
    /// What those count together, where rows have counts.
    pub(super) left_out_count: u64,
}

/// The errors, the most frequent first (as they come), as long as they fit into `room` bytes.
pub(super) fn errors(errors: Vec<ErrorRow>, series: &Series, room: usize) -> Listed {
    let (mut listed, mut left) = (Listed::default(), room);
    for error in errors {
        let error = ErrorRow { series: series.shown_as(error.series), ..error };
        let row = error.to_json();
        match left.checked_sub(size(&row) + 1).filter(|_| listed.left_out == 0) {
            Some(less) => {
                left = less;
                listed.rows.push(row);
            }
            None => {
                listed.left_out += 1;
                listed.left_out_count = listed.left_out_count.saturating_add(error.count);
            }
        }
    }
    listed
}

/// The events in the order of time (as they come); where they do not all fit, what people noted goes before the rest.
pub(super) fn events(events: &[EventRow], room: usize) -> Listed {
    let mut kept: Vec<Option<Value>> = vec![None; events.len()];
    let mut left = room;
    for is_annotation in [true, false] {
        for (place, event) in kept.iter_mut().zip(events).filter(|(_, event)| event.is_annotation == is_annotation) {
            let row = event.to_json();
            if let Some(less) = left.checked_sub(size(&row) + 1) {
                left = less;
                *place = Some(row);
            }
        }
    }
    let rows: Vec<_> = kept.into_iter().flatten().collect();
    Listed { left_out: events.len() - rows.len(), rows, left_out_count: 0 }
}

/// The head with those of its parts that fit into `room` bytes, and the names of those that do not.
pub(super) fn head(mut head: Value, room: usize) -> (Value, Vec<&'static str>) {
    let mut left = room;
    let mut left_out = Vec::new();
    for name in FACTS {
        match left.checked_sub(size(&head[name])) {
            Some(less) => left = less,
            None => {
                head[name] = Value::Null;
                left_out.push(name);
            }
        }
    }
    for (name, value) in [("seq", json!(null)), ("sealed_until_s", json!(null)), ("series", json!([]))] {
        head[name] = value;
    }
    (head, left_out)
}
