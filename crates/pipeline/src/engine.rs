//! The engine of one process: takes requests, closes a window each second, hands it to every recorder.
//!
//! On a worker whose master reads frames, windows also go to an outbox, and their seconds are the master's. On a master
//! windows are those of all workers, merged (`merging.rs`).
//!
//! Threads: `lt-window` closes the windows, `lt-merge` merges on a master, each recorder has its lane. None runs before
//! [`Engine::start`], [`Engine::attach`] or the first run, so that an engine may be made before a fork. The engine
//! never calls Python and never blocks whoever records a request.

mod channel;

use crate::clock;
use crate::held::{Held, HeldWindow};
use crate::lane::{FlushTicket, Lane};
use crate::ledger::{Balance, Ledger};
use crate::merging::Merging;
use crate::outputs::Outputs;
use crate::recorder::{Record, Recorder, RunWindow};
use crate::report::{EndpointTotal, Report};
use crate::run::Run;
use crate::subscription::Subscription;
use locust_telemetry_core::reconciliation::{self, EndpointCounts, Marks, Reconciliation};
use locust_telemetry_core::{
    Anomalies, Anomaly, Buffer, EndpointKey, Event, Histogram, KnownSeries, Reasons, Request, RequestAggregate,
    RequestTable, Role, RunIdentity, SystemSample, Thresholds, Window,
};
use locust_telemetry_fleet::{ClockEstimate, DEFAULT_HISTORY_S, MergeSettings, Outbox};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Where the engine takes a system sample from, each second; what counts in it covers the time since the last call.
pub type SystemSource = Box<dyn FnMut() -> Option<SystemSample> + Send>;

/// What closing a window needs; never touched by the request path.
#[derive(Default)]
struct State {
    run: Option<Run>,
    /// When the open window was opened, by this process's own clock.
    open_since_unix_ns: i64,
    spare: Buffer,
    held: Held,
    /// What came before the first run.
    before_run: Anomalies,
    thresholds: Thresholds,
    merge: MergeSettings,
    history_s: u32,
}

struct Inner {
    table: Mutex<RequestTable>,
    /// Locked before `outputs`, where both are needed.
    state: Mutex<State>,
    outputs: Mutex<Outputs>,
    events: Mutex<Vec<Event>>,
    system: Mutex<Sampling>,
    /// On a worker, once its master has said that it reads frames. Locked after `state`, where both are needed.
    outbox: Mutex<Option<Outbox>>,
    /// On a master, from its first run on.
    merging: OnceLock<Merging>,
    clock: Mutex<ClockEstimate>,
    /// What to add to this process's time to have the master's, in nanoseconds.
    clock_offset_ns: AtomicI64,
    /// Whether a run has started; requests before that belong to none.
    recording: AtomicBool,
    users: AtomicU64,
    /// The most users of any tick since the last window.
    users_max: AtomicU64,
    hub_lag_max_ns: AtomicU64,
    hub_ticks: AtomicU64,
    /// What the engine itself wants the user to know, once.
    notices: Mutex<Vec<String>>,
    stop: Mutex<bool>,
    stopped: Condvar,
}

/// The source of system samples, and when it was last asked (own clock, Unix nanoseconds).
#[derive(Default)]
struct Sampling {
    source: Option<SystemSource>,
    asked_unix_ns: i64,
}

/// A sample, and how many nanoseconds it covers.
type TimedSample = (SystemSample, u64);

/// Records the runs of one process. Cheap to share: clones are handles to the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

impl Engine {
    /// An engine that keeps at most `max_series` series. Starts no thread, opens nothing.
    #[must_use]
    pub fn new(max_series: usize) -> Self {
        Self(Arc::new(Inner {
            table: Mutex::new(RequestTable::new(max_series)),
            state: Mutex::new(State {
                history_s: DEFAULT_HISTORY_S,
                merge: MergeSettings { max_series, ..MergeSettings::default() },
                ..State::default()
            }),
            outputs: Mutex::default(),
            events: Mutex::default(),
            system: Mutex::default(),
            outbox: Mutex::default(),
            merging: OnceLock::new(),
            clock: Mutex::default(),
            clock_offset_ns: AtomicI64::new(0),
            recording: AtomicBool::new(false),
            users: AtomicU64::new(0),
            users_max: AtomicU64::new(0),
            hub_lag_max_ns: AtomicU64::new(0),
            hub_ticks: AtomicU64::new(0),
            notices: Mutex::default(),
            stop: Mutex::new(false),
            stopped: Condvar::new(),
        }))
    }

