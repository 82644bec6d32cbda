//! The figures of one run, ready to be written down.

use crate::books::{Books, leaders};
use crate::confidence::Confidence;
use crate::cross_check::{Mismatch, mismatches};
use crate::delivery::Deliveries;
use crate::oddities::Oddities;
use crate::run_tally::{Endpoint, EndpointTally, Endpoints, Fault, LocustCount, RunTally};
use crate::source::{SourceId, SourceTally};
use crate::worker::WorkerTally;
use locust_telemetry_core::Length;
use locust_telemetry_json::read::{CountEntry, ReconciliationEntry};
use std::cmp::Reverse;
use std::collections::BTreeSet;

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

/// One worker of a run.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    /// Which.
    pub(crate) id: SourceId,
    /// Its requests that are shown: as the master has them, else as its own file does.
    pub(crate) requests: u64,
    /// Whether its own file has its end; `None` without a file of its own.
    pub(crate) is_closed: Option<bool>,
    /// What the master tells of it.
    pub(crate) seen: Option<WorkerTally>,
}

/// What the figures leave out, and whether that could be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RampUp {
    /// Nothing was to be left out.
    Shown,
    /// These requests were left out.
    LeftOut {
        /// How many.
        requests: u64,
        /// How long the ramp-up was.
        length: Length,
    },
    /// It was to be left out, but the files are older than the mark.
    Unmarked,
}

/// One run. Lists come in the order in which they are shown.
#[derive(Debug)]
pub(crate) struct RunSummary {
    /// Which run.
    pub(crate) run_id: String,
    /// Which test.
    pub(crate) testplan: String,
    /// How long it took, or the part of it that is shown; nothing if unknown.
    pub(crate) length: Length,
    /// The most users at a time; 0 if unknown.
    pub(crate) peak_users: u64,
    /// What each endpoint gained, the most requested first.
    pub(crate) endpoints: Vec<(Endpoint, EndpointTally)>,
    /// All endpoints together.
    pub(crate) total: EndpointTally,
    /// What failed, the most frequent first.
    pub(crate) faults: Vec<FaultCount>,
    /// What is left out.
    pub(crate) ramp_up: RampUp,
    /// Requests that were recorded, whether shown or not.
    pub(crate) recorded: CountEntry,
    /// Recorded requests that are in none of the intervals that were read.
    pub(crate) missing_requests: u64,
    /// Requests in the intervals that were read beyond what was recorded.
    pub(crate) surplus_requests: u64,
    /// How far what is shown can be trusted, if the files tell.
    pub(crate) confidence: Option<Confidence>,
    /// The workers, as the master and their own files know them.
    pub(crate) workers: Vec<Worker>,
    /// Where the master and the workers' own files differ.
    pub(crate) mismatches: Vec<Mismatch>,
    /// Why Locust's counts and ours differ, if the files tell.
    pub(crate) reconciliation: Option<ReconciliationEntry>,
    /// The processes that wrote the files.
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
        let books = Books::of(&run);
        let length = books.shown_length(&run);
        let confidence = Confidence::of(books.figures.iter().copied(), !run.is_after_ramp_up, length);
        let (missing_requests, surplus_requests) = (books.missing_requests(), books.surplus_requests());
        let (ramp_up, recorded, peak_users) = (books.ramp_up(&run), books.recorded(), peak_users(&run));
        // A master that tells of its workers merges them, though it may have got nothing of them.
        let mismatches = if books.is_merged || !run.workers.is_empty() {
            mismatches(&run.sources, &run.workers, books.leader_requests)
        } else {
            Vec::new()
        };
        let odd = Oddities::of(&run, books.is_merged);
        let workers = workers(&run, books.is_merged);
        let reconciled = run.reconciliation.as_ref().map(|entry| LocustCount::from(entry.locust));
        let locust = run.locust.iter().find(|(id, _)| !id.is_worker()).map(|(_, count)| *count).or(reconciled);
        let mut deliveries = Deliveries::default();
        let closings = run.sources.values().flat_map(SourceTally::closings);
        closings.flat_map(|closing| &closing.recorders).for_each(|recorder| deliveries.add(recorder));
        let endpoints = if books.is_whole { run.whole } else { run.shares };
        let (total, faults) = total(&endpoints);
        let mut endpoints: Vec<_> = endpoints.into_iter().collect();
        endpoints.sort_by_key(|(_, tally)| Reverse(tally.requests));
        Self {
            run_id,
            testplan: run.testplan,
            length,
            peak_users,
            endpoints,
            total,
            faults,
            ramp_up,
            recorded,
            missing_requests,
            surplus_requests,
            confidence,
            workers,
            mismatches,
            reconciliation: run.reconciliation,
            sources: run.sources.into_iter().collect(),
            locust,
            deliveries,
            folded_requests: odd.folded_requests,
            folded_names: odd.folded_names.into_iter().collect(),
            anomalies: odd.anomalies,
        }
    }

    /// The processes that did not tell their end.
    pub(crate) fn unclosed(&self) -> impl Iterator<Item = &(SourceId, SourceTally)> {
        self.sources.iter().filter(|(_, source)| !source.is_closed())
    }
}

/// All endpoints together, and what failed, the most frequent first.
fn total(endpoints: &Endpoints) -> (EndpointTally, Vec<FaultCount>) {
    let mut total = EndpointTally::default();
    let mut faults = Vec::new();
    for (endpoint, tally) in endpoints {
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
    (total, faults)
}

/// Every worker that has a file of its own or that the master tells of.
///
/// Their requests are as the master has them, if it has any (`is_merged`).
fn workers(run: &RunTally, is_merged: bool) -> Vec<Worker> {
    let own = |id: &SourceId| run.sources.get(id).filter(|source| source.is_worker(id));
    let with_files = run.sources.keys().filter(|id| own(id).is_some());
    let ids: BTreeSet<&SourceId> = with_files.chain(run.workers.keys()).collect();
    let worker = |id: &SourceId| {
        let (own, seen) = (own(id), run.workers.get(id));
        let recorded = |own: &SourceTally| if run.is_after_ramp_up { own.shown_requests } else { own.requests() };
        Worker {
            id: id.clone(),
            requests: seen
                .filter(|_| is_merged || own.is_none())
                .map_or_else(|| own.map_or(0, recorded), |seen| seen.requests),
            is_closed: own.map(SourceTally::is_closed),
            seen: seen.cloned(),
        }
    };
    ids.into_iter().map(worker).collect()
}

/// The most users at a time: as the leader knows, else the sum of what each worker had.
fn peak_users(run: &RunTally) -> u64 {
    match leaders(run).map(SourceTally::peak_users).max() {
        Some(peak) if peak > 0 => peak,
        _ => run.sources.values().map(SourceTally::peak_users).fold(0, u64::saturating_add),
    }
}
