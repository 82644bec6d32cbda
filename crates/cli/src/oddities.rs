//! What was odd in a run, and what the limit on series folded.

use crate::run_tally::RunTally;
use crate::source::SourceTally;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What the processes said of it at their end.
#[derive(Debug, Default)]
pub(crate) struct Oddities {
    /// Requests that went to the overflow series.
    pub(crate) folded_requests: u64,
    /// Some of their names.
    pub(crate) folded_names: BTreeSet<String>,
    /// What was odd, the most frequent first.
    pub(crate) anomalies: Vec<(String, u64)>,
}

impl Oddities {
    /// Adds up what the processes said. If the master has merged its workers (`is_merged`), it said the same again, but
    /// for what a worker keeps to itself: then of each count the larger one is taken.
    pub(crate) fn of(run: &RunTally, is_merged: bool) -> Self {
        let (mut shares, mut whole) = (Counts::default(), Counts::default());
        for (id, source) in &run.sources {
            let counts = if is_merged && !source.is_worker(id) { &mut whole } else { &mut shares };
            counts.add(source);
        }
        for (name, count) in whole.anomalies {
            let share = shares.anomalies.entry(name).or_default();
            *share = count.max(*share);
        }
        let mut anomalies: Vec<_> = shares.anomalies.into_iter().filter(|(_, count)| *count > 0).collect();
        anomalies.sort_by_key(|(_, count)| Reverse(*count));
        shares.folded_names.extend(whole.folded_names);
        let folded_requests = shares.folded_requests.max(whole.folded_requests);
        Self { folded_requests, folded_names: shares.folded_names, anomalies }
    }
}

#[derive(Default)]
struct Counts {
    folded_requests: u64,
    folded_names: BTreeSet<String>,
    anomalies: BTreeMap<String, u64>,
}

impl Counts {
    fn add(&mut self, source: &SourceTally) {
        for closing in source.closings() {
            self.folded_requests = self.folded_requests.saturating_add(closing.folded_requests);
            self.folded_names.extend(closing.folded_names.iter().cloned());
            for (name, count) in &closing.anomalies {
                let sum = self.anomalies.entry(name.clone()).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
    }
}
