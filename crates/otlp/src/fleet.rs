//! Workers, confidence and the hub's lag as metrics: from windows into instruments.

use crate::attributes::{AttributeValue, Attributes};
use crate::instruments::{Description, Instrument, Instruments, Kind, OWN_CALLBACKS};
use crate::metric::Scope;
use crate::number::Number;
use locust_telemetry_core::{
    Reasons, Role, RunConfidence, RunIdentity, SystemSample, Window, WorkerState, WorkerWindow,
};
use locust_telemetry_pipeline::RunWindow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What the runner of a worker is called in attributes.
const WORKER_SOURCE: &str = "WorkerRunner";

/// How many callbacks one run may have, each with a number: one for itself and one for each worker.
const CALLBACKS: u64 = 1 << 24;

/// How many runs there were: each has callbacks of its own, so that the next one's figures do not stand for its own.
static RUNS: AtomicU64 = AtomicU64::new(0);

const NS_PER_MS: f64 = 1e6;

/// So many of the newest seconds of a merged run are not told as trusted yet: what a worker sends late may make them
/// suspect (10 seconds late at most by default, `--lt-max-lateness`).
const OPEN_SECONDS_MERGED: usize = 10;

/// The same of a process's own: its run may begin and end amid a second.
const OPEN_SECONDS: usize = 1;

/// What is known of one run; a process has one at a time.
#[derive(Debug)]
struct RunFigures {
    identity: Arc<RunIdentity>,
    first_callback: u64,
    verdicts: Verdicts,
    /// By worker: its callback's number, and its confidence.
    workers: BTreeMap<String, (u64, Verdicts)>,
    has_ended: bool,
}

impl RunFigures {
    fn new(identity: &Arc<RunIdentity>) -> Self {
        let first_callback = OWN_CALLBACKS + RUNS.fetch_add(1, Relaxed) * CALLBACKS;
        let (verdicts, workers) = (Verdicts::default(), BTreeMap::new());
        Self { identity: Arc::clone(identity), first_callback, verdicts, workers, has_ended: false }
    }

    fn open_seconds(&self) -> usize {
        match self.identity.role {
            _ if self.has_ended => 0,
            Role::Master => OPEN_SECONDS_MERGED,
            Role::Worker | Role::Local => OPEN_SECONDS,
        }
    }
}

/// Seconds by verdict, as counters: they never fall, though a second may turn out suspect after it was told as trusted.
#[derive(Debug, Default)]
struct Verdicts {
    confidence: RunConfidence,
    /// How many were told as trusted.
    told_trusted: u64,
}

impl Verdicts {
    /// Trusted seconds without the newest, and suspect ones. What was told too many of is made up for by the next.
    fn seconds(&mut self, open_seconds: usize) -> [(&'static str, u64); 2] {
        self.told_trusted = self.told_trusted.max(self.confidence.trusted_seconds(open_seconds));
        [("trusted", self.told_trusted), ("suspect", self.confidence.suspect_seconds)]
    }
}

/// Turns windows into figures of the load generator.
#[derive(Debug)]
pub(crate) struct Fleet {
    hub_lag: Arc<Instrument>,
    seconds: Arc<Instrument>,
    suspect_seconds: Arc<Instrument>,
    worker_state: Arc<Instrument>,
    worker_frames: Arc<Instrument>,
    worker_clock_offset: Arc<Instrument>,
    worker_clock_error: Arc<Instrument>,
    users: Arc<Instrument>,
    cpu: Arc<Instrument>,
    memory: Arc<Instrument>,
    network: Arc<Instrument>,
    /// Whether workers export nothing themselves, so that their own figures are told here.
    speaks_for_workers: bool,
    run: Option<RunFigures>,
}

impl Fleet {
    pub(crate) fn new(instruments: &Instruments, speaks_for_workers: bool) -> Self {
        let make = |kind, name: &str, unit: &str, description: &str| {
            instruments.instrument(&Description {
                scope: Scope::own(),
                name: name.into(),
                kind,
                unit: unit.into(),
                description: description.into(),
                boundaries: None,
            })
        };
        let gauge = |name, unit, description| make(Kind::ObservableGauge, name, unit, description);
        let total = |name, unit, description| make(Kind::ObservableCounter, name, unit, description);
        Self {
            hub_lag: gauge(
                "locust.tl.system.metric.hub.lag",
                "ms",
                "How late the gevent hub was at worst in the last second.",
            ),
            seconds: total("locust.tl.confidence.metric.seconds", "s", "Seconds that the run was judged for."),
            suspect_seconds: total(
                "locust.tl.confidence.metric.suspect.seconds",
                "s",
                "Seconds that are suspect, by reason; a second may have several.",
            ),
            worker_state: gauge("locust.tl.worker.metric.state", "1", "1 for the state that a worker is in."),
            worker_frames: total(
                "locust.tl.worker.metric.frames",
                "1",
                "What became of the frames that a worker sent.",
            ),
            worker_clock_offset: gauge(
                "locust.tl.worker.metric.clock.offset",
                "ms",
                "What to add to a worker's time to have the master's.",
            ),
            worker_clock_error: gauge("locust.tl.worker.metric.clock.error", "ms", "How far off that offset may be."),
            users: gauge("locust.tl.user.metric.count", "1", "Simulated users."),
            cpu: gauge("locust.tl.system.metric.cpu", "%", "CPU of this process, in percent of one core."),
            memory: gauge("locust.tl.system.metric.mem", "By", "Resident memory of this process."),
            network: gauge(
                "locust.tl.system.metric.network",
                "By",
                "Bytes sent and received in this network namespace since the recording began.",
            ),
            speaks_for_workers,
            run: None,
        }
    }

