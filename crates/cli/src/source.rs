//! What the entries of one process tell.

use crate::confidence::IntervalVerdicts;
use locust_telemetry_core::Length;
use locust_telemetry_json::Phase;
use locust_telemetry_json::read::{ConfidenceEntry, IntervalEntry, SummaryEntry, WorkerEntry};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A stretch of time in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its begin.
    pub(crate) start_ms: i64,
    /// Its end.
    pub(crate) end_ms: i64,
}

impl Span {
    /// The shortest stretch that holds both.
    pub(crate) fn cover(self, other: Self) -> Self {
        Self { start_ms: self.start_ms.min(other.start_ms), end_ms: self.end_ms.max(other.end_ms) }
    }

    /// How long it is; nothing if it ends before it begins.
    pub(crate) fn length(self) -> Length {
        Length::from_ms(u64::try_from(self.end_ms.saturating_sub(self.start_ms)).unwrap_or(0))
    }
}

/// What one process of a run wrote.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceTally {
    /// Requests in its intervals.
    pub(crate) interval_requests: u64,
    /// Those that failed.
    pub(crate) interval_failures: u64,
    /// Those of them that are shown.
    pub(crate) shown_requests: u64,
    /// Whether there is any interval of an endpoint.
    pub(crate) has_intervals: bool,
    /// Whether any interval tells its phase.
    pub(crate) has_phases: bool,
    /// Its intervals of the ramp-up.
    pub(crate) ramp_up_span: Option<Span>,
    /// Its other intervals.
    pub(crate) steady_span: Option<Span>,
    verdicts: IntervalVerdicts,
    interval_peak_users: u64,
    /// What it said at its end, by its begin: more than one if its id was given out again.
    closings: BTreeMap<i64, SummaryEntry>,
}

impl SourceTally {
    /// Adds the requests of one endpoint in one interval. If it is not shown, it counts as recorded only.
    pub(crate) fn add_interval(&mut self, entry: &IntervalEntry, is_shown: bool) {
        self.has_intervals = true;
        self.interval_requests = self.interval_requests.saturating_add(entry.requests);
        self.interval_failures = self.interval_failures.saturating_add(entry.failures.min(entry.requests));
        self.interval_peak_users = self.interval_peak_users.max(entry.user_count);
        if is_shown {
            self.shown_requests = self.shown_requests.saturating_add(entry.requests);
            self.verdicts.add(entry);
        }
        self.add_span(entry.interval_start_ms, entry.interval_seconds, entry.phase);
    }

    /// Adds the time of an interval that it told of a worker; there may be no other trace of that time.
    pub(crate) fn add_worker(&mut self, entry: &WorkerEntry) {
        self.add_span(entry.interval_start_ms, entry.interval_seconds, entry.phase);
    }

    fn add_span(&mut self, start_ms: i64, seconds: f64, phase: Option<Phase>) {
        // From float to integer saturates and takes NaN for 0.
        let length_ms = (seconds * 1_000.0) as i64;
        let span = Span { start_ms, end_ms: start_ms.saturating_add(length_ms.max(0)) };
        let known = if phase == Some(Phase::RampUp) { &mut self.ramp_up_span } else { &mut self.steady_span };
        *known = Some(known.map_or(span, |known| known.cover(span)));
        self.has_phases |= phase.is_some();
    }

    /// Adds what the process said at its end. Said again, the later word counts.
    pub(crate) fn add_summary(&mut self, entry: SummaryEntry) {
        match self.closings.get(&entry.start_ms) {
            Some(known) if known.end_ms > entry.end_ms => {}
            _ => {
                self.closings.insert(entry.start_ms, entry);
            }
        }
    }

    /// What it said at its end, in the order of time.
    pub(crate) fn closings(&self) -> impl Iterator<Item = &SummaryEntry> {
        self.closings.values()
    }

    /// Whether it came to its end and said so.
    pub(crate) fn is_closed(&self) -> bool {
        !self.closings.is_empty()
    }

    /// Requests that it recorded: as it said at its end, else as its intervals have it.
    pub(crate) fn requests(&self) -> u64 {
        self.told(|closing| closing.requests).unwrap_or(self.interval_requests)
    }

    /// Those of them that failed.
    pub(crate) fn failures(&self) -> u64 {
        self.told(|closing| closing.failures).unwrap_or(self.interval_failures)
    }

    /// The most users at a time.
    pub(crate) fn peak_users(&self) -> u64 {
        self.closings().map(|closing| closing.peak_users).fold(self.interval_peak_users, u64::max)
    }

    /// When it was part of the run: as it said at its end, else as its intervals have it.
    pub(crate) fn span(&self) -> Option<Span> {
        let told = self.closings().map(|closing| Span { start_ms: closing.start_ms, end_ms: closing.end_ms });
        told.reduce(Span::cover).or(self.interval_span())
    }

    /// How long it was part of the run, to the nanosecond; `None` if it did not close, or was there more than once.
    pub(crate) fn told_length(&self) -> Option<Length> {
        let mut closings = self.closings();
        closings.next().filter(|_| closings.next().is_none()).map(|closing| closing.length)
    }

    fn interval_span(&self) -> Option<Span> {
        self.ramp_up_span.into_iter().chain(self.steady_span).reduce(Span::cover)
    }

    /// What its closing records say of how far it can be trusted; `None` if one of them says nothing.
    pub(crate) fn confidence(&self) -> Option<Vec<&ConfidenceEntry>> {
        self.closings().map(|closing| closing.confidence.as_ref().filter(|told| told.seconds > 0)).collect()
    }

    /// What its intervals say of it.
    pub(crate) fn verdicts(&self) -> &IntervalVerdicts {
        &self.verdicts
    }

    fn told(&self, of: impl Fn(&SummaryEntry) -> u64) -> Option<u64> {
        self.is_closed().then(|| self.closings().fold(0_u64, |sum, closing| sum.saturating_add(of(closing))))
    }

    /// The end of its last interval.
    pub(crate) fn last_interval_end_ms(&self) -> Option<i64> {
        self.interval_span().map(|span| span.end_ms)
    }

    /// Whether `source_id` is a worker's.
    pub(crate) fn is_worker(&self, source_id: &SourceId) -> bool {
        match self.closings().next() {
            Some(closing) => closing.role == "worker",
            None => source_id.is_worker(),
        }
    }
}

/// A process's id, ordered as people count: `worker-2` before `worker-10`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceId(pub(crate) String);

impl SourceId {
    /// Whether it is named as workers are.
    pub(crate) fn is_worker(&self) -> bool {
        self.0.starts_with("worker-")
    }

    fn parts(&self) -> (&str, u64) {
        let stem = self.0.trim_end_matches(|character: char| character.is_ascii_digit());
        (stem, self.0[stem.len()..].parse().unwrap_or(0))
    }
}

impl Ord for SourceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for SourceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_ordered_as_people_count() {
        let mut ids = ["worker-10", "worker-2", "master", "worker-02", "worker-"].map(|id| SourceId(id.to_owned()));
        ids.sort();
        let ids: Vec<_> = ids.iter().map(|id| id.0.as_str()).collect();
        assert_eq!(ids, ["master", "worker-", "worker-02", "worker-2", "worker-10"]);
    }

    #[test]
    fn a_span_that_ends_before_it_begins_has_no_length() {
        assert_eq!(Span { start_ms: i64::MAX, end_ms: i64::MIN }.length(), Length::NONE);
        assert_eq!(Span { start_ms: i64::MIN, end_ms: i64::MAX }.length(), Length::from_ns(u64::MAX));
    }
}