    /// Adds one finished request; `anomalies` are what its reader had to mend.
    ///
    /// The only lock is the table's, which others hold for a few assignments at a time.
    ///
    /// Returns the series, if more requests of these very texts can be given to [`record_known`](Self::record_known).
    #[inline]
    pub fn record(&self, request: &Request<'_>, anomalies: impl IntoIterator<Item = Anomaly>) -> Option<KnownSeries> {
        let mut table = lock(&self.0.table);
        anomalies.into_iter().for_each(|anomaly| table.count_anomaly(anomaly));
        if self.0.recording.load(Relaxed) {
            return table.record(request);
        }
        table.count_anomaly(Anomaly::OutsideRun);
        None
    }

    /// Adds one more request that succeeded, and at which nothing was odd, to the series of an earlier one. False, and
    /// nothing is added, if that is no more, or there is no run.
    #[inline]
    #[must_use]
    pub fn record_known(&self, series: KnownSeries, elapsed_ms: Result<f64, Anomaly>, response_bytes: u64) -> bool {
        let mut table = lock(&self.0.table);
        self.0.recording.load(Relaxed) && table.record_known(series, elapsed_ms, response_bytes)
    }

    /// Counts something odd where there is no request to record.
    pub fn count_anomaly(&self, anomaly: Anomaly) {
        lock(&self.0.table).count_anomaly(anomaly);
    }

    /// Changes the limit on series, before the first run.
    pub fn set_max_series(&self, max_series: usize) {
        lock(&self.0.table).set_max_series(max_series);
        // On a master the limit is on what its workers send, merged.
        self.state().merge.max_series = max_series;
    }

    /// How patient the merge on a master is, and for how many seconds a worker keeps its frames. For the next run.
    pub fn configure_merge(&self, history_s: u32, max_lateness_s: u32) {
        let mut state = self.state();
        state.history_s = history_s;
        state.merge.max_lateness_s = max_lateness_s;
    }

    /// From where on windows are suspect.
    pub fn set_thresholds(&self, thresholds: Thresholds) {
        self.state().thresholds = thresholds;
    }

    /// Begins a run: forgets all series, so that nothing of the last run is in it.
    ///
    /// With `identity` of a process that does not know its own source yet, call [`Engine::hold`] first.
    /// On a master the first run starts the thread that merges; where the system refuses it, a notice tells, and the run
    /// is recorded without its workers.
    pub fn start_run(&self, identity: RunIdentity, now_unix_ns: i64) {
        let mut state = self.state();
        self.close(&mut state, now_unix_ns, None);
        let mut left = lock(&self.0.table).reset();
        // What native threads recorded since the line before last.
        let left = left.drain();
        if left.requests() > 0 {
            self.take_window(&mut state, now_unix_ns, left, None);
        }
        state.spare = Buffer::default();
        state.open_since_unix_ns = now_unix_ns;
        self.0.hub_lag_max_ns.store(0, Relaxed);
        self.0.users_max.store(0, Relaxed);
        let books_before =
            lock(&self.0.outputs).ledgers().map(|(id, ledger)| (id.to_owned(), ledger.balance())).collect();
        let before_run = std::mem::take(&mut state.before_run);
        let run = Run::begin(identity, now_unix_ns, before_run, books_before);
        let identity = Arc::clone(&run.identity);
        state.run = Some(run);
        if let Some(outbox) = lock(&self.0.outbox).as_mut() {
            outbox.start_run(&identity.run_id);
        }
        self.0.recording.store(true, Relaxed);
        if identity.role == Role::Master
            && let Some(merging) = self.merging()
        {
            merging.start_run(identity, state.merge, now_unix_ns);
        }
    }

    /// Ends the run: closes its last window. Requests that still finish are counted to it until the next
    /// run starts.
    pub fn stop_run(&self, now_unix_ns: i64) {
        let sample = self.sample(now_unix_ns);
        let mut state = self.state();
        self.close(&mut state, now_unix_ns, sample);
        if let Some(run) = &mut state.run {
            run.stopped_unix_ns.get_or_insert(now_unix_ns);
        }
        if let Some(outbox) = lock(&self.0.outbox).as_mut() {
            outbox.stop_run();
        }
        if let Some(merging) = self.0.merging.get() {
            merging.stop_run(now_unix_ns);
        }
    }

