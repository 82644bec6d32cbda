//! The one place where the pipeline reads the time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// How long it is from `unix_ns` to the next whole second.
#[must_use]
pub fn until_next_second(unix_ns: i64) -> Duration {
    // Between 1 and 10^9.
    Duration::from_nanos((NS_PER_S - unix_ns.rem_euclid(NS_PER_S)).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_floored_before_and_after_the_epoch() {
        assert_eq!((second_of(1_999_999_999), second_of(2_000_000_000), second_of(-1)), (1, 2, -1));
    }

    #[test]
    fn a_whole_second_waits_for_the_next_one() {
        assert_eq!(until_next_second(5_000_000_000), Duration::from_secs(1));
        assert_eq!(until_next_second(5_999_999_999), Duration::from_nanos(1));
    }
}
