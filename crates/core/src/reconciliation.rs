//! What was recorded against what Locust itself counted, endpoint by endpoint, and why they differ. Pure.
//!
//! Locust's statistics and ours come from the same requests, but over two ways with different accidents. Whatever
//! of the difference no known accident accounts for is called unexplained, never left out.

use crate::aggregate::RequestAggregate;
use crate::endpoint::EndpointKey;
use crate::series::OVERFLOW_NAME;
use crate::text::clean;
use crate::worker::{FrameCounts, WorkerState};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Which endpoint, owned. Ordered by name, as [`EndpointKey`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointName {
    /// The request's name.
    pub name: Box<str>,
    /// The request's type.
    pub method: Box<str>,
}

impl EndpointName {
    /// The endpoint that Locust calls so, under the name that its requests are recorded with (see [`clean`]).
    #[must_use]
    pub fn of_locust(method: &str, name: &str) -> Self {
        let cleaned = |text| clean(text, &mut Default::default()).into();
        Self { name: cleaned(name), method: cleaned(method) }
    }

    fn is_overflow(&self) -> bool {
        *self.name == *OVERFLOW_NAME && *self.method == *OVERFLOW_NAME
    }
}

impl From<EndpointKey<'_>> for EndpointName {
    fn from(key: EndpointKey<'_>) -> Self {
        Self { name: key.name.into(), method: key.method.into() }
    }
}

/// How many requests there were, and how many of them failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestCount {
    /// All requests.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
}

impl RequestCount {
    /// Adds `other`.
    pub const fn add(&mut self, other: Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.failures = self.failures.saturating_add(other.failures);
    }
}

/// Counts by endpoint.
pub type EndpointCounts = BTreeMap<EndpointName, RequestCount>;

/// What `requests` counts for each endpoint.
#[must_use]
pub fn counts_of(requests: &RequestAggregate) -> EndpointCounts {
    let count = |(key, stats): (EndpointKey<'_>, crate::EndpointStats<'_>)| {
        (key.into(), RequestCount { requests: stats.all.requests, failures: stats.failures })
    };
    requests.endpoints().into_iter().map(count).collect()
}

/// What one worker contributed to the run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkerAccount {
    /// How Locust's channel names it.
    pub client_id: String,
    /// `worker-<index>`.
    pub source_id: String,
    /// What Locust knows of its life, at the end.
    pub state: WorkerState,
    /// Its requests that were recorded.
    pub requests: u64,
    /// Its frames.
    pub frames: FrameCounts,
    /// From which second on and before which second (Unix time of the master) its windows are incomplete; `None` if
    /// no frame is lost.
    pub lost: Option<(i64, i64)>,
    /// Whether Locust counts its requests but no frame of it ever came: it runs without telemetry.
    pub is_silent: bool,
}

impl WorkerAccount {
    fn is_incomplete(&self) -> bool {
        self.is_silent || self.lost.is_some() || self.frames.lost > 0
    }

    /// Whether it ended without a last word: neither its frames nor its reports are whole.
    fn is_cut_off(&self) -> bool {
        !self.is_silent && self.lost.is_some() && matches!(self.state, WorkerState::Missing | WorkerState::Gone)
    }
}

/// What else happened to the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// Locust's statistics were set to zero during the run; what is recorded was not.
    pub statistics_were_reset: bool,
    /// Requests that were recorded but came when Locust took no more reports, if that is known.
    pub requests_after_locust: Option<u64>,
}

/// Why the counts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Frames of a worker are lost, while Locust has the reports that they rode in.
    FramesLost {
        /// Whose.
        worker: String,
        /// How many.
        frames: u64,
        /// From which second on and before which second; see [`WorkerAccount::lost`].
        seconds: Option<(i64, i64)>,
        /// How many requests of the difference that is; `None` if other workers lack some too.
        requests: Option<u64>,
    },
    /// Locust lacks the last reports of a worker that did not leave in order, while its frames, which go out more often,
    /// came.
    ReportsLost {
        /// Whose.
        worker: String,
        /// How many more requests are recorded; `None` if Locust lacks reports of other workers too.
        requests: Option<u64>,
    },
    /// A worker sent no telemetry at all.
    WorkerSilent {
        /// Which.
        worker: String,
        /// How many requests of the difference that is; `None` if other workers lack some too.
        requests: Option<u64>,
    },
    /// Locust forgot what it had counted so far.
    StatisticsReset {
        /// How many more requests are recorded.
        requests: u64,
    },
    /// Workers' last windows came when Locust took no more reports.
    AfterLocust {
        /// How many more requests are recorded.
        requests: u64,
    },
    /// The limit on series put endpoints together as `(overflow)`; the totals are not touched by that.
    Overflow {
        /// How many requests stand there instead of under their own names.
        requests: u64,
    },
    /// None of the above. A defect, or an accident that nobody has thought of.
    Unexplained {
        /// Requests that Locust has and that are not recorded.
        missing_requests: u64,
        /// Requests that are recorded and that Locust does not have.
        surplus_requests: u64,
        /// Failures that differ by more than the requests do, either way.
        failures: u64,
    },
}

impl Cause {
    /// The name in records.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::FramesLost { .. } => "frames_lost",
            Self::ReportsLost { .. } => "reports_lost",
            Self::WorkerSilent { .. } => "worker_silent",
            Self::StatisticsReset { .. } => "statistics_reset",
            Self::AfterLocust { .. } => "after_locust",
            Self::Overflow { .. } => "overflow",
            Self::Unexplained { .. } => "unexplained",
        }
    }
}

/// One endpoint, or all of them, in both books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Comparison {
    /// What Locust counted.
    pub locust: RequestCount,
    /// What was recorded.
    pub recorded: RequestCount,
}

