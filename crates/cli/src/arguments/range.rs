//! Times and ranges of a run, as people write them.

use std::ops::Range;

const SECONDS_PER_DAY: i64 = 86_400;

/// A moment of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Whole seconds since the run's start; negative ones are before it.
    SinceStart(i64),
    /// A time of day in UTC, in seconds since midnight.
    TimeOfDay(i64),
}

/// A part of a run: `[from, to)`, open at an end that is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RangeWish {
    from: Option<Moment>,
    to: Option<Moment>,
}

impl Moment {
    /// Reads `90`, `90s`, `1m30s`, `1h5m` (since the start) or `12:03`, `12:03:10` (UTC).
    ///
    /// # Errors
    /// A sentence that says how a time is written.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let moment =
            if text.contains(':') { time_of_day(text).map(Self::TimeOfDay) } else { span(text).map(Self::SinceStart) };
        moment
            .ok_or_else(|| "times are seconds since the start (90, 1m30s) or times of day in UTC (12:03:10)".to_owned())
    }

    /// The moment in whole seconds since the Unix epoch, for a run of the seconds `whole`. A time of day is that of
    /// the day on which the run began, or of the next one if the run had it only then.
    pub(crate) fn unix_s(self, whole: &Range<i64>) -> i64 {
        match self {
            Self::SinceStart(seconds) => whole.start.saturating_add(seconds),
            Self::TimeOfDay(seconds) => {
                let midnight = whole.start.saturating_sub(whole.start.rem_euclid(SECONDS_PER_DAY));
                let first = midnight.saturating_add(seconds);
                let next = first.saturating_add(SECONDS_PER_DAY);
                if first < whole.start && next <= whole.end { next } else { first }
            }
        }
    }
}

impl RangeWish {
    /// Reads `FROM..TO`, either of which may be left out.
    ///
    /// # Errors
    /// A sentence that says how a range is written.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once("..").ok_or("a range is FROM..TO, such as 60..240 or 12:01..12:03:30")?;
        let end = |text: &str| if text.is_empty() { Ok(None) } else { Moment::parse(text).map(Some) };
        Ok(Self { from: end(from)?, to: end(to)? })
    }

    /// The seconds of the range for a run whose seconds are `whole`: within it, and empty if it is outside.
    pub(crate) fn within(self, whole: &Range<i64>) -> Range<i64> {
        let clamp = |moment: Moment| moment.unix_s(whole).clamp(whole.start, whole.end);
        let from = self.from.map_or(whole.start, clamp);
        let to = self.to.map_or(whole.end, clamp);
        from..to.max(from)
    }
}

/// `12:03` or `12:03:10` in seconds since midnight.
fn time_of_day(text: &str) -> Option<i64> {
    let parts: Vec<i64> = text.split(':').map(digits).collect::<Option<_>>()?;
    match parts[..] {
        [hours @ 0..24, minutes @ 0..60] => Some(hours * 3_600 + minutes * 60),
        [hours @ 0..24, minutes @ 0..60, seconds @ 0..60] => Some(hours * 3_600 + minutes * 60 + seconds),
        _ => None,
    }
}

/// `90`, `90s`, `1m30s`, `1h`, in seconds.
fn span(text: &str) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    let mut total = 0_i64;
    let mut rest = text;
    for (unit, seconds_each) in [('h', 3_600), ('m', 60), ('s', 1)] {
        if let Some((number, after)) = rest.split_once(unit) {
            total = total.checked_add(digits(number)?.checked_mul(seconds_each)?)?;
            rest = after;
        }
    }
    // A number alone, or after the last unit, is seconds.
    if rest.is_empty() { Some(total) } else { total.checked_add(digits(rest)?) }
}

/// A number without a sign.
fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-01-02 23:59:30 UTC
    const FIRST_S: i64 = 1_767_398_370;

    fn within(text: &str) -> (i64, i64) {
        let range = RangeWish::parse(text).unwrap().within(&(FIRST_S..FIRST_S + 100));
        (range.start - FIRST_S, range.end - FIRST_S)
    }

    #[test]
    fn a_range_is_in_seconds_since_the_start() {
        assert_eq!(within("10..40"), (10, 40));
        assert_eq!(within("1m10s..90s"), (70, 90));
        assert_eq!(within("0h1m..1m5"), (60, 65));
    }

    #[test]
    fn an_end_that_is_left_out_is_the_runs() {
        assert_eq!(within("10.."), (10, 100));
        assert_eq!(within("..40"), (0, 40));
        assert_eq!(within(".."), (0, 100));
    }

    #[test]
    fn times_of_day_are_those_of_the_run_even_after_midnight() {
        assert_eq!(within("23:59:40..00:00:10"), (10, 40));
        assert_eq!(within("23:59..00:01"), (0, 90));
    }

    #[test]
    fn a_range_outside_of_the_run_is_empty() {
        assert_eq!(within("500..600"), (100, 100));
        assert_eq!(within("40..10"), (40, 40));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in
            ["", "10", "10-20", "a..b", "25:00..", "10:60..", "1:2:3:4..", "-5..", "9223372036854775807h..", "1s2m.."]
        {
            assert!(RangeWish::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_a_range_stays_within_the_run(text in "[0-9:.hms]{0,12}") {
            if let Ok(wish) = RangeWish::parse(&text) {
                let range = wish.within(&(FIRST_S..FIRST_S + 100));
                prop_assert!(FIRST_S <= range.start && range.start <= range.end && range.end <= FIRST_S + 100);
            }
        }
    }
}
