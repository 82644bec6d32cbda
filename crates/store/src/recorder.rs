//! The recorder: takes windows on its lane's thread, writes them, and tells pages.
//!
//! A write that fails is tried again with the next window. What waits is bounded; what had to be given up is in the
//! ledger and in the run's row.

use crate::config::StoreConfig;
use crate::connection;
use crate::error::{OpenStoreError, WriteError};
use crate::facts::FactsCell;
use crate::feed::{Feed, FeedItem};
use crate::maintenance;
use crate::open_run::OpenRun;
use crate::seal::{MINUTE_S, minute_of, seal};
use crate::writer_lock::WriterLock;
use crate::writing::{Beginning, write_figures, write_waiting};
use locust_telemetry_core::{Role, RunIdentity, RunSpan};
use locust_telemetry_pipeline::{Ledger, Load, Record, Recorder, RunWindow, clock};
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Duration;

/// How long endpoints stay as they were last written.
const ENDPOINTS_AFTER_NS: i64 = 5_000_000_000;

/// How many runs may be open: one that is on, and the one before, of which stragglers may come.
const MAX_OPEN_RUNS: usize = 2;

/// How long to wait for somebody else who writes, while all is well.
const PATIENCE: Duration = Duration::from_secs(5);

/// The same while nothing can be written: windows must not pile up before a lane that waits.
const IMPATIENCE: Duration = Duration::from_millis(100);

/// `telemetry_name` of the closing record of a run.
const SUMMARY_NAME: &str = "locust.tl.run.summary";

/// `telemetry_name` of the comparison with Locust's own counts.
const RECONCILIATION_NAME: &str = "locust.tl.run.reconciliation";

/// Keeps runs in a store, and tells pages of them.
#[derive(Debug)]
pub struct LocalRecorder {
    connection: Connection,
    config: StoreConfig,
    facts: Arc<FactsCell>,
    feed: Feed,
    /// Once there is a run in the file, where locks can be.
    lock: Option<WriterLock>,
    /// The oldest first.
    runs: Vec<OpenRun>,
    ledger: Arc<Ledger>,
    /// Why the last write failed, if it did.
    failure: Option<String>,
    failure_told: bool,
    recovery_told: bool,
    endpoints_unix_ns: i64,
}

impl LocalRecorder {
    /// Opens the store, or makes it. What the recorder takes in can be heard on the feed.
    ///
    /// # Errors
    /// When the file cannot be a run store of this build's format; it is then left as it is. See [`OpenStoreError`].
    pub fn open(config: StoreConfig, facts: Arc<FactsCell>) -> Result<(Self, Feed), OpenStoreError> {
        let connection = connection::open_for_writing(&config.path)?;
        let feed = Feed::default();
        let recorder = Self {
            connection,
            config,
            facts,
            feed: feed.clone(),
            lock: None,
            runs: Vec::new(),
            ledger: Arc::default(),
            failure: None,
            failure_told: false,
            recovery_told: false,
            endpoints_unix_ns: 0,
        };
        Ok((recorder, feed))
    }

    /// The place of the run among the open ones, a new one if need be.
    fn place_of(&mut self, window: &RunWindow) -> usize {
        if let Some(place) = self.runs.iter().position(|run| run.run_id() == window.run.run_id) {
            return place;
        }
        // The event that began it tells when, to the nanosecond.
        let second_ns = window.window.start_s.saturating_mul(1_000_000_000);
        let first_event_ns = window.window.events.iter().map(|event| event.time_unix_ns).min();
        self.runs.push(OpenRun::begin(&window.run, first_event_ns.unwrap_or(second_ns)));
        self.feed.tell(FeedItem::RunStarted { run_id: window.run.run_id.clone() });
        if self.runs.len() > MAX_OPEN_RUNS {
            let mut oldest = self.runs.remove(0);
            self.give_up(&mut oldest);
        }
        self.runs.len() - 1
    }

    fn give_up(&self, run: &mut OpenRun) {
        let requests = run.give_up();
        self.drop_requests(requests);
    }

    fn drop_requests(&self, requests: u64) {
        let reason = self.failure.as_deref().unwrap_or("run store: closed");
        self.ledger.dropped(Load::requests(requests), reason);
    }

    /// Writes whatever waits, of all runs.
    fn work(&mut self) {
        let mut runs = std::mem::take(&mut self.runs);
        for run in &mut runs {
            match self.write(run) {
                Ok(true) => self.tell_success(),
                // Says nothing of the file.
                Ok(false) => {}
                Err(WriteError::RunTaken) => {
                    self.fail(&WriteError::RunTaken);
                    self.give_up(run);
                }
                Err(error) => self.fail(&error),
            }
        }
        self.runs = runs;
    }

