//! One closed second of a run: what every recorder reads.

use crate::aggregate::RequestAggregate;
use crate::confidence::Reasons;
use crate::system::SystemSample;
use crate::worker::WorkerWindow;

/// What one process, or on a master all its workers, saw in one second (or less, where a run begins or ends inside
/// of it).
///
/// Windows of the same second may follow each other, when a run ends within it or a worker's report comes late; their
/// requests add up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Window {
    /// The second: whole seconds since the Unix epoch.
    pub start_s: i64,
    /// The requests that finished in it.
    pub requests: RequestAggregate,
    /// Simulated users at its end.
    pub users: u64,
    /// How late the latest tick of the gevent hub came, in nanoseconds; `None` without a tick.
    pub hub_lag_max_ns: Option<u64>,
    /// The newest sample of the machine, if one was taken.
    pub system: Option<SystemSample>,
    /// What happened in it, in the order of occurrence.
    pub events: Vec<Event>,
    /// Why the latencies are suspect, on any of the processes that made the requests; empty if they are trusted.
    pub reasons: Reasons,
    /// On a master, the workers' parts, in the order of their ids; `requests` has them merged.
    pub workers: Vec<WorkerWindow>,
}

impl Window {
    /// Whether nothing happened that is worth passing on while no test runs. Users that are still there, or were when
    /// they were last counted, are no reason.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.requests.is_empty() && self.events.is_empty() && self.workers.is_empty()
    }
}

/// A moment worth marking on a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When: nanoseconds since the Unix epoch.
    pub time_unix_ns: i64,
    /// What: the documented name, such as `locust.tl.event.test.start`.
    pub name: String,
    /// What else is known of it, as text.
    pub attributes: Vec<(String, String)>,
}
