//! What the master tells of one worker.

use locust_telemetry_core::FrameCounts;
use locust_telemetry_json::read::{ClockEntry, WorkerEntry};

/// One worker over a run, as its master saw it.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorkerTally {
    /// All its requests that the master has.
    pub(crate) merged_requests: u64,
    /// Those of them that are shown.
    pub(crate) requests: u64,
    /// How many of the seconds that are shown were suspect.
    pub(crate) suspect_seconds: u64,
    /// The busiest sample of its process's CPU, in percent of one core.
    pub(crate) peak_cpu_percent: Option<f64>,
    /// The latest tick of its gevent hub, in milliseconds.
    pub(crate) worst_hub_lag_ms: Option<f64>,
    /// What Locust knew of its life at last.
    pub(crate) state: String,
    /// Its frames at the end.
    pub(crate) frames: FrameCounts,
    newest_ms: Option<i64>,
    /// Its clock, and the interval that told it.
    clock: Option<(i64, ClockEntry)>,
}

impl WorkerTally {
    /// Adds what it did in an interval. Figures of one that is not shown (`is_shown`) are left out.
    pub(crate) fn add(&mut self, entry: &WorkerEntry, is_shown: bool) {
        self.merged_requests = self.merged_requests.saturating_add(entry.requests);
        if is_shown {
            self.requests = self.requests.saturating_add(entry.requests);
            self.suspect_seconds = self.suspect_seconds.saturating_add(entry.verdict.suspect_seconds);
            self.peak_cpu_percent = larger(self.peak_cpu_percent, entry.cpu_percent_max);
            self.worst_hub_lag_ms = larger(self.worst_hub_lag_ms, entry.hub_lag_ms);
        }
        if self.newest_ms.is_none_or(|newest_ms| entry.interval_start_ms >= newest_ms) {
            self.newest_ms = Some(entry.interval_start_ms);
            self.state.clone_from(&entry.state);
        }
        let told = entry.clock.map(|clock| (entry.interval_start_ms, clock));
        self.clock = self.clock.into_iter().chain(told).max_by_key(|(start_ms, _)| *start_ms);
        self.frames = latest(self.frames, entry.frames);
    }

    /// Its clock against the master's, as it was known at last.
    pub(crate) fn clock(&self) -> Option<ClockEntry> {
        self.clock.map(|(_, clock)| clock)
    }
}

fn larger(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}

/// Of counters that only grow, the later reading, whichever was read first.
fn latest(one: FrameCounts, other: FrameCounts) -> FrameCounts {
    FrameCounts {
        received: one.received.max(other.received),
        resent: one.resent.max(other.resent),
        reordered: one.reordered.max(other.reordered),
        replayed: one.replayed.max(other.replayed),
        refused: one.refused.max(other.refused),
        lost: one.lost.max(other.lost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::worker_entry;

    #[test]
    fn peaks_are_kept_and_the_newest_interval_tells_the_state_whatever_the_order() {
        let mut early = worker_entry("r", "worker-0", 0, 5);
        (early.cpu_percent_max, early.hub_lag_ms, early.verdict.suspect_seconds) = (Some(99.0), None, 2);
        early.clock = Some(ClockEntry { offset_ms: 250.0, error_ms: 0.5 });
        let mut late = worker_entry("r", "worker-0", 3_000, 7);
        (late.state, late.hub_lag_ms, late.clock) = ("gone".to_owned(), Some(80.0), None);
        (late.frames.lost, late.verdict.suspect_seconds) = (3, 1);
        for entries in [[&early, &late], [&late, &early]] {
            let mut tally = WorkerTally::default();
            entries.into_iter().for_each(|entry| tally.add(entry, true));
            assert_eq!((tally.requests, tally.suspect_seconds, tally.frames.lost), (12, 3, 3));
            assert_eq!((tally.peak_cpu_percent, tally.worst_hub_lag_ms), (Some(99.0), Some(80.0)));
            assert_eq!((tally.state.as_str(), tally.clock()), ("gone", early.clock));
        }
    }

    #[test]
    fn what_is_not_shown_counts_as_merged_only() {
        let mut tally = WorkerTally::default();
        let mut entry = worker_entry("r", "worker-0", 0, 5);
        (entry.cpu_percent_max, entry.verdict.suspect_seconds) = (Some(99.0), 2);
        tally.add(&entry, false);
        assert_eq!((tally.merged_requests, tally.requests, tally.suspect_seconds), (5, 0, 0));
        assert_eq!(tally.peak_cpu_percent, None);
    }
}
