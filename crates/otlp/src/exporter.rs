//! The exporter of one process: what is counted goes in from any thread, one thread of its own sends it.
//!
//! The thread, `lt-otel-export`, runs a tokio runtime with two loops, one for metrics and one for logs, so that neither waits
//! for the other. It never calls Python, and nobody ever waits for it longer than a flush has time.

mod attempt;
mod config;
mod endings;
mod logs_loop;
mod metrics_loop;
mod observing;
mod signal_loop;
mod trouble;
mod wishes;

pub use config::ExportConfig;

use crate::attributes::Attributes;
use crate::instruments::{Description, Instrument, Instruments};
use crate::log_queue::LogQueue;
use crate::recorder::OtlpRecorder;
use crate::requests::{Requests, Server, ServerCell};
use crate::run_log::log_record;
use crate::spans::Spans;
use crate::transport::{Transport, TransportError};
use endings::Endings;
use locust_telemetry_core::RunIdentity;
use locust_telemetry_pipeline::{FlushTicket, Ledger, clock};
use logs_loop::LogsLoop;
use metrics_loop::MetricsLoop;
use observing::Observing;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wishes::{Wish, Wishes};

/// How many notices wait for somebody who reads them.
const MAX_EARLY_NOTICES: usize = 32;

/// How much of the flush timeout an export has. The rest is for a last one, at the end of the process, to a backend that did
/// not answer this one (0.3 of that share), and for telling what became of it.
const SHARE_OF_FLUSH: f64 = 0.7;

pub(crate) struct Inner {
    config: ExportConfig,
    resource: Resource,
    instruments: Instruments,
    requests: Mutex<Requests>,
    server: ServerCell,
    logs: LogQueue,
    endings: Endings,
    observing: Observing,
    /// Whether there are observable instruments whose callbacks somebody runs when they are asked for.
    has_callbacks: AtomicBool,
    /// The books of the recorders that feed this exporter; notices go to the first.
    ledgers: Mutex<Vec<Arc<Ledger>>>,
    early_notices: Mutex<Vec<String>>,
    /// Where the loops hear of wishes; empty before the start and after the end.
    wishes: Mutex<Vec<Wishes>>,
    /// The connections, until the thread has them. `None` where the signal is turned off.
    transports: Mutex<(Option<Transport>, Option<Transport>)>,
}

/// Exports the metrics and logs of one process. Clones are handles to the same.
#[derive(Clone)]
pub struct Exporter(Arc<Inner>);

impl Exporter {
    /// Checks what is configured, certificates included. Opens no connection and starts no thread.
    ///
    /// # Errors
    /// When a certificate or an address cannot be used.
    pub fn new(config: ExportConfig) -> Result<Self, TransportError> {
        let settings = &config.settings;
        let transport = |signal: Option<&crate::settings::SignalSettings>| signal.map(Transport::new).transpose();
        let transports = (transport(settings.metrics.as_ref())?, transport(settings.logs.as_ref())?);
        let spans = Spans::new(settings.temporality, settings.aggregation);
        let logs = LogQueue::new(settings.log_batch.max_queue, settings.log_batch.max_batch);
        let early_notices = settings.warnings.iter().map(|warning| format!("otel: {warning}")).collect();
        let server = ServerCell::new(Mutex::new(config.server.clone()));
        let (is_semantic, marks_end) = (config.is_semantic, config.marks_end);
        Ok(Self(Arc::new(Inner {
            resource: resource(&config),
            instruments: Instruments::new(spans),
            requests: Mutex::new(Requests::new(spans, is_semantic, Arc::clone(&server), marks_end)),
            server,
            logs,
            endings: Endings::default(),
            observing: Observing::default(),
            has_callbacks: AtomicBool::new(false),
            ledgers: Mutex::default(),
            early_notices: Mutex::new(early_notices),
            wishes: Mutex::default(),
            transports: Mutex::new(transports),
            config,
        })))
    }

