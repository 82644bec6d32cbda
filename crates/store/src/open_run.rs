//! A run while it is recorded: its ids, its totals, and the windows that wait to be written.

use crate::facts::{Facts, FactsCell};
use crate::feed::WindowMessage;
use crate::figures::{Quantiles, Tally};
use crate::gain::Gain;
use crate::lost::Lost;
use crate::message::{self, Numbered};
use crate::numbers::Numbers;
use crate::prepared::Prepared;
use locust_telemetry_core::{Histogram, RunConfidence, RunIdentity, SeriesKey, SeriesStats, Window, WorkerWindow};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// How much may wait to be written, in bytes. Beyond that the oldest windows are given up.
const MAX_WAITING_BYTES: usize = 64 << 20;

/// How many seconds that are not sealed have their response times in memory.
const MAX_RECENT_SECONDS: usize = 600;

/// One endpoint over the run so far.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: Box<str>,
    pub(crate) method: Box<str>,
    pub(crate) tally: Tally,
    /// Whether it has changed since it was last written.
    pub(crate) is_stale: bool,
}

/// A run that windows come from.
#[derive(Debug)]
pub(crate) struct OpenRun {
    pub(crate) identity: Arc<RunIdentity>,
    /// As far as its windows tell, until its books are closed.
    pub(crate) started_unix_ns: i64,
    /// Its row, once there is one.
    pub(crate) row: Option<i64>,
    pub(crate) series: Numbers<Arc<SeriesKey>>,
    pub(crate) workers: Numbers<String>,
    /// Id of the series, and what its requests said.
    pub(crate) errors: Numbers<(u32, Arc<str>)>,
    pub(crate) endpoints: Vec<Endpoint>,
    /// By id of the series, its endpoint's place.
    endpoint_of: Vec<usize>,
    endpoint_places: HashMap<(Box<str>, Box<str>), usize>,
    /// What was written, all together.
    pub(crate) total: Tally,
    pub(crate) users_max: u64,
    pub(crate) confidence: RunConfidence,
    /// The first second and the last.
    pub(crate) bounds_s: Option<(i64, i64)>,
    pub(crate) sealed_until_s: Option<i64>,
    seq: u64,
    /// Of the seconds that are not sealed, all windows together.
    recent: BTreeMap<i64, Histogram>,
    pub(crate) waiting: VecDeque<Prepared>,
    waiting_bytes: usize,
    pub(crate) lost: Lost,
    facts_version: u64,
    /// Where the file does not have them yet.
    pub(crate) new_facts: Option<Facts>,
    pub(crate) new_summary: Option<Map<String, Value>>,
    pub(crate) new_reconciliation: Option<Map<String, Value>>,
    /// When its last user had stopped, once its books are closed.
    pub(crate) ended_unix_ns: Option<i64>,
    /// Whether the file says so, and has all its figures.
    pub(crate) is_finished: bool,
}

impl OpenRun {
    pub(crate) fn begin(identity: &Arc<RunIdentity>, started_unix_ns: i64) -> Self {
        Self {
            identity: Arc::clone(identity),
            started_unix_ns,
            row: None,
            series: Numbers::default(),
            workers: Numbers::default(),
            errors: Numbers::default(),
            endpoints: Vec::new(),
            endpoint_of: Vec::new(),
            endpoint_places: HashMap::new(),
            total: Tally::default(),
            users_max: 0,
            confidence: RunConfidence::default(),
            bounds_s: None,
            sealed_until_s: None,
            seq: 0,
            recent: BTreeMap::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            lost: Lost::default(),
            facts_version: 0,
            new_facts: None,
            new_summary: None,
            new_reconciliation: None,
            ended_unix_ns: None,
            is_finished: false,
        }
    }

    pub(crate) fn run_id(&self) -> &str {
        &self.identity.run_id
    }

    /// Takes the facts, where they have changed.
    pub(crate) fn take_facts(&mut self, cell: &FactsCell) {
        if let Some((version, facts)) = cell.newer_than(self.facts_version, &self.identity.run_id) {
            self.facts_version = version;
            self.new_facts = Some(facts);
        }
    }

    /// Lets a window wait to be written. Returns its message, and how many requests had to be given up for it.
    pub(crate) fn take(&mut self, window: &Window) -> (WindowMessage, u64) {
        let prepared = self.prepare(window);
        let message = prepared.message.clone();
        self.waiting_bytes += prepared.weight();
        self.waiting.push_back(prepared);
        let mut given_up = 0;
        while self.waiting_bytes > MAX_WAITING_BYTES && self.waiting.len() > 1 {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.waiting_bytes -= oldest.weight();
            self.lost.add(oldest.second(), oldest.requests);
            given_up += oldest.requests;
        }
        (message, given_up)
    }

