//! One second of the run while workers still report it: what they gained, put together as it comes.

use crate::frame::{FrameWindow, SeriesGain};
use crate::series_index::{Folded, SeriesIndex};
use locust_telemetry_core::{
    Anomalies, Anomaly, Event, FoldedNames, Reasons, RequestAggregate, SeriesStats, Window, WorkerWindow,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What has come of one second so far.
#[derive(Debug, Default)]
pub(crate) struct Second {
    /// The master's own window, or several where a run begins or ends within the second.
    own: Option<Window>,
    /// By the series' numbers; those that gained nothing have no requests.
    gained: Vec<SeriesStats>,
    anomalies: Anomalies,
    folded: FoldedNames,
    reasons: Reasons,
    events: Vec<Event>,
    /// By the workers' numbers.
    workers: BTreeMap<usize, WorkerWindow>,
}

impl Second {
    /// Adds what the master itself saw.
    pub(crate) fn add_own(&mut self, window: Window) {
        self.reasons.merge(window.reasons);
        match &mut self.own {
            Some(own) => {
                own.users = window.users;
                own.hub_lag_max_ns = own.hub_lag_max_ns.max(window.hub_lag_max_ns);
                own.system = window.system.or(own.system.take());
                own.requests.merge(&window.requests);
                own.events.extend(window.events);
            }
            None => self.own = Some(window),
        }
    }

    /// Adds a worker's window. `numbers` are those of its frame's keys in `index`. Returns how many requests were in
    /// it.
    pub(crate) fn add(
        &mut self,
        worker: usize,
        window: &FrameWindow,
        numbers: &[(u32, Folded)],
        index: &SeriesIndex,
    ) -> u64 {
        let (mut all_requests, mut failures) = (0, 0);
        let part = self.workers.entry(worker).or_default();
        part.users = window.users;
        part.hub_lag_max_ns = part.hub_lag_max_ns.max(window.hub_lag_max_ns);
        part.system = window.system.clone().or(part.system.take());
        part.reasons.merge(window.reasons);
        for SeriesGain { key, requests, response_bytes, latency } in &window.series {
            let Some(&(number, folded)) = numbers.get(*key as usize) else { continue };
            if folded == Folded::Yes {
                self.anomalies.count_many(Anomaly::SeriesOverflow, *requests);
            }
            all_requests += requests;
            part.latency.merge_sparse(latency);
            if index.is_failure(number) {
                failures += requests;
            }
            if self.gained.len() <= number as usize {
                self.gained.resize_with(index.len().max(number as usize + 1), SeriesStats::default);
            }
            let gained = &mut self.gained[number as usize];
            gained.requests += requests;
            gained.response_bytes = gained.response_bytes.saturating_add(*response_bytes);
            gained.latency.merge_sparse(latency);
        }
        part.requests += all_requests;
        part.failures += failures;
        self.anomalies.merge(&window.anomalies);
        window.folded.iter().for_each(|label| self.folded.add_label(label));
        self.reasons.merge(window.reasons);
        self.events.extend(window.events.iter().cloned());
        all_requests
    }

    /// Whether a worker has reported anything of it.
    pub(crate) fn has(&self, worker: usize) -> bool {
        self.workers.contains_key(&worker)
    }

    /// The part of a worker.
    pub(crate) fn part(&mut self, worker: usize) -> &mut WorkerWindow {
        self.workers.entry(worker).or_default()
    }

    /// The workers that have a part.
    pub(crate) fn workers(&self) -> Vec<usize> {
        self.workers.keys().copied().collect()
    }

    /// The merged window. `users` stands where the master itself has not counted them.
    pub(crate) fn close(self, start_s: i64, index: &SeriesIndex, users: u64) -> Window {
        let own = self.own.unwrap_or(Window { users, ..Window::default() });
        let gained = self.gained.into_iter().enumerate().filter(|(_, stats)| stats.requests > 0);
        let mut requests = RequestAggregate {
            series: gained.map(|(number, stats)| (Arc::clone(index.key(number)), stats)).collect(),
            anomalies: self.anomalies,
            folded: self.folded,
        };
        requests.merge(&own.requests);
        let mut events = own.events;
        events.extend(self.events);
        events.sort_by_key(|event| event.time_unix_ns);
        let mut workers: Vec<_> = self.workers.into_values().collect();
        workers.sort_by(|a, b| natural(&a.source_id).cmp(&natural(&b.source_id)));
        Window {
            start_s,
            requests,
            users: own.users,
            hub_lag_max_ns: own.hub_lag_max_ns,
            system: own.system,
            events,
            reasons: self.reasons,
            workers,
        }
    }
}

/// The order of source ids, in which `worker-10` comes behind `worker-9`.
pub(crate) fn natural(source_id: &str) -> (usize, &str) {
    (source_id.len(), source_id)
}