    /// Takes a window.
    pub(crate) fn add(&mut self, window: &RunWindow, now_ns: u64) {
        let run = &window.run;
        let is_same =
            |known: &RunFigures| known.identity.run_id == run.run_id && known.identity.source_id == run.source_id;
        if !self.run.as_ref().is_some_and(is_same) {
            // Another run: nothing more comes of the one before.
            self.end_run(now_ns);
            self.run = None;
        }
        let mut figures = self.run.take().unwrap_or_else(|| RunFigures::new(run));
        let (open_seconds, first_callback) = (figures.open_seconds(), figures.first_callback);
        let of_run = Run(run);
        // A window too short for a look at the hub, such as a run's last, says nothing new of it.
        if let Some(lag_ns) = window.window.hub_lag_max_ns {
            let lag = (Number::Float(lag_ns as f64 / NS_PER_MS), of_run.source());
            self.hub_lag.observe(first_callback, [lag], now_ns);
        }
        figures.verdicts.confidence.add(&window.window);
        self.tell_confidence(first_callback, &mut figures.verdicts, open_seconds, of_run.own(), now_ns);
        for worker in &window.window.workers {
            let next = first_callback + 1 + figures.workers.len() as u64;
            let (callback, verdicts) =
                figures.workers.entry(worker.source_id.clone()).or_insert_with(|| (next, Verdicts::default()));
            self.tell_worker(*callback, worker, of_run, now_ns);
            if self.speaks_for_workers {
                verdicts.confidence.add(&alone(worker, window.window.start_s));
                self.tell_confidence(*callback, verdicts, open_seconds, of_run.of_worker(&worker.source_id), now_ns);
                self.tell_system(*callback, worker, now_ns);
            }
        }
        self.run = Some(figures);
    }

    /// Tells of all seconds so far, the newest too: everybody has told of them.
    pub(crate) fn tell_all_seconds(&mut self, now_ns: u64) {
        let Some(mut figures) = self.run.take() else { return };
        let run = Arc::clone(&figures.identity);
        self.tell_confidence(figures.first_callback, &mut figures.verdicts, 0, Run(&run).own(), now_ns);
        if self.speaks_for_workers {
            for (worker, (callback, verdicts)) in &mut figures.workers {
                self.tell_confidence(*callback, verdicts, 0, Run(&run).of_worker(worker), now_ns);
            }
        }
        self.run = Some(figures);
    }

    /// The run has ended: what callbacks told of its workers has vanished.
    pub(crate) fn end_run(&mut self, now_ns: u64) {
        self.tell_all_seconds(now_ns);
        // The figures stay: stragglers of the run may still come.
        let Some(run) = &mut self.run else { return };
        run.has_ended = true;
        let first_callback = run.first_callback;
        let callbacks = run.workers.values().map(|(callback, _)| *callback).collect::<Vec<_>>();
        for callback in callbacks {
            for gauge in [&self.worker_state, &self.worker_clock_offset, &self.worker_clock_error] {
                gauge.observe(callback, [], now_ns);
            }
            self.end_system(callback, now_ns);
        }
        self.hub_lag.observe(first_callback, [], now_ns);
    }

    fn tell_confidence(
        &self,
        callback: u64,
        verdicts: &mut Verdicts,
        open_seconds: usize,
        whose: Whose<'_>,
        now_ns: u64,
    ) {
        let seconds = verdicts.seconds(open_seconds);
        let seconds =
            seconds.map(|(verdict, seconds)| (whole(seconds), whose.attributes(&[("verdict", verdict.into())])));
        self.seconds.observe(callback, seconds, now_ns);
        let reasons = verdicts.confidence.reasons();
        let reasons =
            reasons.map(|(reason, seconds)| (whole(seconds), whose.attributes(&[("reason", reason.name().into())])));
        self.suspect_seconds.observe(callback, reasons.collect::<Vec<_>>(), now_ns);
    }