impl Comparison {
    /// Whether both books say the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.locust == self.recorded
    }

    /// How many requests more are recorded than Locust has; below zero if fewer.
    #[must_use]
    pub fn requests_difference(&self) -> i64 {
        difference(self.recorded.requests, self.locust.requests)
    }

    /// The same of failures.
    #[must_use]
    pub fn failures_difference(&self) -> i64 {
        difference(self.recorded.failures, self.locust.failures)
    }

    /// Failures that the difference in requests cannot account for: it has the other sign, or is too small.
    fn unexplained_failures(&self) -> u64 {
        let (requests, failures) = (self.requests_difference(), self.failures_difference());
        let covered = if requests.signum() == failures.signum() { requests.unsigned_abs() } else { 0 };
        failures.unsigned_abs().saturating_sub(covered)
    }
}

fn difference(recorded: u64, locust: u64) -> i64 {
    let distance = i64::try_from(recorded.abs_diff(locust)).unwrap_or(i64::MAX);
    if recorded < locust { -distance } else { distance }
}

/// Both books side by side, and why they differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reconciliation {
    /// All endpoints together.
    pub total: Comparison,
    /// Every endpoint that is in either book.
    pub endpoints: BTreeMap<EndpointName, Comparison>,
    /// The workers, as they were given.
    pub workers: Vec<WorkerAccount>,
    /// Why the books differ; empty if they agree.
    pub causes: Vec<Cause>,
}

impl Reconciliation {
    /// Compares `recorded` with what `locust` counted. `workers` and `marks` are what may have come between them.
    #[must_use]
    pub fn new(recorded: &EndpointCounts, locust: &EndpointCounts, workers: Vec<WorkerAccount>, marks: Marks) -> Self {
        let mut total = Comparison::default();
        let mut endpoints = BTreeMap::<EndpointName, Comparison>::new();
        for (name, count) in locust {
            total.locust.add(*count);
            endpoints.entry(name.clone()).or_default().locust.add(*count);
        }
        for (name, count) in recorded {
            total.recorded.add(*count);
            endpoints.entry(name.clone()).or_default().recorded.add(*count);
        }
        let causes = causes(&endpoints, &workers, marks);
        Self { total, endpoints, workers, causes }
    }

    /// The endpoints that differ, those with the largest differences first.
    #[must_use]
    pub fn differing(&self) -> Vec<(&EndpointName, &Comparison)> {
        let mut differing: Vec<_> = self.endpoints.iter().filter(|(_, comparison)| !comparison.agrees()).collect();
        let size = |comparison: &Comparison| {
            (comparison.requests_difference().unsigned_abs(), comparison.failures_difference().unsigned_abs())
        };
        differing.sort_by_key(|(_, comparison)| Reverse(size(comparison)));
        differing
    }
}

/// Takes each known accident's part off the difference; the rest is unexplained.
fn causes(endpoints: &BTreeMap<EndpointName, Comparison>, workers: &[WorkerAccount], marks: Marks) -> Vec<Cause> {
    let (mut missing, mut surplus, mut folded, mut failures) = (0_u64, 0_u64, 0_u64, 0_u64);
    for (name, comparison) in endpoints {
        let difference = comparison.requests_difference();
        let side = if difference < 0 { &mut missing } else { &mut surplus };
        *side = side.saturating_add(difference.unsigned_abs());
        failures = failures.saturating_add(comparison.unexplained_failures());
        if name.is_overflow() && difference > 0 {
            folded = difference.unsigned_abs();
        }
    }
    let mut causes = Vec::new();
    let moved = folded.min(missing);
    if moved > 0 {
        (missing, surplus) = (missing - moved, surplus - moved);
        causes.push(Cause::Overflow { requests: moved });
    }
    let late = marks.requests_after_locust.unwrap_or(0).min(surplus);
    if late > 0 {
        surplus -= late;
        causes.push(Cause::AfterLocust { requests: late });
    }
    if marks.statistics_were_reset && surplus > 0 {
        causes.push(Cause::StatisticsReset { requests: std::mem::take(&mut surplus) });
    }
    let cut_off: Vec<_> = workers.iter().filter(|worker| worker.is_cut_off()).collect();
    // One worker's surplus may hide another's lack: then failures differ though requests do not.
    let is_mixed = cut_off.len() > 1 && failures > 0;
    if is_mixed {
        failures = 0;
    }
    if (surplus > 0 || is_mixed) && !cut_off.is_empty() {
        let requests = (cut_off.len() == 1).then_some(surplus);
        let of_worker = |worker: &&WorkerAccount| Cause::ReportsLost { worker: worker.source_id.clone(), requests };
        causes.extend(cut_off.iter().map(of_worker));
        surplus = 0;
    }
    let incomplete: Vec<_> = workers.iter().filter(|worker| worker.is_incomplete()).collect();
    if missing > 0 && !incomplete.is_empty() {
        let requests = (incomplete.len() == 1).then_some(missing);
        causes.extend(incomplete.into_iter().map(|worker| cause_of(worker, requests)));
        missing = 0;
    }
    if missing > 0 || surplus > 0 || failures > 0 {
        causes.push(Cause::Unexplained { missing_requests: missing, surplus_requests: surplus, failures });
    }
    causes
}

fn cause_of(worker: &WorkerAccount, requests: Option<u64>) -> Cause {
    let name = worker.source_id.clone();
    if worker.is_silent {
        Cause::WorkerSilent { worker: name, requests }
    } else {
        Cause::FramesLost { worker: name, frames: worker.frames.lost, seconds: worker.lost, requests }
    }
}

#[cfg(test)]
#[path = "reconciliation_tests.rs"]
mod tests;