    /// Starts the thread, once and after any fork. Does nothing where it runs or has ended, or where all is turned off.
    ///
    /// # Errors
    /// When the system refuses a thread or a runtime.
    pub fn start(&self) -> io::Result<()> {
        let (metrics, logs) = std::mem::take(&mut *lock(&self.0.transports));
        if metrics.is_none() && logs.is_none() {
            return Ok(());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let inner = &self.0;
        let metrics = metrics.map(|transport| MetricsLoop::new(Arc::clone(inner), transport));
        let logs = logs.map(|transport| LogsLoop::new(Arc::clone(inner), transport));
        let mut heard = Vec::new();
        let metrics = metrics.map(|loop_| signal_loop::run(loop_, wishes::open(&mut heard)));
        let logs = logs.map(|loop_| signal_loop::run(loop_, wishes::open(&mut heard)));
        *lock(&inner.wishes) = heard;
        let told = Arc::clone(inner);
        let both = async move {
            tokio::join!(run_if_some(metrics), run_if_some(logs));
        };
        std::thread::Builder::new().name("lt-otel-export".into()).spawn(move || {
            if catch_unwind(AssertUnwindSafe(|| runtime.block_on(both))).is_err() {
                told.notice("otel: the export has failed and exports no more; what comes is not delivered".to_owned());
            }
            // A look-up of a name that hangs is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(())
    }

    /// A recorder that feeds this exporter; for an engine.
    #[must_use]
    pub fn recorder(&self) -> Box<OtlpRecorder> {
        Box::new(OtlpRecorder::new(self.clone()))
    }

    /// The instrument of this description: made, or the one that is there.
    #[must_use]
    pub fn instrument(&self, description: &Description) -> Arc<Instrument> {
        self.0.has_callbacks.fetch_or(description.kind.is_observable(), Relaxed);
        self.0.instruments.instrument(description)
    }

    /// What is tested from now on, for series that are yet to come.
    pub fn set_server(&self, server: Option<Server>) {
        *lock(&self.0.server) = server;
    }

    /// Queues a log record. `severity` is one of OpenTelemetry's numbers, 1 to 24. Never waits.
    pub fn log(&self, time_ns: u64, severity: i32, severity_text: &str, body: &str, attributes: &Attributes) {
        if self.0.config.settings.logs.is_some() {
            self.0.logs.push(log_record(time_ns, severity, severity_text, "", body, attributes));
        }
    }

    /// Whether an export waits for the observable instruments' callbacks to be run.
    #[must_use]
    pub fn wants_observations(&self) -> bool {
        self.0.observing.is_wanted()
    }

    /// They have been run.
    pub fn observed(&self) {
        self.0.observing.done();
    }

    /// Exports everything now. Does not wait; the ticket is done by the end of the flush timeout, whatever happens.
    #[must_use]
    pub fn flush(&self) -> FlushTicket {
        self.wish(false)
    }

    /// Exports everything once more, marks the end of all series, and ends the thread. Does not wait.
    #[must_use]
    pub fn shutdown(&self) -> FlushTicket {
        let ticket = self.wish(true);
        lock(&self.0.wishes).clear();
        ticket
    }

    /// The series of a run end some time from now, or when the next run begins, or at the shutdown.
    pub(crate) fn end_run(&self, run: &RunIdentity) {
        self.0.endings.announce(&run.run_id, self.0.now_ns());
    }

    /// A run begins: those before it end at once.
    pub(crate) fn begin_run(&self, run: &RunIdentity) {
        self.0.endings.hasten(&run.run_id);
    }

    pub(crate) fn config(&self) -> &ExportConfig {
        &self.0.config
    }

    pub(crate) fn requests(&self) -> MutexGuard<'_, Requests> {
        lock(&self.0.requests)
    }

    pub(crate) fn instruments(&self) -> &Instruments {
        &self.0.instruments
    }

    pub(crate) fn logs(&self) -> &LogQueue {
        &self.0.logs
    }

    pub(crate) fn now_ns(&self) -> u64 {
        self.0.now_ns()
    }

    /// From now on the books of a recorder show what becomes of its windows and of log records.
    pub(crate) fn keep_books(&self, ledger: &Arc<Ledger>) {
        self.0.logs.keep_books(ledger);
        lock(&self.0.early_notices).drain(..).for_each(|notice| ledger.notice(notice));
        lock(&self.0.ledgers).push(Arc::clone(ledger));
    }

    fn wish(&self, is_last: bool) -> FlushTicket {
        let budget = self.0.config.flush_timeout.mul_f64(SHARE_OF_FLUSH);
        let deadline = Instant::now() + budget;
        let told = lock(&self.0.wishes).iter().map(|wishes| wishes.tell(Wish::new(deadline, is_last))).collect();
        FlushTicket::of(told)
    }
}

impl Inner {
    /// The present time, but not before the end of what windows tell of: a master's clock may be ahead of this one.
    fn now_ns(&self) -> u64 {
        let now_ns = u64::try_from(clock::now_unix_ns()).unwrap_or(0);
        now_ns.max(lock(&self.requests).latest_ns())
    }

    /// Ends the series of the runs whose time has come.
    fn end_due_runs(&self, now_ns: u64) {
        for run_id in self.endings.take_due(now_ns) {
            lock(&self.requests).end_run(&run_id);
            self.instruments.all().iter().for_each(|instrument| instrument.end_run(&run_id, self.config.marks_end));
        }
    }

    /// Tells the user something once.
    fn notice(&self, text: String) {
        match lock(&self.ledgers).first() {
            Some(ledger) => ledger.notice(text),
            None => {
                let mut early = lock(&self.early_notices);
                if early.len() < MAX_EARLY_NOTICES {
                    early.push(text);
                }
            }
        }
    }
}

async fn run_if_some(task: Option<impl Future<Output = ()>>) {
    if let Some(task) = task {
        task.await;
    }
}

fn resource(config: &ExportConfig) -> Resource {
    let given = config.settings.resource.iter();
    let is_given = |key: &str| config.settings.resource.iter().any(|(given, _)| given == key);
    // What the user's variables say wins.
    let own = config.resource.iter().filter(|(key, _)| !is_given(key));
    let attributes = own.chain(given).map(|(key, value)| {
        // A number by the conventions, unlike everything else here.
        let number = value.parse().ok().filter(|_| key == "process.pid");
        let value = number.map_or_else(|| Value::StringValue(value.clone()), Value::IntValue);
        KeyValue { key: key.clone(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
    });
    Resource { attributes: attributes.collect(), ..Resource::default() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As `Duration` has it, but never in the past.
fn until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
