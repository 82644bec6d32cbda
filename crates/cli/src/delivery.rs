//! What became of the records, by recorder: the books of all processes added up.

use locust_telemetry_json::read::RecorderEntry;
use std::collections::{BTreeMap, BTreeSet};

/// The books of one recorder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Requests that it passed on.
    pub(crate) delivered_requests: u64,
    /// Requests that it still held at the end.
    pub(crate) queued_requests: u64,
    /// Records of their own (events, samples) that it still held.
    pub(crate) queued_records: u64,
    /// Requests that are lost.
    pub(crate) dropped_requests: u64,
    /// Records of their own that are lost.
    pub(crate) dropped_records: u64,
    /// Why.
    pub(crate) drop_reasons: BTreeSet<String>,
}

impl Delivery {
    /// Whether requests were for it at all: an otel recorder's are its workers' to export, unless its master does.
    pub(crate) const fn took_requests(&self) -> bool {
        self.delivered_requests > 0 || self.queued_requests > 0 || self.dropped_requests > 0
    }

    /// Whether it still held something when the books were closed.
    pub(crate) const fn holds(&self) -> bool {
        self.queued_requests > 0 || self.queued_records > 0
    }
}

/// The books by recorder id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Deliveries(pub(crate) BTreeMap<String, Delivery>);

impl Deliveries {
    /// Adds what one process said of one recorder.
    pub(crate) fn add(&mut self, entry: &RecorderEntry) {
        let mine = self.0.entry(entry.id.clone()).or_default();
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut mine.delivered_requests, entry.delivered_requests);
        add(&mut mine.queued_requests, entry.queued_requests);
        add(&mut mine.queued_records, entry.queued_records);
        add(&mut mine.dropped_requests, entry.dropped_requests);
        add(&mut mine.dropped_records, entry.dropped_records);
        mine.drop_reasons.extend(entry.drop_reasons.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::recorder;

    #[test]
    fn the_books_of_processes_add_up_by_recorder() {
        let mut lossy = recorder("json", 40);
        (lossy.dropped_requests, lossy.dropped_records) = (2, 1);
        lossy.drop_reasons = vec!["queue full".to_owned()];
        let mut all = Deliveries::default();
        [lossy, recorder("otel", 42), recorder("json", 8)].iter().for_each(|entry| all.add(entry));
        assert_eq!(all.0["json"].delivered_requests, 48);
        assert_eq!((all.0["json"].dropped_requests, all.0["json"].dropped_records), (2, 1));
        assert_eq!(all.0["json"].drop_reasons.len(), 1);
        assert_eq!(all.0["otel"].delivered_requests, 42);
    }
}
