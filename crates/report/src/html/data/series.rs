//! The series of a report: all of them, or the most requested ones and the others together.

use super::size;
use locust_telemetry_core::{RequestAggregate, SeriesKey};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

/// What of the room is kept for the two rows of the others: their names and numbers are short.
const OTHERS_BYTES: usize = 200;

/// Which series are listed, and as which the others are shown.
#[derive(Debug)]
pub(super) struct Series {
    /// Id, method, name, status, error type.
    pub(super) rows: Vec<Value>,
    /// How many series are shown together with others.
    pub(super) folded: usize,
    /// By the id in the store, the id in the report.
    shown_as: Vec<u32>,
}

impl Series {
    /// The series that have requests, those with the most first, as long as their names fit into `room` bytes.
    pub(super) fn within(keys: &[Arc<SeriesKey>], aggregate: &RequestAggregate, room: usize) -> Self {
        let number = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let others = |key: &SeriesKey| number.saturating_add(u32::from(key.is_failure()));
        let mut used: Vec<(u32, &SeriesKey, u64)> = (0..number)
            .zip(keys)
            .filter_map(|(id, key)| Some((id, &**key, aggregate.series.get(key)?.requests)))
            .collect();
        used.sort_by_key(|(_, _, requests)| Reverse(*requests));
        let mut series = Self { rows: Vec::new(), folded: 0, shown_as: keys.iter().map(|key| others(key)).collect() };
        let mut left = room.saturating_sub(OTHERS_BYTES);
        let mut folded = [false; 2];
        for (id, key, _) in used {
            let row = row(id, key);
            // Once one does not fit, no later one is shown instead.
            match left.checked_sub(size(&row) + 1).filter(|_| series.folded == 0) {
                Some(less) => {
                    left = less;
                    series.rows.push(row);
                    series.shown_as[id as usize] = id;
                }
                None => {
                    series.folded += 1;
                    folded[usize::from(key.is_failure())] = true;
                }
            }
        }
        for is_failure in [false, true] {
            if folded[usize::from(is_failure)] {
                let key = SeriesKey::overflow(is_failure);
                series.rows.push(row(others(&key), &key));
            }
        }
        series
    }

    /// The ids in the store.
    pub(super) fn ids(&self) -> Range<u32> {
        0..u32::try_from(self.shown_as.len()).unwrap_or(u32::MAX)
    }

    /// The id in the report of a series of the store.
    pub(super) fn shown_as(&self, id: u32) -> u32 {
        self.shown_as.get(id as usize).copied().unwrap_or(id)
    }
}

fn row(id: u32, key: &SeriesKey) -> Value {
    json!([id, key.method, key.name, key.status.map(u16::from), key.error_type])
}
