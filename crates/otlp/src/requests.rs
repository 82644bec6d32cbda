//! The requests of runs: windows in, one histogram for each series out.
//!
//! Fed by the lane's thread, read by the export thread. A series' points are made anew for each export.

mod run;
mod series;
mod view;

pub use view::Server;
pub(crate) use view::ServerCell;

use crate::batch::Bundle;
use crate::receipt::{Fate, Receipt};
use crate::spans::Spans;
use locust_telemetry_pipeline::{Ledger, RunWindow};
use run::Run;
use std::sync::Arc;
use view::Views;

/// How many ended runs may wait for a backend that is away.
const MAX_ENDED_RUNS: usize = 4;

/// Why requests of a run are given up that is too long ago.
const TOO_OLD: &str = "the backend was away for several runs";

/// All runs that the backend does not know whole.
#[derive(Debug)]
pub(crate) struct Requests {
    views: Views,
    spans: Spans,
    runs: Vec<Run>,
    next: u64,
    /// Whether ended series get a marker.
    marks_end: bool,
}

impl Requests {
    /// Without any. `server` is where the load goes, for the view of the semantic conventions, which `is_semantic` turns on.
    pub(crate) fn new(spans: Spans, is_semantic: bool, server: ServerCell, marks_end: bool) -> Self {
        Self { views: Views::new(spans, is_semantic, server), spans, runs: Vec::new(), next: 0, marks_end }
    }

    /// Takes the requests of a window.
    pub(crate) fn add(&mut self, window: &RunWindow, ledger: &Arc<Ledger>) {
        let start_ns = u64::try_from(window.window.start_s).unwrap_or(0) * 1_000_000_000;
        let span = self.spans.of(crate::Kind::Histogram);
        let views = &self.views;
        let run = match self.runs.iter().position(|run| run.is_of(&window.run)) {
            Some(place) => &mut self.runs[place],
            None => {
                // Another run of this process: the ones before it have ended.
                self.runs.iter_mut().filter(|run| run.shares_ledger(ledger)).for_each(Run::end);
                self.next += 1;
                self.runs.push(Run::new(self.next, &window.run, Arc::clone(ledger)));
                let last = self.runs.len() - 1;
                &mut self.runs[last]
            }
        };
        run.add(&window.window.requests, start_ns, span, views);
        while self.runs.iter().filter(|run| run.has_ended()).count() > MAX_ENDED_RUNS {
            if let Some(place) = self.runs.iter().position(Run::has_ended) {
                self.runs.remove(place).give_up(TOO_OLD);
            }
        }
    }

    /// A run ends now.
    pub(crate) fn end_run(&mut self, run_id: &str) {
        self.runs.iter_mut().filter(|run| run.has_id(run_id)).for_each(Run::end);
    }

    /// All runs end now.
    pub(crate) fn end_all(&mut self) {
        self.runs.iter_mut().for_each(Run::end);
    }

    /// The end of the latest second that has come: no point may be older than what is in it.
    pub(crate) fn latest_ns(&self) -> u64 {
        self.runs.iter().map(Run::latest_ns).max().unwrap_or(0)
    }

    /// The points of all series.
    pub(crate) fn bundles(&mut self, now_ns: u64, bundles: &mut Vec<Bundle<Receipt>>) {
        for run in &mut self.runs {
            run.bundles(now_ns, &self.views, self.marks_end, bundles);
        }
    }

    /// Takes what became of a series' points.
    pub(crate) fn settle(&mut self, run: u64, series: usize, requests: u64, is_last: bool, fate: &Fate) {
        if let Some(place) = self.runs.iter().position(|other| other.number() == run) {
            self.runs[place].settle(series, requests, is_last, fate);
            if self.runs[place].is_over() {
                self.runs.remove(place);
            }
        }
    }

    /// Counts as dropped, for `reason`, whatever the backend does not have.
    pub(crate) fn give_up(&mut self, reason: &str) {
        self.runs.drain(..).for_each(|run| run.give_up(reason));
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
