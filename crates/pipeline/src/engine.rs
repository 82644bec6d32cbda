//! The engine of one process: takes requests, closes a window each second, hands it to every recorder.
//!
//! Threads: `lt-window` closes the windows, each recorder has its lane. None runs before
//! [`Engine::start`] and [`Engine::attach`], so that an engine may be made before a fork. The engine
//! never calls Python and never blocks whoever records a request.

use crate::clock;
use crate::lane::{FlushTicket, Lane};
use crate::ledger::{Balance, Ledger};
use crate::recorder::{Record, Recorder, RunWindow};
use crate::subscription::Subscription;
use locust_telemetry_core::{
    Anomalies, Anomaly, Buffer, Event, Request, RequestAggregate, RequestTable, RunConfidence, RunIdentity,
    SystemSample, Window,
};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Seconds of windows that are kept while the process does not yet know its own name.
const MAX_HELD_WINDOWS: usize = 600;

/// Where the engine asks for the newest system sample.
pub type SystemSource = Box<dyn Fn() -> Option<SystemSample> + Send>;

/// The run that is being recorded, or was the last one.
struct Run {
    identity: Arc<RunIdentity>,
    started_unix_ns: i64,
    stopped_unix_ns: Option<i64>,
    totals: RequestAggregate,
    peak_users: u64,
    /// What came between the run before and this one.
    before_run: Anomalies,
    /// Requests in windows that could not be held back any longer.
    held_lost: u64,
    /// The books of each recorder as they were when the run started.
    books_before: BTreeMap<String, Balance>,
}

/// What closing a window needs; never touched by the request path.
#[derive(Default)]
struct State {
    run: Option<Run>,
    /// When the open window was opened.
    open_since_unix_ns: i64,
    spare: Buffer,
    /// Windows of a process whose identity is not known yet.
    held: Option<VecDeque<Window>>,
    /// What came before the first run.
    before_run: Anomalies,
}

/// Where windows and records go. Its lock is never held while windows are worked on, so that a record never
/// waits for them.
#[derive(Default)]
struct Outputs {
    lanes: Vec<Lane>,
    subscriptions: Vec<Arc<Subscription>>,
}

impl Outputs {
    fn offer(&self, window: &Arc<RunWindow>) {
        self.lanes.iter().for_each(|lane| lane.offer_window(window));
        self.subscriptions.iter().for_each(|subscription| subscription.offer(window));
    }

    /// The books of every recorder and subscriber, by id.
    fn ledgers(&self) -> impl Iterator<Item = (&str, &Ledger)> {
        let lanes = self.lanes.iter().map(|lane| (lane.id(), lane.ledger()));
        lanes.chain(self.subscriptions.iter().map(|subscription| (subscription.id(), subscription.ledger())))
    }
}

struct Inner {
    table: Mutex<RequestTable>,
    /// Locked before `outputs`, where both are needed.
    state: Mutex<State>,
    outputs: Mutex<Outputs>,
    events: Mutex<Vec<Event>>,
    system: Mutex<Option<SystemSource>>,
    /// Whether a run has started; requests before that belong to none.
    recording: AtomicBool,
    users: AtomicU64,
    /// The most users of any tick since the last window.
    users_max: AtomicU64,
    hub_lag_max_ns: AtomicU64,
    hub_ticks: AtomicU64,
    stop: Mutex<bool>,
    stopped: Condvar,
}

/// Records the runs of one process. Cheap to share: clones are handles to the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

impl Engine {
    /// An engine that keeps at most `max_series` series. Starts no thread, opens nothing.
    #[must_use]
    pub fn new(max_series: usize) -> Self {
        Self(Arc::new(Inner {
            table: Mutex::new(RequestTable::new(max_series)),
            state: Mutex::default(),
            outputs: Mutex::default(),
            events: Mutex::default(),
            system: Mutex::default(),
            recording: AtomicBool::new(false),
            users: AtomicU64::new(0),
            users_max: AtomicU64::new(0),
            hub_lag_max_ns: AtomicU64::new(0),
            hub_ticks: AtomicU64::new(0),
            stop: Mutex::new(false),
            stopped: Condvar::new(),
        }))
    }

