//! Times and ranges of a run, as people write them.

use crate::zone::Zone;
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use std::ops::Range;

/// How a moment is written, for whoever wrote something else.
const MOMENTS: &str = "times are seconds since the start (90, 1m30s), times of day (12:03:10), or dates with a time \
                       (2026-01-02T12:03:10, 2026-01-02T12:03:10+01:00)";

/// A moment of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Whole seconds since the run's start; negative ones are before it.
    SinceStart(i64),
    /// A time of day where the user is.
    TimeOfDay(Time),
    /// A date and a time of day where the user is.
    Local(DateTime),
    /// Whole seconds since the Unix epoch.
    Unix(i64),
}

/// A part of a run: `[from, to)`, open at an end that is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RangeWish {
    from: Option<Moment>,
    to: Option<Moment>,
}

impl Moment {
    /// Reads `90`, `90s`, `1m30s`, `1h5m` (since the start), `12:03`, `12:03:10`, and ISO 8601: a date with a time, and
    /// with an offset from UTC or without one.
    ///
    /// # Errors
    /// A sentence that says how a time is written.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let moment = if text.contains('-') {
            let unix = text.parse::<Timestamp>().ok().map(|moment| Self::Unix(moment.as_second()));
            unix.or_else(|| text.parse().ok().map(Self::Local))
        } else if text.contains(':') {
            time_of_day(text).map(Self::TimeOfDay)
        } else {
            span(text).map(Self::SinceStart)
        };
        moment.ok_or_else(|| MOMENTS.to_owned())
    }

    /// The moment in whole seconds since the Unix epoch, for a run of the seconds `whole`. A time of day is that of
    /// the day on which the run began, or of the next one if the run had it only then.
    pub(crate) fn unix_s(self, whole: &Range<i64>, zone: &Zone) -> i64 {
        match self {
            Self::SinceStart(seconds) => whole.start.saturating_add(seconds),
            Self::TimeOfDay(time) => {
                let day = zone.day(whole.start);
                let first = zone.unix_s(day, time);
                let next = day.tomorrow().map_or(first, |tomorrow| zone.unix_s(tomorrow, time));
                if first < whole.start && next <= whole.end { next } else { first }
            }
            Self::Local(moment) => zone.unix_s(moment.date(), moment.time()),
            Self::Unix(second) => second,
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
    pub(crate) fn within(self, whole: &Range<i64>, zone: &Zone) -> Range<i64> {
        let clamp = |moment: Moment| moment.unix_s(whole, zone).clamp(whole.start, whole.end);
        let from = self.from.map_or(whole.start, clamp);
        let to = self.to.map_or(whole.end, clamp);
        from..to.max(from)
    }
}

/// `12:03` or `12:03:10`.
fn time_of_day(text: &str) -> Option<Time> {
    let parts: Vec<i8> = text.split(':').map(|part| i8::try_from(digits(part)?).ok()).collect::<Option<_>>()?;
    match parts[..] {
        [hours, minutes] => Time::new(hours, minutes, 0, 0).ok(),
        [hours, minutes, seconds] => Time::new(hours, minutes, seconds, 0).ok(),
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
        within_of(text, &Zone::utc())
    }

    fn within_of(text: &str, zone: &Zone) -> (i64, i64) {
        let range = RangeWish::parse(text).unwrap().within(&(FIRST_S..FIRST_S + 100), zone);
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
    fn times_of_day_and_dates_are_those_of_the_user_and_an_offset_wins() {
        let zone = crate::zone::tests::berlin();
        assert_eq!(within_of("00:59:40..01:00:10", &zone), (10, 40));
        assert_eq!(within_of("2026-01-03T00:59:40..2026-01-03 01:00:10", &zone), (10, 40));
        assert_eq!(within_of("2026-01-02T23:59:40Z..2026-01-03T05:30:10+05:30", &zone), (10, 40));
        assert_eq!(within_of("2026-01-03..", &zone), (0, 100));
    }

    #[test]
    fn a_range_outside_of_the_run_is_empty() {
        assert_eq!(within("500..600"), (100, 100));
        assert_eq!(within("40..10"), (40, 40));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            "",
            "10",
            "10-20",
            "a..b",
            "25:00..",
            "10:60..",
            "1:2:3:4..",
            "-5..",
            "2026-13-01T00:00..",
            "2026-01-02T03:04:05+99:00..",
            "9223372036854775807h..",
            "1s2m..",
        ] {
            assert!(RangeWish::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_a_range_stays_within_the_run(text in "[0-9:.hmsTZ+-]{0,24}") {
            if let Ok(wish) = RangeWish::parse(&text) {
                let range = wish.within(&(FIRST_S..FIRST_S + 100), &Zone::utc());
                prop_assert!(FIRST_S <= range.start && range.start <= range.end && range.end <= FIRST_S + 100);
            }
        }
    }
}
