//! How a run stands at a moment, read from the store.

use crate::chart::MARGIN_COLUMNS;
use crate::error::StoredError;
use crate::note::DOT;
use crate::text::printable;
use locust_telemetry_core::Length;
use locust_telemetry_pipeline::clock;
use locust_telemetry_report::{Figures, Point, Tally, timeline, words};
use locust_telemetry_store::{RunRow, RunState, Store};
use std::path::Path;

/// What counts as now, in seconds.
pub(super) const NOW_S: i64 = 10;
/// What endpoints, errors and workers are told of, in seconds.
pub(super) const RECENT_S: i64 = 60;
/// How many seconds of the charts a column stands for once there is more than that.
const SECONDS_PER_COLUMN: i64 = 5;

/// A run at a moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Snapshot {
    /// The run as a whole.
    pub(super) row: RunRow,
    /// How long it is so far.
    pub(super) length: Length,
    /// Users in its newest second.
    pub(super) users: u64,
    /// Its last [`NOW_S`] seconds, or what there is.
    pub(super) now: Tally,
    /// How long the run was on in these.
    pub(super) now_length: Length,
    /// Its last [`RECENT_S`] seconds, or what there is.
    pub(super) recent: Figures,
    /// Its last minutes.
    pub(super) points: Vec<Point>,
    /// When all this was, in nanoseconds since the Unix epoch.
    pub(super) read_unix_ns: i64,
}

impl Snapshot {
    /// Reads the run of this id for a terminal so many columns wide; `None` while it has no second.
    ///
    /// Cost: some milliseconds, however long the run is (tens of them with hundreds of endpoints).
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn read(store: &Path, run_id: &str, columns: usize) -> Result<Option<Self>, StoredError> {
        let store = Store::open(store)?;
        let Some(run) = store.run(run_id)? else { return Ok(None) };
        let whole = run.snapped(None)?;
        if whole.is_empty() {
            return Ok(None);
        }
        let last = |seconds: i64| whole.end.saturating_sub(seconds).max(whole.start)..whole.end;
        let span = run.row().span(&whole);
        let now = last(NOW_S);
        let aggregate = run.aggregate(Some(now.clone()))?;
        let users = run.seconds(Some(last(1)))?;
        let curve = i64::try_from(curve_columns(columns)).unwrap_or(0);
        Ok(Some(Self {
            length: span.length(),
            users: users.column("users").last().and_then(serde_json::Value::as_u64).unwrap_or(0),
            now: Tally::of(&aggregate.total(), aggregate.failures()),
            now_length: span.within(&now, &whole),
            recent: Figures::read(&run, Some(last(RECENT_S)))?,
            points: timeline::read_between(&run, last(curve * SECONDS_PER_COLUMN), curve_columns(columns) + 1)?,
            read_unix_ns: clock::now_unix_ns(),
            row: run.row().clone(),
        }))
    }

    /// Whether the run is on.
    pub(super) fn is_running(&self) -> bool {
        self.row.state == RunState::Running
    }

    /// How long the run has been on, as all outputs tell it.
    pub(super) fn elapsed(&self) -> String {
        words::duration(self.length)
    }

    /// How far the figures of the last minute can be trusted, and why not.
    pub(super) fn verdict(&self) -> String {
        let mut items = self.recent.verdict();
        let suspect = self.recent.workers.iter().filter(|worker| worker.suspect_seconds > 0);
        items.extend(suspect.map(|worker| printable(&worker.source_id).into_owned()));
        items.join(DOT)
    }

    /// Which workers were missing in the last minute, when in the run, and what that means.
    pub(super) fn missing(&self) -> Vec<String> {
        self.recent.missing_in_words(|second| words::duration(self.recent.run.after_start(second)))
    }

    /// All of it in one line, for where nothing can be drawn.
    pub(super) fn line(&self) -> String {
        let [_, rate, failed, p50, p95, p99, _] = self.now.in_words(self.now_length);
        [
            self.elapsed(),
            words::counted(self.users, "user"),
            rate,
            format!("{failed} failed"),
            format!("p50 {p50}"),
            format!("p95 {p95}"),
            format!("p99 {p99}"),
            self.verdict(),
        ]
        .join("  ")
    }
}

/// How many columns the curves have on a terminal of this width.
pub(super) fn curve_columns(columns: usize) -> usize {
    columns.saturating_sub(MARGIN_COLUMNS).max(1)
}