    /// Adds one finished request; `anomalies` are what its reader had to mend.
    ///
    /// The only lock is the table's, which others hold for a few assignments at a time.
    #[inline]
    pub fn record(&self, request: &Request<'_>, anomalies: impl IntoIterator<Item = Anomaly>) {
        let mut table = lock(&self.0.table);
        anomalies.into_iter().for_each(|anomaly| table.count_anomaly(anomaly));
        if self.0.recording.load(Relaxed) {
            table.record(request);
        } else {
            table.count_anomaly(Anomaly::OutsideRun);
        }
    }

    /// Counts something odd where there is no request to record.
    pub fn count_anomaly(&self, anomaly: Anomaly) {
        lock(&self.0.table).count_anomaly(anomaly);
    }

    /// Changes the limit on series, before the first run.
    pub fn set_max_series(&self, max_series: usize) {
        lock(&self.0.table).set_max_series(max_series);
    }

    /// Begins a run: forgets all series, so that nothing of the last run is in it.
    ///
    /// With `identity` of a process that does not know its own source yet, call [`Engine::hold`] first.
    pub fn start_run(&self, identity: RunIdentity, now_unix_ns: i64) {
        let mut state = self.state();
        self.close(&mut state, now_unix_ns);
        let mut left = lock(&self.0.table).reset();
        // What native threads recorded since the line before last.
        let left = left.drain();
        if left.requests() > 0 {
            self.take_window(&mut state, now_unix_ns, left);
        }
        state.spare = Buffer::default();
        state.open_since_unix_ns = now_unix_ns;
        self.0.hub_lag_max_ns.store(0, Relaxed);
        self.0.users_max.store(0, Relaxed);
        let books_before =
            lock(&self.0.outputs).ledgers().map(|(id, ledger)| (id.to_owned(), ledger.balance())).collect();
        state.run = Some(Run {
            identity: Arc::new(identity),
            started_unix_ns: now_unix_ns,
            stopped_unix_ns: None,
            totals: RequestAggregate::default(),
            peak_users: 0,
            before_run: std::mem::take(&mut state.before_run),
            held_lost: 0,
            books_before,
        });
        self.0.recording.store(true, Relaxed);
    }

    /// Ends the run: closes its last window. Requests that still finish are counted to it until the next
    /// run starts.
    pub fn stop_run(&self, now_unix_ns: i64) {
        let mut state = self.state();
        self.close(&mut state, now_unix_ns);
        if let Some(run) = &mut state.run {
            run.stopped_unix_ns.get_or_insert(now_unix_ns);
        }
    }

    /// Keeps closed windows back until [`Engine::release`] tells who this process is.
    pub fn hold(&self) {
        self.state().held.get_or_insert_default();
    }

    /// Names the run's process and sends what was held back.
    pub fn release(&self, identity: RunIdentity) {
        let mut state = self.state();
        if let Some(run) = &mut state.run {
            run.identity = Arc::new(identity);
        }
        for window in state.held.take().unwrap_or_default() {
            self.ship(&state, window);
        }
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
        let record = Arc::new(record);
        lock(&self.0.outputs).lanes.iter().for_each(|lane| lane.offer_record(&record));
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
        *lock(&self.0.system) = Some(source);
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
        self.close(&mut self.state(), now_unix_ns);
    }

    /// Closes the open window and asks every recorder to pass on all it has.
    #[must_use]
    pub fn flush(&self, now_unix_ns: i64) -> Vec<FlushTicket> {
        self.close_window(now_unix_ns);
        lock(&self.0.outputs).lanes.iter().map(Lane::flush).collect()
    }

    /// Ends the threads; they work off what is queued. Does not wait.
    pub fn shutdown(&self) {
        *lock(&self.0.stop) = true;
        self.0.stopped.notify_all();
        lock(&self.0.outputs).lanes.iter_mut().for_each(Lane::close);
    }