    /// The books of the run are closed, after its last flush: recorders may let its series go.
    pub fn end_run(&self) {
        let run = self.state().run.as_ref().map(|run| (Arc::clone(&run.identity), run.span(clock::now_unix_ns())));
        if let Some((run, span)) = run {
            lock(&self.0.outputs).end_run(&run, span);
        }
    }

    /// Keeps closed windows back until [`Engine::release`] tells who this process is.
    pub fn hold(&self) {
        self.state().held.awaits_identity = true;
    }

    /// Names the run's process and sends what was held back for want of that.
    pub fn release(&self, identity: RunIdentity) {
        let mut state = self.state();
        let identity = Arc::new(identity);
        if let Some(run) = &mut state.run {
            run.identity = Arc::clone(&identity);
        }
        state.held.name(&identity);
        state.held.awaits_identity = false;
        self.ship_released(&mut state);
    }

    /// Marks a moment in the open window.
    pub fn event(&self, event: Event) {
        lock(&self.0.events).push(event);
    }

    /// One tick of the gevent hub: how late it came, and how many users there are.
    pub fn tick(&self, lag_ns: u64, users: u64) {
        self.0.hub_lag_max_ns.fetch_max(lag_ns, Relaxed);
        self.0.hub_ticks.fetch_add(1, Relaxed);
        self.0.users.store(users, Relaxed);
        self.0.users_max.fetch_max(users, Relaxed);
    }

    /// Passes a single record to the recorders that take them.
    pub fn submit(&self, record: Record) {
        lock(&self.0.outputs).offer_record(&Arc::new(record));
    }

