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

/// The first whole second after `unix_ns`, in nanoseconds.
#[must_use]
pub fn next_second_ns(unix_ns: i64) -> i64 {
    second_of(unix_ns).saturating_add(1).saturating_mul(NS_PER_S)
}

#[cfg(test)]
mod tests {
    use super::*;

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