    fn tell_worker(&self, callback: u64, worker: &WorkerWindow, run: Run<'_>, now_ns: u64) {
        let attributes = |more: &[(&str, AttributeValue)]| {
            let mut pairs = vec![("worker", worker.source_id.as_str().into())];
            pairs.extend_from_slice(more);
            run.own().attributes(&pairs)
        };
        let state = attributes(&[("state", worker.state.name().into())]);
        self.worker_state.observe(callback, [(Number::Int(1), state)], now_ns);
        let frames = worker.frames;
        let outcomes = [
            ("received", frames.received),
            ("resent", frames.resent),
            ("reordered", frames.reordered),
            ("replayed", frames.replayed),
            ("refused", frames.refused),
            ("lost", frames.lost),
        ];
        let outcomes = outcomes.map(|(outcome, count)| (whole(count), attributes(&[("outcome", outcome.into())])));
        self.worker_frames.observe(callback, outcomes, now_ns);
        let clock = |ms: fn(&locust_telemetry_core::ClockOffset) -> f64| {
            worker.clock.as_ref().map(|clock| (Number::Float(ms(clock)), attributes(&[])))
        };
        self.worker_clock_offset.observe(callback, clock(|clock| clock.offset_ns as f64 / NS_PER_MS), now_ns);
        self.worker_clock_error.observe(callback, clock(|clock| clock.error_ns as f64 / NS_PER_MS), now_ns);
    }

    /// What a worker would tell itself.
    fn tell_system(&self, callback: u64, worker: &WorkerWindow, now_ns: u64) {
        let source = || Attributes::of_texts([("source", WORKER_SOURCE), ("source_id", &worker.source_id)]);
        if worker.state == WorkerState::Gone {
            return self.end_system(callback, now_ns);
        }
        self.users.observe(callback, [(whole(worker.users), source())], now_ns);
        // A second without a look at the hub or without a sample says nothing new of a worker that is there.
        if worker.hub_lag_max_ns.is_some() || !worker.state.is_live() {
            let lag = worker.hub_lag_max_ns.map(|lag_ns| (Number::Float(lag_ns as f64 / NS_PER_MS), source()));
            self.hub_lag.observe(callback, lag, now_ns);
        }
        let sample = worker.system.as_ref();
        if sample.is_none() && worker.state.is_live() {
            return;
        }
        let gauge = |value: fn(&SystemSample) -> Number| sample.map(|sample| (value(sample), source()));
        self.cpu.observe(callback, gauge(|sample| Number::Float(sample.process_cpu_percent)), now_ns);
        self.memory.observe(callback, gauge(|sample| whole(sample.process_memory_bytes)), now_ns);
        let network = sample.map(|sample| {
            [("sent", sample.network_sent_bytes), ("recv", sample.network_received_bytes)].map(|(direction, bytes)| {
                let source = [("source", WORKER_SOURCE), ("source_id", &worker.source_id), ("direction", direction)];
                (whole(bytes), Attributes::of_texts(source))
            })
        });
        self.network.observe(callback, network.into_iter().flatten(), now_ns);
    }

    /// What a worker would tell itself has vanished with it.
    fn end_system(&self, callback: u64, now_ns: u64) {
        for gauge in [&self.users, &self.cpu, &self.memory, &self.network, &self.hub_lag] {
            gauge.observe(callback, [], now_ns);
        }
    }
}

/// A run, as the attributes of its figures.
#[derive(Clone, Copy)]
struct Run<'a>(&'a RunIdentity);

impl Run<'_> {
    fn source(self) -> Attributes {
        Attributes::of_texts([("source", &*self.0.source), ("source_id", &*self.0.source_id)])
    }

    fn own(&self) -> Whose<'_> {
        Whose { run: self.0, source: &self.0.source, source_id: &self.0.source_id }
    }

    fn of_worker<'b>(&'b self, source_id: &'b str) -> Whose<'b> {
        Whose { run: self.0, source: WORKER_SOURCE, source_id }
    }
}

/// Of whom in a run a figure is.
#[derive(Clone, Copy)]
struct Whose<'a> {
    run: &'a RunIdentity,
    source: &'a str,
    source_id: &'a str,
}

impl Whose<'_> {
    fn attributes(self, more: &[(&str, AttributeValue)]) -> Attributes {
        let run = [
            ("run_id", self.run.run_id.as_str().into()),
            ("testplan", self.run.testplan.as_str().into()),
            ("source", self.source.into()),
            ("source_id", self.source_id.into()),
        ];
        Attributes::new(run.into_iter().chain(more.iter().cloned()).map(|(key, value)| (key.into(), value)))
    }
}

/// A worker's second as a window of its own, to be judged like one.
fn alone(worker: &WorkerWindow, start_s: i64) -> Window {
    let reasons: Reasons = worker.reasons;
    Window { start_s, reasons, users: worker.users, ..Window::default() }
}

fn whole(count: u64) -> Number {
    Number::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
mod tests;
