//! How long a run was, and how long a part of it: the one rule that every rate and every length follows.
//!
//! A run goes from the moment its test started to the moment its last user had stopped, to the nanosecond. Seconds are
//! recorded whole, so the first and the last of them are partly before and after the run: their [`Length`] is what they
//! have in common with it. `docs/run-store.md` has the rule in words.

use std::ops::Range;

const NS_PER_S: i64 = 1_000_000_000;
const NS_PER_MS: u64 = 1_000_000;

/// When a run was on: nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunSpan {
    /// When its test started.
    pub started_unix_ns: i64,
    /// When its last user had stopped; of a run that is on or was cut off, the end of its last recorded second.
    pub ended_unix_ns: i64,
}

impl RunSpan {
    /// How long it is; nothing if it ends before it begins.
    #[must_use]
    pub fn length(self) -> Length {
        Length::between(self.started_unix_ns, self.ended_unix_ns)
    }

    /// The part of the run that is in these `seconds` of the `recorded` ones, both since the Unix epoch and without the
    /// last.
    ///
    /// Where they begin with the first or end with the last recorded second, they reach as far as the run does: a run
    /// may begin or end a moment outside of its seconds, where a window was closed late.
    #[must_use]
    pub fn part(self, seconds: &Range<i64>, recorded: &Range<i64>) -> Self {
        let Self { started_unix_ns, ended_unix_ns } = self;
        let ns = |second: i64| second.saturating_mul(NS_PER_S);
        let from = if seconds.start <= recorded.start { started_unix_ns } else { ns(seconds.start) };
        let until = if seconds.end >= recorded.end { ended_unix_ns } else { ns(seconds.end) };
        Self { started_unix_ns: from.max(started_unix_ns), ended_unix_ns: until.min(ended_unix_ns) }
    }

    /// How long the run was on in these seconds; see [`part`](Self::part).
    #[must_use]
    pub fn within(self, seconds: &Range<i64>, recorded: &Range<i64>) -> Length {
        if seconds.start >= seconds.end { Length::NONE } else { self.part(seconds, recorded).length() }
    }

    /// How long the run was on in a slot of whole seconds.
    #[must_use]
    pub fn within_slot(self, slot: &Range<i64>) -> Length {
        let ns = |second: i64| second.saturating_mul(NS_PER_S);
        Length::between(ns(slot.start).max(self.started_unix_ns), ns(slot.end).min(self.ended_unix_ns))
    }

    /// Whether the rate of a slot says anything of the run: a slot at its edge of which it has less than half would be
    /// drawn as a rise or a fall that never happened.
    #[must_use]
    pub fn fills(self, slot: &Range<i64>) -> bool {
        let whole = Length::between(slot.start.saturating_mul(NS_PER_S), slot.end.saturating_mul(NS_PER_S));
        let had = self.within_slot(slot);
        had > Length::NONE && had.ns() >= whole.ns() - had.ns()
    }
}

/// How long something took, to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Length {
    ns: u64,
}

impl Length {
    /// No time at all.
    pub const NONE: Self = Self { ns: 0 };

    /// So many nanoseconds.
    #[must_use]
    pub const fn from_ns(ns: u64) -> Self {
        Self { ns }
    }

