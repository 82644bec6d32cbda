//! The one place where the pipeline reads the time.

use std::time::{SystemTime, UNIX_EPOCH};

const NS_PER_S: i64 = 1_000_000_000;

/// Nanoseconds since the Unix epoch, by the system's clock.
#[must_use]
pub fn now_unix_ns() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}

/// The whole second that `unix_ns` falls into.
#[must_use]
pub fn second_of(unix_ns: i64) -> i64 {
    unix_ns.div_euclid(NS_PER_S)
}

/// The moment at which a second begins, in nanoseconds.
#[must_use]
pub fn begin_of(second: i64) -> i64 {
    second.saturating_mul(NS_PER_S)
}

/// The first whole second after `unix_ns`, in nanoseconds.
#[must_use]
pub fn next_second_ns(unix_ns: i64) -> i64 {
    second_of(unix_ns).saturating_add(1).saturating_mul(NS_PER_S)
}

/// A moment early in a window that was open from `opened_ns` to `closed_ns`: its second is the window's.
///
/// Not the begin itself: while a window is open, better exchanges move the estimate of the master's clock, and what was
/// opened at the very begin of a second would fall into the one before.
#[must_use]
pub fn early_in(opened_ns: i64, closed_ns: i64) -> i64 {
    const MOVED_NS: i64 = 100_000_000;
    opened_ns.saturating_add((closed_ns.saturating_sub(opened_ns) / 2).clamp(0, MOVED_NS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_keeps_its_second_when_the_clock_moves_a_little_while_it_is_open() {
        let second = |opened_ns, closed_ns| second_of(early_in(opened_ns, closed_ns));
        assert_eq!(second(4_999_900_000, 5_999_900_000), 5);
        assert_eq!(second(5_000_100_000, 6_000_100_000), 5);
        assert_eq!(second(4_930_000_000, 5_000_000_000), 4, "it began late in the second");
        assert_eq!(second(4_500_000_000, 5_500_000_000), 4);
        assert_eq!(early_in(7, 7), 7);
        assert_eq!(early_in(7, 3), 7, "a clock that was set back");
    }

    #[test]
    fn seconds_are_floored_before_and_after_the_epoch() {
        assert_eq!((second_of(1_999_999_999), second_of(2_000_000_000), second_of(-1)), (1, 2, -1));
    }

    #[test]
    fn a_whole_second_is_followed_by_the_next_one() {
        assert_eq!(next_second_ns(5_000_000_000), 6_000_000_000);
        assert_eq!(next_second_ns(5_999_999_999), 6_000_000_000);
        assert_eq!(next_second_ns(-1), 0);
    }
}
