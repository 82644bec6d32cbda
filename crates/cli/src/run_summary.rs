//! The figures of one run, ready to be written down.

use crate::delivery::Deliveries;
use crate::run_tally::{Endpoint, EndpointTally, Fault, LocustCount, RunTally};
use crate::source::{SourceId, SourceTally, Span};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How often one endpoint failed in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FaultCount {
    /// How often.
    pub(crate) requests: u64,
    /// In which way.
    pub(crate) fault: Fault,
    /// Where.
    pub(crate) endpoint: Endpoint,
}

/// One run. Lists come in the order in which they are shown.
#[derive(Debug)]
pub(crate) struct RunSummary {
    /// Which run.
    pub(crate) run_id: String,
    /// Which test.
    pub(crate) testplan: String,
    /// How long it took, in milliseconds; 0 if unknown.
    pub(crate) duration_ms: u64,
    /// The most users at a time; 0 if unknown.
    pub(crate) peak_users: u64,
    /// What each endpoint gained, the most requested first.
    pub(crate) endpoints: Vec<(Endpoint, EndpointTally)>,
    /// All endpoints together.
    pub(crate) total: EndpointTally,
    /// What failed, the most frequent first.
    pub(crate) faults: Vec<FaultCount>,
    /// The processes.
    pub(crate) sources: Vec<(SourceId, SourceTally)>,
    /// What Locust counted, if the files have it.
    pub(crate) locust: Option<LocustCount>,
    /// What became of the records.
    pub(crate) deliveries: Deliveries,
    /// Requests that went to the overflow series.
    pub(crate) folded_requests: u64,
    /// Some of their names.
    pub(crate) folded_names: Vec<String>,
    /// What was odd, the most frequent first.
    pub(crate) anomalies: Vec<(String, u64)>,
}

impl RunSummary {
    /// Computes the figures.
    pub(crate) fn new(run_id: String, run: RunTally) -> Self {
        let mut total = EndpointTally::default();
        let mut faults = Vec::new();
        for (endpoint, tally) in &run.endpoints {
            total.requests += tally.requests;
            total.failures += tally.failures;
            total.latency.merge(&tally.latency);
            faults.extend(tally.faults.iter().map(|(fault, &requests)| FaultCount {
                requests,
                fault: fault.clone(),
                endpoint: endpoint.clone(),
            }));
        }
        faults.sort_by_key(|fault| Reverse(fault.requests));
        let duration_ms = span(&run).map_or(0, Span::length_ms);
        let peak_users = peak_users(&run);
        let locust = run.locust.iter().find(|(id, _)| !id.is_worker()).map(|(_, count)| *count);
        let mut deliveries = Deliveries::default();
        let mut folded_requests = 0_u64;
        let mut folded_names = BTreeSet::new();
        let mut anomalies = BTreeMap::<String, u64>::new();
        for closing in run.sources.values().flat_map(SourceTally::closings) {
            closing.recorders.iter().for_each(|recorder| deliveries.add(recorder));
            folded_requests = folded_requests.saturating_add(closing.folded_requests);
            folded_names.extend(closing.folded_names.iter().cloned());
            for (name, count) in &closing.anomalies {
                let sum = anomalies.entry(name.clone()).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
        let mut anomalies: Vec<_> = anomalies.into_iter().filter(|(_, count)| *count > 0).collect();
        anomalies.sort_by_key(|(_, count)| Reverse(*count));
        let mut endpoints: Vec<_> = run.endpoints.into_iter().collect();
        endpoints.sort_by_key(|(_, tally)| Reverse(tally.requests));
        Self {
            run_id,
            testplan: run.testplan,
            duration_ms,
            peak_users,
            endpoints,
            total,
            faults,
            sources: run.sources.into_iter().collect(),
            locust,
            deliveries,
            folded_requests,
            folded_names: folded_names.into_iter().collect(),
            anomalies,
        }
    }

    /// The processes that made requests for a master.
    pub(crate) fn workers(&self) -> impl Iterator<Item = &(SourceId, SourceTally)> {
        self.sources.iter().filter(|(id, source)| source.is_worker(id))
    }

    /// The processes that did not tell their end.
    pub(crate) fn unclosed(&self) -> impl Iterator<Item = &(SourceId, SourceTally)> {
        self.sources.iter().filter(|(_, source)| !source.is_closed())
    }

    /// Requests that the processes recorded.
    pub(crate) fn recorded_requests(&self) -> u64 {
        self.sum(SourceTally::requests)
    }

    /// Those of them that failed.
    pub(crate) fn recorded_failures(&self) -> u64 {
        self.sum(SourceTally::failures)
    }

    /// Recorded requests that are in none of the intervals that were read.
    pub(crate) fn missing_requests(&self) -> u64 {
        self.sum(|source| source.requests().saturating_sub(source.interval_requests))
    }

    /// Requests in the intervals that were read beyond what was recorded.
    pub(crate) fn surplus_requests(&self) -> u64 {
        self.sum(|source| source.interval_requests.saturating_sub(source.requests()))
    }

    fn sum(&self, of: impl Fn(&SourceTally) -> u64) -> u64 {
        self.sources.iter().fold(0, |sum, (_, source)| sum.saturating_add(of(source)))
    }
}

/// The processes that know the whole run: the master, or the only process. Workers know but their share.
fn leaders(run: &RunTally) -> impl Iterator<Item = &SourceTally> {
    run.sources.iter().filter(|(id, source)| !source.is_worker(id)).map(|(_, source)| source)
}

/// When the run was: as its leader said at its end, else as all processes together have it.
fn span(run: &RunTally) -> Option<Span> {
    match leaders(run).find(|source| source.is_closed()) {
        Some(leader) => leader.span(),
        None => run.sources.values().filter_map(SourceTally::span).reduce(Span::cover),
    }
}

/// The most users at a time: as the leader knows, else the sum of what each worker had.
fn peak_users(run: &RunTally) -> u64 {
    match leaders(run).map(SourceTally::peak_users).max() {
        Some(peak) if peak > 0 => peak,
        _ => run.sources.values().map(SourceTally::peak_users).fold(0, u64::saturating_add),
    }
}
