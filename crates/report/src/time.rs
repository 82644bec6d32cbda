//! Moments as text, always in UTC.

use jiff::Timestamp;

const NS_PER_S: i64 = 1_000_000_000;
const NS_PER_MS: i64 = 1_000_000;

/// Whole seconds since the Unix epoch as `2026-01-02T03:04:05Z`.
#[must_use]
pub fn rfc3339(unix_s: i64) -> String {
    timestamp(unix_s).to_string()
}

/// Nanoseconds since the Unix epoch as `2026-01-02T03:04:05.678Z`, rounded down.
#[must_use]
pub fn rfc3339_ms(unix_ns: i64) -> String {
    // Never out of range: the nanoseconds of an i64 end in the year 2262.
    let time = Timestamp::from_millisecond(unix_ns.div_euclid(NS_PER_MS)).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// Whole seconds since the Unix epoch as people write them: `2026-01-02 03:04:05 UTC`.
#[must_use]
pub fn readable(unix_s: i64) -> String {
    timestamp(unix_s).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The second that holds a moment in nanoseconds since the Unix epoch.
pub(crate) fn second_of(unix_ns: i64) -> i64 {
    unix_ns.div_euclid(NS_PER_S)
}

/// Beyond the years that a calendar has, the epoch stands for a damaged time.
fn timestamp(unix_s: i64) -> Timestamp {
    Timestamp::from_second(unix_s).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(rfc3339(1_767_323_045), "2026-01-02T03:04:05Z");
        assert_eq!(rfc3339_ms(1_767_323_045_678_999_999), "2026-01-02T03:04:05.678Z");
        assert_eq!(readable(-1), "1969-12-31 23:59:59 UTC");
        assert_eq!(second_of(-1), -1);
    }

    #[test]
    fn a_time_beyond_the_calendar_is_the_epoch() {
        assert_eq!(rfc3339(i64::MAX), "1970-01-01T00:00:00Z");
    }
}
