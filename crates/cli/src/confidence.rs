//! How far the figures of a run can be trusted.

use crate::source::SourceTally;
use locust_telemetry_core::Length;
use locust_telemetry_json::read::{ConfidenceEntry, IntervalEntry};
use std::collections::{BTreeMap, BTreeSet};

/// The verdict on a run, or on the part of it that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Confidence {
    /// Seconds of all processes that tell.
    pub(crate) seconds: u64,
    /// Those that are suspect.
    pub(crate) suspect_seconds: u64,
    /// Why, and for how many seconds where that is known.
    pub(crate) reasons: Vec<(String, Option<u64>)>,
    /// How many processes tell.
    pub(crate) processes: usize,
}

/// The verdicts on the intervals of one process that are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct IntervalVerdicts {
    /// Suspect intervals by their begin, since an interval has a line for each of its endpoints.
    suspect: BTreeMap<i64, Suspect>,
    /// Suspect seconds that came late, by their begin.
    late: BTreeSet<i64>,
    reasons: BTreeSet<String>,
    is_known: bool,
}

impl IntervalVerdicts {
    /// Adds what a line says of its interval. Older files say nothing.
    pub(crate) fn add(&mut self, entry: &IntervalEntry) {
        let Some(verdict) = &entry.verdict else { return };
        self.is_known = true;
        self.reasons.extend(verdict.reasons.iter().cloned());
        let start_ms = entry.interval_start_ms;
        match verdict.suspect_seconds {
            0 => {}
            _ if entry.is_late => drop(self.late.insert(start_ms)),
            seconds => {
                let length_ms = (entry.interval_seconds * 1_000.0) as i64;
                self.suspect.insert(start_ms, Suspect { seconds, end_ms: start_ms.saturating_add(length_ms) });
            }
        }
    }

    /// A late second in an interval that is suspect itself may be one of those that it counts, so it is not added.
    fn suspect_seconds(&self) -> u64 {
        let before = |start_ms: &i64| self.suspect.range(..=start_ms).next_back();
        let is_counted = |start_ms: &&i64| before(start_ms).is_some_and(|(_, interval)| interval.end_ms > **start_ms);
        let late = self.late.iter().filter(|start_ms| !is_counted(start_ms)).count() as u64;
        self.suspect.values().fold(late, |sum, interval| sum.saturating_add(interval.seconds))
    }
}

/// An interval with suspect seconds.
#[derive(Debug, Clone, Copy)]
struct Suspect {
    seconds: u64,
    end_ms: i64,
}

impl Confidence {
    /// What `sources` tell together; `None` if none of them tells.
    ///
    /// Closing records have the seconds of each reason, for the whole run. Where the `length` that is shown is not
    /// the whole run (`is_whole`), or a process has not closed, its intervals tell.
    pub(crate) fn of<'a>(
        sources: impl Iterator<Item = &'a SourceTally>,
        is_whole: bool,
        length: Length,
    ) -> Option<Self> {
        let mut all = Self { seconds: 0, suspect_seconds: 0, reasons: Vec::new(), processes: 0 };
        let mut reasons = BTreeMap::<String, Option<u64>>::new();
        for source in sources {
            let closings = source.confidence().filter(|closings| is_whole && !closings.is_empty());
            let intervals = source.verdicts();
            if let Some(closings) = &closings {
                closings.iter().for_each(|closing| all.add(closing, &mut reasons));
            } else if intervals.is_known {
                all.seconds = all.seconds.saturating_add(length.ms().saturating_add(500) / 1_000);
                all.suspect_seconds = all.suspect_seconds.saturating_add(intervals.suspect_seconds());
                reasons.extend(intervals.reasons.iter().map(|reason| (reason.clone(), None)));
            } else {
                continue;
            }
            all.processes += 1;
        }
        all.reasons = reasons.into_iter().collect();
        (all.processes > 0).then_some(all)
    }

    fn add(&mut self, closing: &ConfidenceEntry, reasons: &mut BTreeMap<String, Option<u64>>) {
        self.seconds = self.seconds.saturating_add(closing.seconds);
        self.suspect_seconds = self.suspect_seconds.saturating_add(closing.suspect_seconds);
        for (reason, seconds) in &closing.reasons {
            let sum = reasons.entry(reason.clone()).or_insert(Some(0));
            *sum = sum.map(|sum| sum.saturating_add(*seconds));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{confidence, interval_entry, summary_entry};
    use locust_telemetry_json::read::VerdictEntry;

    fn closing(seconds: u64, suspect_seconds: u64, reasons: &[(&str, u64)]) -> SourceTally {
        let mut entry = summary_entry("r", "local", (0, 10_000), 5);
        entry.confidence = Some(confidence(seconds, suspect_seconds, reasons));
        let mut source = SourceTally::default();
        source.add_summary(entry);
        source
    }

    fn with_intervals(verdicts: &[(i64, bool, u64)]) -> SourceTally {
        let mut source = SourceTally::default();
        for (start_ms, is_late, suspect_seconds) in verdicts {
            let mut entry = interval_entry("r", "local", *start_ms, "/", 1);
            let reasons = if *suspect_seconds > 0 { vec!["hub_lag".to_owned()] } else { Vec::new() };
            entry.verdict = Some(VerdictEntry { reasons, suspect_seconds: *suspect_seconds });
            entry.is_late = *is_late;
            source.add_interval(&entry, true);
        }
        source
    }

    #[test]
    fn closing_records_add_up_over_processes() {
        let sources = [closing(20, 7, &[("hub_lag", 5), ("process_cpu", 7)]), closing(20, 2, &[("hub_lag", 2)])];
        let all = Confidence::of(sources.iter(), true, Length::from_ms(20_000)).unwrap();
        assert_eq!((all.seconds, all.suspect_seconds, all.processes), (40, 9, 2));
        assert_eq!(all.reasons, [("hub_lag".to_owned(), Some(7)), ("process_cpu".to_owned(), Some(7))]);
    }

    #[test]
    fn without_a_closing_record_each_interval_counts_once_and_late_seconds_where_they_are_new() {
        let source = with_intervals(&[
            (0, false, 2),
            (0, false, 2),
            (3_000, false, 0),
            (2_000, true, 1),
            (3_000, true, 1),
            (3_000, true, 1),
        ]);
        let all = Confidence::of([&source].into_iter(), true, Length::from_ms(6_000)).unwrap();
        assert_eq!((all.seconds, all.suspect_seconds), (6, 3));
        assert_eq!(all.reasons, [("hub_lag".to_owned(), None)]);
    }

    #[test]
    fn of_a_part_of_the_run_the_intervals_tell() {
        let mut source = with_intervals(&[(0, false, 1)]);
        source.add_summary(closing(20, 7, &[]).closings().next().unwrap().clone());
        let all = Confidence::of([&source].into_iter(), false, Length::from_ms(12_000)).unwrap();
        assert_eq!((all.seconds, all.suspect_seconds), (12, 1));
    }

    #[test]
    fn older_files_tell_nothing() {
        let mut source = SourceTally::default();
        source.add_interval(&interval_entry("r", "local", 0, "/", 1), true);
        source.add_summary(summary_entry("r", "local", (0, 10_000), 5));
        assert_eq!(Confidence::of([&source].into_iter(), true, Length::from_ms(10_000)), None);
    }
}
