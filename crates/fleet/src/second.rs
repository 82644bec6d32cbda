//! One second of the run while workers still report it: what they gained, put together as it comes.

use crate::frame::{FrameWindow, MessageGain, SeriesGain};
use crate::series_index::{Folded, SeriesIndex};
use locust_telemetry_core::{
    Anomalies, Anomaly, ErrorMessages, Event, FoldedNames, Reason, Reasons, RequestAggregate, SeriesStats, Window,
    WorkerWindow,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the series and messages of one frame are to its master.
#[derive(Debug)]
pub(crate) struct FrameNames<'a> {
    /// The numbers of the frame's keys in `index`.
    pub(crate) series: Vec<(u32, Folded)>,
    /// The messages to count for the frame's.
    pub(crate) messages: Vec<(Arc<str>, Folded)>,
    /// The series of the run.
    pub(crate) index: &'a SeriesIndex,
}

/// What has come of one second so far.
#[derive(Debug, Default)]
pub(crate) struct Second {
    /// The master's own window, or several where a run begins or ends within the second.
    own: Option<Window>,
    /// By the series' numbers; those that gained nothing have no requests.
    gained: Vec<SeriesStats>,
    errors: ErrorMessages,
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

    /// Adds a worker's window from the frame that `names` are of. Returns how many requests were in it.
    pub(crate) fn add(&mut self, worker: usize, window: &FrameWindow, names: &FrameNames<'_>) -> u64 {
        let index = names.index;
        let (mut all_requests, mut failures) = (0, 0);
        let part = self.workers.entry(worker).or_default();
        part.users = window.users;
        part.hub_lag_max_ns = part.hub_lag_max_ns.max(window.hub_lag_max_ns);
        part.system = window.system.clone().or(part.system.take());
        part.reasons.merge(window.reasons);
        for SeriesGain { key, requests, response_bytes, latency } in &window.series {
            let Some(&(number, folded)) = names.series.get(*key as usize) else { continue };
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
        self.add_messages(window, names);
        self.anomalies.merge(&window.anomalies);
        window.folded.iter().for_each(|label| self.folded.add_label(label));
        self.reasons.merge(window.reasons);
        self.events.extend(window.events.iter().cloned());
        all_requests
    }

    fn add_messages(&mut self, window: &FrameWindow, names: &FrameNames<'_>) {
        for &MessageGain { series, message, count } in &window.messages {
            let (series, message) = (names.series.get(series as usize), names.messages.get(message as usize));
            let Some(((series, _), (message, folded))) = series.zip(message) else { continue };
            if *folded == Folded::Yes {
                self.anomalies.count_many(Anomaly::MessageOverflow, count);
            }
            self.errors.add(names.index.key(*series as usize), message, count);
        }
    }

    /// Notes that it lacks the part of a worker.
    pub(crate) fn miss(&mut self, worker: usize) {
        self.part(worker).reasons.add(Reason::WorkerMissing);
        self.reasons.add(Reason::WorkerMissing);
    }

    /// How many users the workers have that told of it.
    pub(crate) fn users(&self) -> u64 {
        self.workers.values().map(|part| part.users).sum()
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
            errors: self.errors,
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