    /// Writes what waits of one run. Returns whether there was anything.
    fn write(&mut self, run: &mut OpenRun) -> Result<bool, WriteError> {
        let now_unix_ns = clock::now_unix_ns();
        let is_ending = run.ended_unix_ns.is_some() && !run.is_finished;
        let is_news = run.new_facts.is_some() || run.new_summary.is_some() || run.new_reconciliation.is_some();
        if run.waiting.is_empty() && !is_ending && !is_news {
            return Ok(false);
        }
        if run.row.is_none() && self.lock.is_none() {
            self.lock = WriterLock::hold(&self.connection);
        }
        let writer = self.lock.as_ref().map_or("", WriterLock::name);
        let before = run.total.stats.requests;
        let beginning = Beginning { writer, notes: &self.config.notes };
        let written = write_waiting(&mut self.connection, run, beginning, now_unix_ns, self.failure.is_some());
        // Also where a later batch failed.
        self.ledger.delivered(Load::requests(run.total.stats.requests - before));
        written?;
        self.seal(run, is_ending)?;
        let with_endpoints = is_ending || now_unix_ns.saturating_sub(self.endpoints_unix_ns) >= ENDPOINTS_AFTER_NS;
        write_figures(&mut self.connection, run, now_unix_ns, with_endpoints)?;
        if with_endpoints {
            self.endpoints_unix_ns = now_unix_ns;
        }
        if is_ending {
            run.is_finished = true;
            maintenance::tidy(&mut self.connection, &self.config, now_unix_ns)?;
            maintenance::give_back(&self.connection)?;
        }
        Ok(true)
    }

    /// Seals what is due: whole minutes that are over for long enough, at the end everything.
    fn seal(&mut self, run: &mut OpenRun, is_ending: bool) -> Result<(), WriteError> {
        let (Some(row), Some((first, last))) = (run.row, run.bounds_s) else { return Ok(()) };
        let due_s = if is_ending {
            minute_of(last) + MINUTE_S
        } else {
            minute_of(last.saturating_sub(i64::from(self.config.max_lateness_s)))
        };
        let sealed_s = run.sealed_until_s.unwrap_or_else(|| minute_of(first));
        if due_s <= sealed_s && !is_ending {
            return Ok(());
        }
        seal(&mut self.connection, row, due_s)?;
        run.sealed(due_s);
        if let Some(after_s) = self.config.compact_after_s {
            let after_s = i64::try_from(after_s).unwrap_or(i64::MAX);
            maintenance::compact(&mut self.connection, row, last.saturating_sub(after_s))?;
        }
        Ok(())
    }

    /// The first failure is worth a notice; a disk that is nearly full fails and works by turns.
    fn fail(&mut self, error: &WriteError) {
        let path = self.config.path.display();
        if !self.failure_told {
            self.failure_told = true;
            let text = format!(
                "cannot write to the run store {path}: {error}; windows are kept for a while, then dropped and counted, \
                 until it works again"
            );
            self.tell(text);
        }
        self.failure = Some(format!("run store: {error}"));
        // Only fails where there is no connection any more.
        let _ = self.connection.busy_timeout(IMPATIENCE);
    }

    /// So is the first write that works after it.
    fn tell_success(&mut self) {
        if self.failure.take().is_some() {
            let _ = self.connection.busy_timeout(PATIENCE);
            if !self.recovery_told {
                self.recovery_told = true;
                self.tell(format!("the run store {} is written to again", self.config.path.display()));
            }
        }
    }

    fn tell(&self, text: String) {
        self.feed.tell(FeedItem::Notice(text.clone()));
        self.ledger.notice(text);
    }
}

impl Recorder for LocalRecorder {
    fn id(&self) -> &'static str {
        "local"
    }

    fn open(&mut self, ledger: &Arc<Ledger>) {
        self.ledger = Arc::clone(ledger);
        let now_unix_ns = clock::now_unix_ns();
        let closed = maintenance::close_cut_off(&mut self.connection, now_unix_ns);
        let tidied = maintenance::tidy(&mut self.connection, &self.config, now_unix_ns);
        if let Err(error) = closed.and(tidied) {
            self.tell(format!("the run store {} could not be tidied: {error}", self.config.path.display()));
        }
    }

    fn window(&mut self, window: &RunWindow, _ledger: &Ledger) {
        if window.run.role == Role::Worker {
            // Its master has all of it.
            self.ledger.delivered(Load::requests(window.window.requests.requests()));
            return;
        }
        let place = self.place_of(window);
        let run = &mut self.runs[place];
        run.take_facts(&self.facts);
        // A straggler opens the books again.
        run.is_finished = false;
        let (message, given_up) = run.take(&window.window);
        self.drop_requests(given_up);
        self.work();
        self.feed.tell(FeedItem::Window(message));
    }

    fn takes_records(&self) -> bool {
        true
    }

    fn record(&mut self, record: &Record, _ledger: &Ledger) {
        let text = |name: &str| record.telemetry.get(name).and_then(serde_json::Value::as_str);
        let name = text("telemetry_name");
        let run = self.runs.iter_mut().find(|run| Some(run.run_id()) == text("run_id"));
        match (name, run) {
            (Some(SUMMARY_NAME), Some(run)) => run.new_summary = Some(record.telemetry.clone()),
            (Some(RECONCILIATION_NAME), Some(run)) => run.new_reconciliation = Some(record.telemetry.clone()),
            _ => {}
        }
        self.ledger.delivered(Load::RECORD);
        self.work();
    }

    fn run_ended(&mut self, run: &RunIdentity, span: RunSpan) {
        let Some(run) = self.runs.iter_mut().find(|open| open.run_id() == run.run_id) else { return };
        (run.started_unix_ns, run.ended_unix_ns) = (span.started_unix_ns, Some(span.ended_unix_ns));
        run.is_finished = false;
        let run_id = run.run_id().to_owned();
        self.work();
        self.feed.tell(FeedItem::RunEnded { run_id });
    }

    fn flush(&mut self, _ledger: &Ledger) {
        self.work();
    }
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