    /// What the recorders want the user to know, once.
    #[must_use]
    pub fn take_notices(&self) -> Vec<String> {
        lock(&self.0.outputs).lanes.iter().flat_map(|lane| lane.ledger().take_notices()).collect()
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
        Report {
            run: state.run.as_ref().map(|run| RunReport {
                identity: Arc::clone(&run.identity),
                started_unix_ns: run.started_unix_ns,
                stopped_unix_ns: run.stopped_unix_ns,
                totals: run.totals.clone(),
                peak_users: run.peak_users,
                confidence: RunConfidence::default(),
            }),
            before_run: state.run.as_ref().map_or(state.before_run, |run| run.before_run),
            held_lost: state.run.as_ref().map_or(0, |run| run.held_lost),
            series: lock(&self.0.table).series(),
            recorders: recorders.collect(),
        }
    }

    /// The newest system sample, if a source is set and has one.
    #[must_use]
    pub fn system(&self) -> Option<SystemSample> {
        lock(&self.0.system).as_ref().and_then(|source| source())
    }

    fn close_every_second(&self) {
        let mut stop = lock(&self.0.stop);
        while !*stop {
            let wait = clock::until_next_second(clock::now_unix_ns());
            stop = self.0.stopped.wait_timeout(stop, wait).unwrap_or_else(PoisonError::into_inner).0;
            if !*stop {
                drop(stop);
                self.close_window(clock::now_unix_ns());
                stop = lock(&self.0.stop);
            }
        }
    }

    fn close(&self, state: &mut State, now_unix_ns: i64) {
        let spare = std::mem::take(&mut state.spare);
        let mut buffer = lock(&self.0.table).swap(spare);
        let requests = buffer.drain();
        state.spare = buffer;
        self.take_window(state, now_unix_ns, requests);
    }

    /// Makes a window of what was counted since the last one, and passes it on.
    fn take_window(&self, state: &mut State, now_unix_ns: i64, requests: RequestAggregate) {
        let start_s = clock::second_of(state.open_since_unix_ns);
        state.open_since_unix_ns = now_unix_ns;
        let events = std::mem::take(&mut *lock(&self.0.events));
        let ticked = self.0.hub_ticks.swap(0, Relaxed) > 0;
        let hub_lag_ns = self.0.hub_lag_max_ns.swap(0, Relaxed);
        let Some(run) = &mut state.run else {
            state.before_run.merge(&requests.anomalies);
            return;
        };
        run.totals.merge(&requests);
        let users = self.0.users.load(Relaxed);
        run.peak_users = run.peak_users.max(self.0.users_max.swap(users, Relaxed)).max(users);
        let window = Window {
            start_s,
            requests,
            users,
            hub_lag_max_ns: ticked.then_some(hub_lag_ns),
            system: self.system(),
            events,
            ..Window::default()
        };
        if run.stopped_unix_ns.is_some() && window.is_idle() {
            return;
        }
        match &mut state.held {
            Some(held) if held.len() >= MAX_HELD_WINDOWS => run.held_lost += window.requests.requests(),
            Some(held) => held.push_back(window),
            None => self.ship(state, window),
        }
    }

    /// Hands a window of the present run to everybody.
    fn ship(&self, state: &State, window: Window) {
        let Some(run) = &state.run else { return };
        let window = Arc::new(RunWindow { run: Arc::clone(&run.identity), window });
        lock(&self.0.outputs).offer(&window);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }
}

/// A poisoned lock only says that a thread panicked; counting goes on with what is there.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the engine knows at some moment.
#[derive(Debug, Clone)]
pub struct Report {
    /// The run, if one has started.
    pub run: Option<RunReport>,
    /// What came before the run.
    pub before_run: Anomalies,
    /// Requests in windows that were lost because the process did not learn its identity in time.
    pub held_lost: u64,
    /// Series interned in this run.
    pub series: usize,
    /// The books of each recorder since the run started, by its id.
    pub recorders: Vec<(String, Balance)>,
}

/// A run and all it counted so far (up to the last closed window).
#[derive(Debug, Clone)]
pub struct RunReport {
    /// Who recorded what.
    pub identity: Arc<RunIdentity>,
    /// When it started: nanoseconds since the Unix epoch.
    pub started_unix_ns: i64,
    /// When it stopped, if it has.
    pub stopped_unix_ns: Option<i64>,
    /// All its requests.
    pub totals: RequestAggregate,
    /// The most users there were at any tick.
    pub peak_users: u64,
    /// How far its response times can be trusted.
    pub confidence: RunConfidence,
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
