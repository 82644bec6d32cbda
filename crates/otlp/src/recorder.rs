//! The recorder: hands windows to the exporter. Runs on its lane's thread.

use crate::exporter::Exporter;
use crate::fleet::Fleet;
use crate::run_log::RunLog;
use locust_telemetry_core::{RunIdentity, RunSpan};
use locust_telemetry_pipeline::{Ledger, Recorder, RunWindow};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it is looked whether a flush is done.
const LOOK: Duration = Duration::from_millis(2);

/// Feeds an [`Exporter`]. A request counts as delivered once the backend has said that it has its series' point.
pub struct OtlpRecorder {
    exporter: Exporter,
    fleet: Fleet,
    run_log: RunLog,
    ledger: Option<Arc<Ledger>>,
    /// The run of the last window.
    run: Option<Arc<RunIdentity>>,
    /// Whether a window came since the last flush: what the backend did not take of older ones goes on by itself.
    has_news: bool,
}

impl OtlpRecorder {
    pub(crate) fn new(exporter: Exporter) -> Self {
        let fleet = Fleet::new(exporter.instruments(), exporter.config().speaks_for_workers);
        Self { exporter, fleet, run_log: RunLog::default(), ledger: None, run: None, has_news: false }
    }
}

impl Recorder for OtlpRecorder {
    fn id(&self) -> &'static str {
        "otel"
    }

    fn open(&mut self, ledger: &Arc<Ledger>) {
        self.exporter.keep_books(ledger);
        self.ledger = Some(Arc::clone(ledger));
    }

    fn takes_requests(&self) -> bool {
        self.exporter.config().takes_requests()
    }

    fn window(&mut self, window: &RunWindow, _ledger: &Ledger) {
        self.has_news = true;
        if self.run.as_ref().is_none_or(|run| !Arc::ptr_eq(run, &window.run)) {
            self.exporter.begin_run(&window.run);
            self.run = Some(Arc::clone(&window.run));
        }
        let config = self.exporter.config();
        if config.takes_requests()
            && let Some(ledger) = &self.ledger
        {
            self.exporter.requests().add(window, ledger);
        }
        self.fleet.add(window, self.exporter.now_ns());
        if config.settings.logs.is_some() {
            self.run_log.add(window, config.exports_requests, self.exporter.logs());
        }
    }

    fn run_ended(&mut self, run: &RunIdentity, _span: RunSpan) {
        let now_ns = self.exporter.now_ns();
        self.run_log.end(now_ns, self.exporter.logs());
        self.fleet.end_run(now_ns);
        self.exporter.end_run(run);
    }

    fn flush(&mut self, _ledger: &Ledger) {
        if !std::mem::take(&mut self.has_news) {
            return;
        }
        self.fleet.tell_all_seconds(self.exporter.now_ns());
        let ticket = self.exporter.flush();
        let deadline = Instant::now() + self.exporter.config().flush_timeout;
        while !ticket.is_done() && Instant::now() < deadline {
            std::thread::sleep(LOOK);
        }
    }
}