    /// Gives `recorder` a lane with a thread of its own.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn attach(&self, recorder: Box<dyn Recorder>) -> io::Result<()> {
        let lane = Lane::start(recorder, Arc::new(Ledger::default()))?;
        lock(&self.0.outputs).lanes.push(lane);
        Ok(())
    }

    /// Windows for somebody who fetches them, shown as `id` in summaries.
    #[must_use]
    pub fn subscribe(&self, id: String) -> Arc<Subscription> {
        let subscription = Arc::new(Subscription::new(id));
        lock(&self.0.outputs).subscriptions.push(Arc::clone(&subscription));
        subscription
    }

    /// Where windows get their system samples from.
    pub fn set_system_source(&self, source: SystemSource) {
        *lock(&self.0.system) = Sampling { source: Some(source), asked_unix_ns: clock::now_unix_ns() };
    }

    /// Starts the thread that closes a window at each whole second. Call it once, after any fork.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn start(&self) -> io::Result<()> {
        *lock(&self.0.stop) = false;
        let engine = self.clone();
        std::thread::Builder::new().name("lt-window".into()).spawn(move || engine.close_every_second())?;
        Ok(())
    }

    /// Closes the open window, as the thread does each second.
    pub fn close_window(&self, now_unix_ns: i64) {
        let sample = self.sample(now_unix_ns);
        self.close(&mut self.state(), now_unix_ns, sample);
    }

    /// Closes the open window and asks every recorder to pass on all it has. On a master all seconds are closed first.
    #[must_use]
    pub fn flush(&self, now_unix_ns: i64) -> Vec<FlushTicket> {
        self.close(&mut self.state(), now_unix_ns, None);
        match self.0.merging.get() {
            Some(merging) => vec![merging.flush()],
            None => self.flush_lanes(),
        }
    }

    /// Asks every recorder to pass on all it has.
    pub(crate) fn flush_lanes(&self) -> Vec<FlushTicket> {
        lock(&self.0.outputs).flush()
    }

    /// Ends the threads; they work off what is queued. Does not wait.
    pub fn shutdown(&self) {
        *lock(&self.0.stop) = true;
        self.0.stopped.notify_all();
        if let Some(merging) = self.0.merging.get() {
            merging.close();
        }
        lock(&self.0.outputs).lanes.iter_mut().for_each(Lane::close);
    }

    /// What the recorders want the user to know, once.
    #[must_use]
    pub fn take_notices(&self) -> Vec<String> {
        let mut notices = std::mem::take(&mut *lock(&self.0.notices));
        notices.extend(lock(&self.0.outputs).lanes.iter().flat_map(|lane| lane.ledger().take_notices()));
        notices
    }

    /// The books of the run and of each recorder.
    #[must_use]
    pub fn report(&self) -> Report {
        let state = self.state();
        let no_books = Balance::default();
        let outputs = lock(&self.0.outputs);
        let recorders = outputs.ledgers().map(|(id, ledger)| {
            // A recorder that was attached during the run has no books from before.
            let before = state.run.as_ref().and_then(|run| run.books_before.get(id)).unwrap_or(&no_books);
            (id.to_owned(), ledger.balance().since(before))
        });
        let offset_ns = self.0.clock_offset_ns.load(Relaxed);
        let (workers, foreign_frames, dropped_frames) = self.0.merging.get().map(Merging::accounts).unwrap_or_default();
        Report {
            run: state.run.as_ref().map(|run| run.report(offset_ns)),
            before_run: state.run.as_ref().map_or(state.before_run, |run| run.before_run),
            held_lost: state.run.as_ref().map_or(0, |run| run.held_lost),
            series: state.run.as_ref().map_or(0, |run| run.totals.series.len()).max(lock(&self.0.table).series()),
            recorders: recorders.collect(),
            workers,
            foreign_frames,
            dropped_frames,
        }
    }

    /// Each endpoint of the run so far: method, name, requests, failures and response times. Merged on a master.
    #[must_use]
    pub fn endpoints(&self) -> Vec<EndpointTotal> {
        let state = self.state();
        let Some(run) = &state.run else { return Vec::new() };
        let endpoints = run.totals.endpoints().into_iter();
        endpoints
            .map(|(EndpointKey { name, method }, stats)| EndpointTotal {
                method: method.to_owned(),
                name: name.to_owned(),
                requests: stats.all.requests,
                failures: stats.failures,
                latency: stats.all.latency,
            })
            .collect()
    }

    /// What was recorded against what Locust itself counted, and who recorded it; `None` before any run.
    #[must_use]
    pub fn reconcile(&self, locust: &EndpointCounts, marks: Marks) -> Option<(Arc<RunIdentity>, Reconciliation)> {
        let workers = self.0.merging.get().map(Merging::accounts).unwrap_or_default().0;
        let state = self.state();
        let run = state.run.as_ref()?;
        let recorded = reconciliation::counts_of(&run.totals);
        Some((Arc::clone(&run.identity), Reconciliation::new(&recorded, locust, workers, marks)))
    }

    /// The response times of the whole run so far. Merged on a master.
    #[must_use]
    pub fn latency(&self) -> Histogram {
        self.state().run.as_ref().map(|run| run.latency.compact()).unwrap_or_default()
    }

    /// Closes a window at each whole second of the master's clock. Woken by whatever else, it goes on to wait; a clock
    /// that was found to be ahead closes the open window at once.
    fn close_every_second(&self) {
        let mut stop = lock(&self.0.stop);
        let mut due_ns = clock::next_second_ns(self.master_time(clock::now_unix_ns()));
        while !*stop {
            let own_now_ns = clock::now_unix_ns();
            let now_ns = self.master_time(own_now_ns);
            if now_ns >= due_ns {
                drop(stop);
                self.close_window(own_now_ns);
                due_ns = clock::next_second_ns(self.master_time(clock::now_unix_ns()));
                stop = lock(&self.0.stop);
                continue;
            }
            // Not beyond the next one, where a clock was found to be behind.
            due_ns = due_ns.min(clock::next_second_ns(now_ns));
            let wait = Duration::from_nanos(due_ns.abs_diff(now_ns));
            stop = self.0.stopped.wait_timeout(stop, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A moment of this process's clock, in the master's time.
    fn master_time(&self, unix_ns: i64) -> i64 {
        unix_ns.saturating_add(self.0.clock_offset_ns.load(Relaxed))
    }

    /// A sample of the system, and how many nanoseconds it covers. Reads from the operating system.
    fn sample(&self, now_unix_ns: i64) -> Option<TimedSample> {
        let mut sampling = lock(&self.0.system);
        let covered_ns = now_unix_ns.saturating_sub(sampling.asked_unix_ns);
        let sample = sampling.source.as_mut()?();
        sampling.asked_unix_ns = now_unix_ns;
        sample.map(|sample| (sample, u64::try_from(covered_ns).unwrap_or(0)))
    }

    fn close(&self, state: &mut State, now_unix_ns: i64, sample: Option<TimedSample>) {
        let spare = std::mem::take(&mut state.spare);
        let mut buffer = lock(&self.0.table).swap(spare);
        let requests = buffer.drain();
        state.spare = buffer;
        self.take_window(state, now_unix_ns, requests, sample);
    }

    /// Makes a window of what was counted since the last one, and passes it on.
    fn take_window(
        &self,
        state: &mut State,
        now_unix_ns: i64,
        requests: RequestAggregate,
        sample: Option<TimedSample>,
    ) {
        let opened_unix_ns = std::mem::replace(&mut state.open_since_unix_ns, now_unix_ns);
        let events = std::mem::take(&mut *lock(&self.0.events));
        let ticked = self.0.hub_ticks.swap(0, Relaxed) > 0;
        let hub_lag_ns = self.0.hub_lag_max_ns.swap(0, Relaxed);
        let Some(run) = &mut state.run else {
            state.before_run.merge(&requests.anomalies);
            return;
        };
        let users = self.0.users.load(Relaxed);
        run.peak_users = run.peak_users.max(self.0.users_max.swap(users, Relaxed)).max(users);
        let hub_lag_max_ns = ticked.then_some(hub_lag_ns);
        let (system, covered_ns) = sample.map_or((None, 1), |(system, covered_ns)| (Some(system), covered_ns));
        let reasons = state.thresholds.judge(covered_ns, hub_lag_max_ns, system.as_ref());
        // As far as the clock is known by now; what is held back gets its second when it goes.
        let early_unix_ns = clock::early_in(opened_unix_ns, now_unix_ns);
        let start_s = clock::second_of(self.master_time(early_unix_ns));
        let window = Window { start_s, requests, users, hub_lag_max_ns, system, events, reasons, workers: Vec::new() };
        let is_idle = run.stopped_unix_ns.is_some() && window.is_idle();
        if let Some(merging) = self.0.merging.get() {
            // What a master's own hub does says nothing of the latencies that its workers measure.
            let window = Window { reasons: Reasons::NONE, ..self.in_master_time(window, early_unix_ns) };
            merging.own((!is_idle).then_some(window), clock::second_of(now_unix_ns));
            return;
        }
        if is_idle {
            return;
        }
        run.count(&window, clock::second_of(early_unix_ns));
        let held = HeldWindow { early_unix_ns, run: Arc::clone(&run.identity), window };
        if state.held.is_holding() {
            run.held_lost += state.held.keep(held);
        } else {
            self.ship(held);
        }
    }

    /// The window with its second, and its events, in the master's time.
    fn in_master_time(&self, mut window: Window, early_unix_ns: i64) -> Window {
        window.start_s = clock::second_of(self.master_time(early_unix_ns));
        for event in &mut window.events {
            event.time_unix_ns = self.master_time(event.time_unix_ns);
        }
        window
    }

    /// Ships what is no longer held back.
    fn ship_released(&self, state: &mut State) {
        state.held.release().into_iter().for_each(|held| self.ship(held));
    }

    /// Hands a window of this process to everybody, the master included.
    fn ship(&self, held: HeldWindow) {
        let HeldWindow { early_unix_ns, run, window } = held;
        let window = self.in_master_time(window, early_unix_ns);
        if let Some(outbox) = lock(&self.0.outbox).as_mut().filter(|outbox| outbox.run_id() == run.run_id) {
            outbox.add(&window);
        }
        lock(&self.0.outputs).offer(&Arc::new(RunWindow { run, window }));
    }

    /// Takes a window that the workers' parts were merged into, and hands it to everybody.
    pub(crate) fn ship_merged(&self, run: &Arc<RunIdentity>, window: Window) {
        let mut state = self.state();
        // Of the last run, if another has begun meanwhile; it is written under its own name all the same.
        if let Some(present) = state.run.as_mut().filter(|present| Arc::ptr_eq(&present.identity, run)) {
            // The master's clock is the run's.
            present.count(&window, window.start_s);
        }
        drop(state);
        lock(&self.0.outputs).offer(&Arc::new(RunWindow { run: Arc::clone(run), window }));
    }

    /// The last user of all workers had stopped at this moment.
    pub(crate) fn users_stopped(&self, run: &Arc<RunIdentity>, unix_ns: i64) {
        if let Some(present) = self.state().run.as_mut().filter(|present| Arc::ptr_eq(&present.identity, run)) {
            present.users_stopped_unix_ns = Some(unix_ns);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }
}

/// A poisoned lock only says that a thread panicked; counting goes on with what is there.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
