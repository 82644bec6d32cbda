//! The run that is being recorded, or was the last one: what it counted so far.

use crate::clock;
use crate::ledger::Balance;
use locust_telemetry_core::{Anomalies, Histogram, RequestAggregate, RunConfidence, RunIdentity, RunSpan, Window};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A run of this process.
pub(crate) struct Run {
    pub(crate) identity: Arc<RunIdentity>,
    /// By this process's own clock.
    pub(crate) started_unix_ns: i64,
    /// When `test_stop` came.
    pub(crate) stopped_unix_ns: Option<i64>,
    /// On a master: when the last user of its workers had stopped, once all have told.
    pub(crate) users_stopped_unix_ns: Option<i64>,
    /// The first and the last second with a request.
    pub(crate) requested_s: Option<(i64, i64)>,
    pub(crate) totals: RequestAggregate,
    /// The response times of all series.
    pub(crate) latency: Histogram,
    pub(crate) confidence: RunConfidence,
    pub(crate) peak_users: u64,
    /// What came between the run before and this one.
    pub(crate) before_run: Anomalies,
    /// Requests in windows that could not be held back any longer.
    pub(crate) held_lost: u64,
    /// The books of each recorder as they were when the run started.
    pub(crate) books_before: BTreeMap<String, Balance>,
}

impl Run {
    /// A run that begins now.
    pub(crate) fn begin(
        identity: RunIdentity,
        now_unix_ns: i64,
        before_run: Anomalies,
        books_before: BTreeMap<String, Balance>,
    ) -> Self {
        Self {
            identity: Arc::new(identity),
            started_unix_ns: now_unix_ns,
            stopped_unix_ns: None,
            users_stopped_unix_ns: None,
            requested_s: None,
            totals: RequestAggregate::default(),
            latency: Histogram::new(),
            confidence: RunConfidence::default(),
            peak_users: 0,
            before_run,
            held_lost: 0,
            books_before,
        }
    }

    /// Adds what a closed window holds, which began in `own_s` by this process's own clock.
    pub(crate) fn count(&mut self, window: &Window, own_s: i64) {
        if !window.requests.is_empty() {
            let (first, last) = self.requested_s.unwrap_or((own_s, own_s));
            self.requested_s = Some((first.min(own_s), last.max(own_s)));
        }
        self.totals.merge(&window.requests);
        window.requests.series.values().for_each(|stats| self.latency.merge(&stats.latency));
        self.confidence.add(window);
    }

    /// When it was on, by this process's own clock: until now where it has not stopped, else until its last user had stopped, on a master
    /// that of its workers.
    ///
    /// Requests of whole seconds before or after that (of threads that Locust does not know, or where clocks differ) move
    /// its begin or its end to that of their second, so that no rate is of requests beyond the time that it is over.
    pub(crate) fn span(&self, now_unix_ns: i64) -> RunSpan {
        let ended = self.stopped_unix_ns.map_or(now_unix_ns, |stopped| self.users_stopped_unix_ns.unwrap_or(stopped));
        let mut span = RunSpan { started_unix_ns: self.started_unix_ns, ended_unix_ns: ended };
        if let Some((first_s, last_s)) = self.requested_s {
            if first_s < clock::second_of(span.started_unix_ns) {
                span.started_unix_ns = clock::begin_of(first_s);
            }
            if last_s > clock::second_of(span.ended_unix_ns) {
                span.ended_unix_ns = clock::begin_of(last_s.saturating_add(1));
            }
        }
        span
    }

    /// All it counted so far; its times in the master's, which is `clock_offset_ns` ahead.
    pub(crate) fn report(&self, clock_offset_ns: i64) -> RunReport {
        let span = self.span(self.stopped_unix_ns.unwrap_or(self.started_unix_ns));
        RunReport {
            identity: Arc::clone(&self.identity),
            started_unix_ns: span.started_unix_ns.saturating_add(clock_offset_ns),
            stopped_unix_ns: self.stopped_unix_ns.map(|_| span.ended_unix_ns.saturating_add(clock_offset_ns)),
            totals: self.totals.clone(),
            peak_users: self.peak_users,
            confidence: self.confidence.clone(),
        }
    }
}

/// A run and all it counted so far (up to the last closed window).
#[derive(Debug, Clone)]
pub struct RunReport {
    /// Who recorded what.
    pub identity: Arc<RunIdentity>,
    /// When it started: nanoseconds since the Unix epoch.
    pub started_unix_ns: i64,
    /// When its last user had stopped, if it has ended; later if requests came in seconds after that.
    pub stopped_unix_ns: Option<i64>,
    /// All its requests; on a master those of all workers.
    pub totals: RequestAggregate,
    /// The most users there were at any tick.
    pub peak_users: u64,
    /// How far its response times can be trusted.
    pub confidence: RunConfidence,
}