    /// So many milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self { ns: ms.saturating_mul(NS_PER_MS) }
    }

    /// So many whole seconds.
    #[must_use]
    pub const fn from_s(seconds: u64) -> Self {
        Self { ns: seconds.saturating_mul(NS_PER_S.unsigned_abs()) }
    }

    /// From one moment to another, in nanoseconds; nothing if the other comes first.
    #[must_use]
    pub fn between(from_ns: i64, until_ns: i64) -> Self {
        if until_ns > from_ns { Self { ns: until_ns.abs_diff(from_ns) } } else { Self::NONE }
    }

    /// In nanoseconds.
    #[must_use]
    pub const fn ns(self) -> u64 {
        self.ns
    }

    /// In whole milliseconds; what is left is dropped.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.ns / NS_PER_MS
    }

    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.ns as f64 / NS_PER_S as f64
    }

    /// How often a second something happened that happened `count` times; `None` over no time at all.
    #[must_use]
    pub fn rate_of(self, count: u64) -> Option<f64> {
        (self.ns > 0).then(|| count as f64 / self.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// The cases that the page is held to as well: `web/src/model/span.test.ts`.
    #[test]
    fn lengths_rates_and_what_is_drawn_are_those_of_the_page() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../tests/golden/lengths.json")).unwrap();
        let moment = |value: &Value| Some(value[0].as_i64()? * NS_PER_S + value[1].as_i64()?);
        let range = |value: &Value| value[0].as_i64().unwrap()..value[1].as_i64().unwrap();
        for case in &cases {
            let (recorded, asked) = (range(&case["recorded"]), range(&case["asked"]));
            let span = RunSpan {
                started_unix_ns: moment(&case["span"]["started"]).unwrap(),
                ended_unix_ns: moment(&case["span"]["ended"]).unwrap_or(recorded.end * NS_PER_S),
            };
            let length = span.within(&asked, &recorded);
            assert_eq!(Some(length.ns()), case["length_ns"].as_u64(), "{case}");
            assert_eq!(length.rate_of(case["requests"].as_u64().unwrap()), case["requests_per_s"].as_f64(), "{case}");
            assert_eq!(Some(span.fills(&asked)), case["fills"].as_bool(), "{case}");
        }
        assert!(cases.len() > 20);
    }

    /// From second 12.75 to second 20.25.
    const SPAN: RunSpan = RunSpan { started_unix_ns: 12_750_000_000, ended_unix_ns: 20_250_000_000 };

    #[test]
    fn the_whole_run_is_as_long_as_its_span_and_a_part_within_as_its_seconds() {
        let of = |from, until| SPAN.within(&(from..until), &(12..21)).seconds();
        assert_eq!([of(12, 21), of(13, 20), of(12, 20), of(13, 21), of(20, 21)], [7.5, 7.0, 7.25, 7.25, 0.25]);
        assert_eq!(of(14, 14), 0.0);
        assert_eq!(SPAN.length(), SPAN.within(&(12..21), &(12..21)));
    }

    #[test]
    fn a_run_whose_first_or_last_moment_is_outside_of_its_seconds_loses_none_of_it() {
        assert_eq!(SPAN.within(&(13..20), &(13..20)), SPAN.length());
        assert_eq!(SPAN.within(&(0..60), &(13..20)), SPAN.length(), "minutes of a run that was compacted");
    }

    #[test]
    fn seconds_behind_the_end_have_no_length_and_no_rate() {
        let after = SPAN.within(&(21..23), &(12..23));
        assert_eq!((after, after.rate_of(7)), (Length::NONE, None));
        assert_eq!(SPAN.within(&(21..22), &(12..23)), Length::NONE);
    }

    #[test]
    fn a_slot_of_which_the_run_has_less_than_half_is_not_drawn() {
        let drawn = |from, until| SPAN.fills(&(from..until));
        assert_eq!([drawn(12, 13), drawn(13, 14), drawn(20, 21), drawn(21, 22)], [false, true, false, false]);
        assert!(RunSpan { ended_unix_ns: 20_500_000_000, ..SPAN }.fills(&(20..21)), "half is enough");
        assert_eq!([drawn(10, 15), drawn(15, 20)], [false, true], "slots of several seconds likewise");
    }

    #[test]
    fn rates_are_over_the_length_to_the_nanosecond() {
        assert_eq!(Length::from_ns(7_500_000_000).rate_of(15), Some(2.0));
        assert_eq!(Length::from_ns(20_123_456_789).rate_of(11_200), Some(11_200.0 / 20.123_456_789));
        assert_eq!((Length::from_s(3), Length::from_ms(3_000)), (Length::from_ns(3_000_000_000), Length::from_s(3)));
        assert_eq!(Length::between(i64::MIN, i64::MAX).ns(), u64::MAX);
    }
}
