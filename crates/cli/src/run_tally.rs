//! One run while its entries are added, in any order and from any number of processes.

use crate::error::AddEntryError;
use crate::source::{SourceId, SourceTally};
use locust_telemetry_core::Histogram;
use locust_telemetry_json::read::{FinalEntry, IntervalEntry, SummaryEntry};
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

/// What is known of one run so far. Its size depends on the endpoints and processes, not on the run's length.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunTally {
    /// The test's name.
    pub(crate) testplan: String,
    /// By endpoint.
    pub(crate) endpoints: BTreeMap<Endpoint, EndpointTally>,
    /// By process.
    pub(crate) sources: BTreeMap<SourceId, SourceTally>,
    /// Locust's own totals, by the process that told them.
    pub(crate) locust: BTreeMap<SourceId, LocustCount>,
    requests: u64,
    latency_count: u64,
    latency_sum_ns: u128,
}

impl RunTally {
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
        self.sources.entry(SourceId(entry.source_id.clone())).or_default().add_interval(&entry);
        let endpoint = self.endpoints.entry(Endpoint { name: entry.name, method: entry.method }).or_default();
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
