//! Whose files the figures come from. With a master that merges its workers' windows each request is in two files, and
//! must be counted once.

use crate::run_summary::RampUp;
use crate::run_tally::RunTally;
use crate::source::{SourceTally, Span};
use locust_telemetry_core::Length;
use locust_telemetry_json::read::CountEntry;

/// The choice among the processes of a run.
#[derive(Debug)]
pub(crate) struct Books<'a> {
    /// The processes whose intervals are shown.
    pub(crate) figures: Vec<&'a SourceTally>,
    /// The processes whose word counts on how much was recorded.
    recorders: Vec<&'a SourceTally>,
    /// Whether the intervals that are shown are those of the process that knows the whole run.
    pub(crate) is_whole: bool,
    /// Whether that process has the workers' requests too.
    pub(crate) is_merged: bool,
    /// How many requests it has.
    pub(crate) leader_requests: u64,
}

impl<'a> Books<'a> {
    /// The intervals of the process that knows the whole run, if it wrote any; else those of the workers together.
    pub(crate) fn of(run: &'a RunTally) -> Self {
        let all = || run.sources.values().collect::<Vec<_>>();
        let (shares, leaders): (Vec<_>, Vec<_>) = run.sources.iter().partition(|(id, source)| source.is_worker(id));
        let [shares, leaders] =
            [shares, leaders].map(|part| part.into_iter().map(|(_, source)| source).collect::<Vec<_>>());
        let is_whole = shares.is_empty() || leaders.iter().any(|source| source.has_intervals);
        let leader_requests = leaders.iter().fold(0, |sum: u64, source| sum.saturating_add(source.requests()));
        let is_merged = leader_requests > 0;
        let recorders = if is_merged { leaders.clone() } else { all() };
        Self { figures: if is_whole { leaders } else { shares }, recorders, is_whole, is_merged, leader_requests }
    }

    /// What was recorded.
    pub(crate) fn recorded(&self) -> CountEntry {
        let sum =
            |of: fn(&SourceTally) -> u64| self.recorders.iter().fold(0, |sum: u64, one| sum.saturating_add(of(one)));
        CountEntry { requests: sum(SourceTally::requests), failures: sum(SourceTally::failures) }
    }

    /// Recorded requests that are in none of the intervals that were read.
    pub(crate) fn missing_requests(&self) -> u64 {
        self.sum(|source| source.requests().saturating_sub(source.interval_requests))
    }

    /// Requests in the intervals that were read beyond what was recorded.
    pub(crate) fn surplus_requests(&self) -> u64 {
        self.sum(|source| source.interval_requests.saturating_sub(source.requests()))
    }

    /// How long it took, to the nanosecond where its leader says so; what is shown of it goes on to the run's end.
    pub(crate) fn shown_length(&self, run: &RunTally) -> Length {
        let Some(whole) = whole_span(run) else { return Length::NONE };
        if !run.is_after_ramp_up {
            let told = leaders(run).find(|source| source.is_closed()).and_then(SourceTally::told_length);
            return told.unwrap_or_else(|| whole.length());
        }
        let steady = self.figures.iter().filter_map(|source| source.steady_span).reduce(Span::cover);
        steady.map_or(Length::NONE, |steady| {
            // The last interval goes on to the end of its second; the run, where it is closed, does not.
            let is_closed = leaders(run).any(SourceTally::is_closed);
            let end_ms = if is_closed { whole.end_ms } else { whole.end_ms.max(steady.end_ms) };
            Span { start_ms: steady.start_ms, end_ms }.length()
        })
    }

    /// What is not shown.
    pub(crate) fn ramp_up(&self, run: &RunTally) -> RampUp {
        if !run.is_after_ramp_up {
            return RampUp::Shown;
        }
        if self.figures.iter().any(|source| source.has_intervals && !source.has_phases) {
            return RampUp::Unmarked;
        }
        let span = self.figures.iter().filter_map(|source| source.ramp_up_span).reduce(Span::cover);
        RampUp::LeftOut {
            requests: self.sum(|source| source.interval_requests.saturating_sub(source.shown_requests)),
            length: span.map_or(Length::NONE, Span::length),
        }
    }

    fn sum(&self, of: impl Fn(&SourceTally) -> u64) -> u64 {
        self.figures.iter().fold(0, |sum, source| sum.saturating_add(of(source)))
    }
}

/// The processes that know the whole run: the master, or the only process. Workers know but their share.
pub(crate) fn leaders(run: &RunTally) -> impl Iterator<Item = &SourceTally> {
    run.sources.iter().filter(|(id, source)| !source.is_worker(id)).map(|(_, source)| source)
}

/// When the run was: as its leader said at its end, else as all processes together have it.
fn whole_span(run: &RunTally) -> Option<Span> {
    match leaders(run).find(|source| source.is_closed()) {
        Some(leader) => leader.span(),
        None => run.sources.values().filter_map(SourceTally::span).reduce(Span::cover),
    }
}
