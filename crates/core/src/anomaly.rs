//! What was odd about a request: counted per kind, shown in every summary, never raised.

/// One kind of input that could not be taken as it came.
///
/// The request itself is always counted; the kind says what had to be left out or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(usize)]
pub enum Anomaly {
    /// The response time was `None`: the request counts, the histogram does not have it.
    TimeMissing,
    /// The response time was below zero: left out of the histogram.
    TimeNegative,
    /// The response time was NaN: left out of the histogram.
    TimeNan,
    /// The response time was infinite: left out of the histogram.
    TimeInfinite,
    /// The response time was no number: left out of the histogram.
    TimeNotNumeric,
    /// The response time was above 2^53 ns (104 days): recorded as that.
    TimeClamped,
    /// The name or the method was empty: shown as `(empty)`.
    TextEmpty,
    /// The name or the method was no string: its `str()` was taken.
    TextNotString,
    /// The name or the method was not readable as text at all: shown as `(unreadable)`.
    TextUnreadable,
    /// The name or the method had control characters: shown escaped.
    TextEscaped,
    /// The name or the method was over the limit: cut, with a hash at its end to keep it distinct.
    TextCut,
    /// The response's status was not a number from 1 to 65,535 (0 means no response): recorded as none.
    StatusInvalid,
    /// The response length was negative or no number: counted as 0 bytes.
    LengthInvalid,
    /// The series limit was reached: the request counts in the overflow series.
    SeriesOverflow,
    /// The request ended while no test was running: counted here only.
    OutsideRun,
    /// The listener failed inside: the request counts here only. A defect; please report it.
    ListenerFailed,
    /// The limit on messages of failures was reached: the failure counts under `(other messages)`.
    MessageOverflow,
    /// The message of a failure could not be had, since its `repr()` raised: shown as `(unreadable)`.
    MessageUnreadable,
    /// Asking a failure for its message took 50 ms or more, in which the whole process waited.
    MessageSlow,
}

impl Anomaly {
    /// Every kind, in the order of [`Anomalies`].
    pub const ALL: [Self; 19] = [
        Self::TimeMissing,
        Self::TimeNegative,
        Self::TimeNan,
        Self::TimeInfinite,
        Self::TimeNotNumeric,
        Self::TimeClamped,
        Self::TextEmpty,
        Self::TextNotString,
        Self::TextUnreadable,
        Self::TextEscaped,
        Self::TextCut,
        Self::StatusInvalid,
        Self::LengthInvalid,
        Self::SeriesOverflow,
        Self::OutsideRun,
        Self::ListenerFailed,
        Self::MessageOverflow,
        Self::MessageUnreadable,
        Self::MessageSlow,
    ];

    /// The name in records and summaries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TimeMissing => "time_missing",
            Self::TimeNegative => "time_negative",
            Self::TimeNan => "time_nan",
            Self::TimeInfinite => "time_infinite",
            Self::TimeNotNumeric => "time_not_numeric",
            Self::TimeClamped => "time_clamped",
            Self::TextEmpty => "text_empty",
            Self::TextNotString => "text_not_string",
            Self::TextUnreadable => "text_unreadable",
            Self::TextEscaped => "text_escaped",
            Self::TextCut => "text_cut",
            Self::StatusInvalid => "status_invalid",
            Self::LengthInvalid => "length_invalid",
            Self::SeriesOverflow => "series_overflow",
            Self::OutsideRun => "outside_run",
            Self::ListenerFailed => "listener_failed",
            Self::MessageOverflow => "message_overflow",
            Self::MessageUnreadable => "message_unreadable",
            Self::MessageSlow => "message_slow",
        }
    }
}

/// How often each [`Anomaly`] occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Anomalies([u64; Anomaly::ALL.len()]);

impl Anomalies {
    /// Counts one occurrence.
    #[inline]
    pub fn count(&mut self, anomaly: Anomaly) {
        self.0[anomaly as usize] += 1;
    }

    /// Counts `times` occurrences.
    pub fn count_many(&mut self, anomaly: Anomaly, times: u64) {
        let count = &mut self.0[anomaly as usize];
        *count = count.saturating_add(times);
    }

    /// How often `anomaly` occurred.
    #[must_use]
    pub fn get(&self, anomaly: Anomaly) -> u64 {
        self.0[anomaly as usize]
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    /// The kinds that occurred, with their counts.
    pub fn occurred(&self) -> impl Iterator<Item = (Anomaly, u64)> + '_ {
        Anomaly::ALL.into_iter().map(|anomaly| (anomaly, self.get(anomaly))).filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_kinds_is_in_the_order_of_their_numbers() {
        for (position, anomaly) in Anomaly::ALL.into_iter().enumerate() {
            assert_eq!(anomaly as usize, position);
        }
    }

    #[test]
    fn merging_adds_each_kind() {
        let mut a = Anomalies::default();
        a.count(Anomaly::TimeNan);
        let mut b = a;
        b.count(Anomaly::OutsideRun);
        a.merge(&b);
        assert_eq!(a.occurred().collect::<Vec<_>>(), [(Anomaly::TimeNan, 2), (Anomaly::OutsideRun, 1)]);
    }
}