    fn prepare(&mut self, window: &Window) -> Prepared {
        let (series_before, workers_before) = (self.series.len(), self.workers.len());
        let mut gains: Vec<(u32, Gain)> = Vec::with_capacity(window.requests.series.len());
        let mut total = SeriesStats::default();
        for (key, stats) in &window.requests.series {
            gains.push((self.series.number_of(key), Gain::of(stats)));
            total.merge(stats);
        }
        gains.sort_unstable_by_key(|(id, _)| *id);
        let workers: Vec<_> = window.workers.iter().map(|worker| self.workers.number_of(&worker.source_id)).collect();
        let mut errors = Vec::new();
        let mut error_texts = Vec::new();
        for (key, message, count) in window.requests.errors.iter() {
            let series = self.series.number_of(key);
            errors.push((self.errors.number_of(&(series, Arc::clone(message))), count));
            error_texts.push((series, &**message, count));
        }
        self.seq += 1;
        let numbered = Numbered {
            run_id: &self.identity.run_id,
            seq: self.seq,
            new_series: self.series.since(series_before).map(|(id, key)| (id, &**key)).collect(),
            new_workers: self.workers.since(workers_before).map(|(id, source)| (id, source.as_str())).collect(),
            gains: &gains,
            workers: &workers,
            errors: &error_texts,
        };
        let json = message::compose(window, &numbered);
        let message = WindowMessage { run_id: self.run_id().to_owned(), seq: self.seq, second: window.start_s, json };
        let quantiles = self.second_so_far(window.start_s, &total.latency);
        let system = window.system.as_ref();
        Prepared {
            message,
            gains,
            requests: total.requests,
            failures: window.requests.failures(),
            response_bytes: total.response_bytes,
            quantiles,
            users: window.users,
            hub_lag_max_ns: window.hub_lag_max_ns,
            reasons: window.reasons,
            cpu_percent: system.map(|system| system.process_cpu_percent),
            memory_bytes: system.map(|system| system.process_memory_bytes),
            workers: workers.into_iter().zip(window.workers.iter().map(without_latency)).collect(),
            events: window.events.clone(),
            errors,
            anomalies: message::anomalies(window),
            folded: message::folded(window),
        }
    }

    /// The response times of a second that may still get more, with those of a window of it.
    fn second_so_far(&mut self, second: i64, latency: &Histogram) -> Option<Quantiles> {
        if self.sealed_until_s.is_some_and(|sealed| second < sealed) {
            return None;
        }
        let all = self.recent.entry(second).or_default();
        all.merge(latency);
        let quantiles = Quantiles::of(all);
        if self.recent.len() > MAX_RECENT_SECONDS {
            self.recent.pop_first();
        }
        Some(quantiles)
    }

    /// Counts a window that is in the file.
    pub(crate) fn written(&mut self, prepared: &Prepared) {
        for (id, gain) in &prepared.gains {
            self.add_to_endpoint(*id, gain);
        }
        self.users_max = self.users_max.max(prepared.users);
        let second = prepared.second();
        let (first, last) = self.bounds_s.unwrap_or((second, second));
        self.bounds_s = Some((first.min(second), last.max(second)));
        let judged = Window { start_s: second, reasons: prepared.reasons, ..Window::default() };
        self.confidence.add(&judged);
    }

    fn add_to_endpoint(&mut self, id: u32, gain: &Gain) {
        for (_, key) in self.series.since(self.endpoint_of.len()) {
            let name = (key.name.clone(), key.method.clone());
            let place = *self.endpoint_places.entry(name).or_insert_with_key(|(name, method)| {
                let (name, method) = (name.clone(), method.clone());
                self.endpoints.push(Endpoint { name, method, tally: Tally::default(), is_stale: true });
                self.endpoints.len() - 1
            });
            self.endpoint_of.push(place);
        }
        let is_failure = self.series.since(id as usize).next().is_some_and(|(_, key)| key.is_failure());
        let failures = if is_failure { gain.requests } else { 0 };
        gain.add_to(&mut self.total.stats);
        self.total.failures += failures;
        let Some(endpoint) = self.endpoint_of.get(id as usize).and_then(|place| self.endpoints.get_mut(*place)) else {
            return;
        };
        gain.add_to(&mut endpoint.tally.stats);
        endpoint.tally.failures += failures;
        endpoint.is_stale = true;
    }

    /// Gives everything that waits up. Returns how many requests that were.
    pub(crate) fn give_up(&mut self) -> u64 {
        self.waiting_bytes = 0;
        let mut requests = 0;
        for prepared in self.waiting.drain(..) {
            self.lost.add(prepared.second(), prepared.requests);
            requests += prepared.requests;
        }
        requests
    }

    /// The oldest `count` of the windows that wait: they are in the file now.
    pub(crate) fn take_waiting(&mut self, count: usize) -> Vec<Prepared> {
        let taken: Vec<_> = self.waiting.drain(..count).collect();
        self.waiting_bytes -= taken.iter().map(Prepared::weight).sum::<usize>();
        taken
    }

    /// Everything before `until_s` is in strips.
    pub(crate) fn sealed(&mut self, until_s: i64) {
        self.sealed_until_s = Some(self.sealed_until_s.map_or(until_s, |sealed| sealed.max(until_s)));
        self.recent = self.recent.split_off(&until_s);
    }
}

/// What is kept of a worker's part beside its gain.
fn without_latency(worker: &WorkerWindow) -> WorkerWindow {
    WorkerWindow { latency: Histogram::new(), ..worker.clone() }
}
