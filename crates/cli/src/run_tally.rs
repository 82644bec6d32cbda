//! One run while its entries are added, in any order and from any number of processes.

use crate::error::AddEntryError;
use crate::source::{SourceId, SourceTally};
use crate::worker::WorkerTally;
use locust_telemetry_core::Histogram;
use locust_telemetry_json::Phase;
use locust_telemetry_json::read::{
    CountEntry, FinalEntry, IntervalEntry, ReconciliationEntry, SummaryEntry, WorkerEntry,
};
use std::collections::BTreeMap;

/// Which endpoint. Ordered by name, as people read a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    /// The request's name.
    pub(crate) name: String,
    /// The request's type.
    pub(crate) method: String,
}

/// How requests failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// The class of the exception.
    pub(crate) error_type: String,
    /// The response's status, if there was a response.
    pub(crate) status: Option<u16>,
}

/// What an endpoint gained in the run.
#[derive(Debug, Clone, Default)]
pub(crate) struct EndpointTally {
    /// All requests.
    pub(crate) requests: u64,
    /// Those that failed.
    pub(crate) failures: u64,
    /// All response times.
    pub(crate) latency: Histogram,
    /// Failures by kind.
    pub(crate) faults: BTreeMap<Fault, u64>,
}

/// What Locust itself counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LocustCount {
    /// All requests.
    pub(crate) requests: u64,
    /// Those that failed.
    pub(crate) failures: u64,
}

impl From<CountEntry> for LocustCount {
    fn from(CountEntry { requests, failures }: CountEntry) -> Self {
        Self { requests, failures }
    }
}

/// What each endpoint gained.
pub(crate) type Endpoints = BTreeMap<Endpoint, EndpointTally>;

/// What is known of one run so far. Its size depends on the endpoints and processes; on the run's length only by a few
/// bytes for each interval that is suspect.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunTally {
    /// The test's name.
    pub(crate) testplan: String,
    /// Whether intervals of the ramp-up are left out of the figures.
    pub(crate) is_after_ramp_up: bool,
    /// What the process that knows the whole run has: the master, or the only one.
    pub(crate) whole: Endpoints,
    /// What the workers have, added up. The same requests again, where the master has merged them.
    pub(crate) shares: Endpoints,
    /// By process.
    pub(crate) sources: BTreeMap<SourceId, SourceTally>,
    /// Locust's own totals, by the process that told them.
    pub(crate) locust: BTreeMap<SourceId, LocustCount>,
    /// The workers as the master saw them.
    pub(crate) workers: BTreeMap<SourceId, WorkerTally>,
    /// The comparison with Locust's own counts.
    pub(crate) reconciliation: Option<ReconciliationEntry>,
    requests: u64,
    latency_count: u64,
    latency_sum_ns: u128,
}

impl RunTally {
    /// A run of which nothing is known.
    pub(crate) fn new(is_after_ramp_up: bool) -> Self {
        Self { is_after_ramp_up, ..Self::default() }
    }

    /// When the run began, as far as known.
    pub(crate) fn start_ms(&self) -> Option<i64> {
        self.sources.values().filter_map(SourceTally::span).map(|span| span.start_ms).min()
    }

    /// Adds the requests of one endpoint in one interval of one process.
    ///
    /// # Errors
    /// When the counts of the run overflow; then nothing was added.
    pub(crate) fn add_interval(&mut self, entry: IntervalEntry) -> Result<(), AddEntryError> {
        // As long as the sums of the whole run hold, those of its parts do.
        let overflow = || AddEntryError::CountsOverflow;
        let requests = self.requests.checked_add(entry.requests).ok_or_else(overflow)?;
        let latency_count = self.latency_count.checked_add(entry.latency.count()).ok_or_else(overflow)?;
        let latency_sum_ns = self.latency_sum_ns.checked_add(entry.latency.sum_ns()).ok_or_else(overflow)?;
        (self.requests, self.latency_count, self.latency_sum_ns) = (requests, latency_count, latency_sum_ns);

        self.name_testplan(&entry.testplan);
        let id = SourceId(entry.source_id.clone());
        let is_shown = self.shows(entry.phase);
        let endpoints = if id.is_worker() { &mut self.shares } else { &mut self.whole };
        self.sources.entry(id).or_default().add_interval(&entry, is_shown);
        if !is_shown {
            return Ok(());
        }
        let endpoint = endpoints.entry(Endpoint { name: entry.name, method: entry.method }).or_default();
        endpoint.requests += entry.requests;
        endpoint.failures += entry.failures.min(entry.requests);
        endpoint.latency.merge(&entry.latency);
        for outcome in entry.outcomes {
            if let Some(error_type) = outcome.error_type {
                let count = endpoint.faults.entry(Fault { error_type, status: outcome.status }).or_default();
                *count = count.saturating_add(outcome.requests);
            }
        }
        Ok(())
    }

    /// Adds what the master tells of one worker in one interval.
    pub(crate) fn add_worker(&mut self, entry: &WorkerEntry) {
        self.name_testplan(&entry.testplan);
        let is_shown = self.shows(entry.phase);
        self.sources.entry(SourceId(entry.source_id.clone())).or_default().add_worker(entry);
        self.workers.entry(SourceId(entry.worker.clone())).or_default().add(entry, is_shown);
    }

    /// Adds the comparison with Locust's own counts. Said again, the one of more requests counts.
    pub(crate) fn add_reconciliation(&mut self, entry: ReconciliationEntry) {
        let size = |entry: &ReconciliationEntry| (entry.recorded.requests, entry.locust.requests);
        if self.reconciliation.as_ref().is_none_or(|known| size(known) <= size(&entry)) {
            self.reconciliation = Some(entry);
        }
    }

    /// Whether an interval of this phase is part of the figures.
    fn shows(&self, phase: Option<Phase>) -> bool {
        !(self.is_after_ramp_up && phase == Some(Phase::RampUp))
    }

    /// Adds Locust's own totals. They only grow, so the largest is the last.
    pub(crate) fn add_final(&mut self, entry: FinalEntry) {
        let count = LocustCount { requests: entry.requests, failures: entry.failures };
        let known = self.locust.entry(SourceId(entry.source_id)).or_insert(count);
        *known = count.max(*known);
    }

    /// Adds what a process said at its end.
    pub(crate) fn add_summary(&mut self, entry: SummaryEntry) {
        self.name_testplan(&entry.testplan);
        self.sources.entry(SourceId(entry.source_id.clone())).or_default().add_summary(entry);
    }

    fn name_testplan(&mut self, testplan: &str) {
        if self.testplan.is_empty() {
            testplan.clone_into(&mut self.testplan);
        }
    }
}
