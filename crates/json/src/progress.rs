//! The intervals of one run, one after the other: where each ends, what is late, and which phase it is. Pure.

use crate::interval::Interval;
use crate::lines::Lines;
use crate::phase::Phase;
use locust_telemetry_core::{Role, RunIdentity, Window};
use locust_telemetry_pipeline::RunWindow;
use std::sync::Arc;

/// The event at the end of spawning.
const SPAWN_COMPLETE: &str = "locust.tl.event.spawn.complete";

/// The event of Locust's statistics being set to zero.
const STATS_RESET: &str = "locust.tl.event.stats.reset";

/// How many seconds behind a window is still a late one: twice as long as a worker usually keeps its windows. What is
/// further behind is no worker's delay but a clock that was set back.
const MAX_LATE_S: u64 = 600;

/// The run whose windows are being gathered.
#[derive(Debug)]
pub(crate) struct Progress {
    run: Arc<RunIdentity>,
    /// The second in which spawning first ended.
    ramp_up_end_s: Option<i64>,
    open: Option<Interval>,
    /// The second after the last closed interval.
    closed_until_s: Option<i64>,
}

impl Progress {
    /// A run of which there is nothing yet.
    pub(crate) fn new(run: &Arc<RunIdentity>) -> Self {
        Self { run: Arc::clone(run), ramp_up_end_s: None, open: None, closed_until_s: None }
    }

    /// Whether `window` is of this run.
    pub(crate) fn is_of(&self, window: &RunWindow) -> bool {
        self.run == window.run
    }

    /// Adds a window of this run and appends what is to be written with it. Intervals last `length_s` seconds.
    pub(crate) fn add(&mut self, window: &RunWindow, length_s: u64, lines: &mut Lines) {
        let is_late = self.is_late(window);
        let phase = self.phase(&window.window, is_late);
        if is_late {
            // On its own, so that the open interval goes on and a reader finds the second that it belongs to.
            Interval::late(window, phase).encode(lines);
            self.take_marks(&window.window);
            return;
        }
        if self.open.as_ref().is_some_and(|interval| !interval.takes(window, length_s)) {
            self.close(lines);
        }
        let is_full = match &mut self.open {
            Some(interval) => {
                interval.add(window);
                interval.seconds() >= length_s
            }
            None => self.open.insert(Interval::begin(window, phase)).seconds() >= length_s,
        };
        if self.take_marks(&window.window) || is_full {
            self.close(lines);
        }
    }

    /// Ends the open interval, if there is one, and appends its lines.
    pub(crate) fn close(&mut self, lines: &mut Lines) {
        if let Some(interval) = self.open.take() {
            self.closed_until_s = Some(interval.end_s());
            interval.encode(lines);
        }
    }

    /// Whether the window's second is one that other intervals have already passed. Only workers are late, so only a
    /// master's windows; elsewhere the clock was set back.
    fn is_late(&self, window: &RunWindow) -> bool {
        let reached_s = self.open.as_ref().map(Interval::start_s).or(self.closed_until_s);
        let behind_s = reached_s.and_then(|reached_s| reached_s.checked_sub(window.window.start_s));
        let is_behind = behind_s.is_some_and(|behind_s| behind_s > 0 && behind_s.unsigned_abs() <= MAX_LATE_S);
        is_behind && self.run.role == Role::Master
    }

    /// In order of arrival, but for late windows, which belong where their second does.
    fn phase(&self, window: &Window, is_late: bool) -> Phase {
        match self.ramp_up_end_s {
            Some(end_s) if !is_late || window.start_s > end_s => Phase::Steady,
            _ => Phase::RampUp,
        }
    }

    /// Notes what is marked in the window; true if an interval must not go on beyond it.
    fn take_marks(&mut self, window: &Window) -> bool {
        let has = |name: &str| window.events.iter().any(|event| event.name == name);
        let is_spawned = has(SPAWN_COMPLETE);
        if is_spawned {
            self.ramp_up_end_s.get_or_insert(window.start_s);
        }
        is_spawned || has(STATS_RESET)
    }
}
