//! RFC 3339 times, both ways.

use jiff::Timestamp;

/// Nanoseconds in a second.
pub(crate) const NS_PER_S: i64 = 1_000_000_000;

/// `unix_ns` (nanoseconds since the Unix epoch) in UTC with milliseconds, rounded down: `…T03:04:05.678Z`.
pub(crate) fn rfc3339_ms(unix_ns: i64) -> String {
    let floored = unix_ns.div_euclid(1_000_000);
    // Never out of range: the nanoseconds of an i64 end in the year 2262.
    let time = Timestamp::from_millisecond(floored).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// An RFC 3339 time with an offset, in milliseconds since the Unix epoch.
pub(crate) fn parse_ms(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_exactly_three_decimals_and_a_z() {
        assert_eq!(rfc3339_ms(1_767_323_045_678_999_999), "2026-01-02T03:04:05.678Z");
        assert_eq!(rfc3339_ms(1_767_323_045_000_000_000), "2026-01-02T03:04:05.000Z");
        assert_eq!(rfc3339_ms(-1), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn the_ends_of_time_are_written() {
        assert!(rfc3339_ms(i64::MAX).starts_with("2262-"));
        assert!(rfc3339_ms(i64::MIN).starts_with("1677-"));
    }

    #[test]
    fn what_was_written_is_read() {
        for ms in [0, 1_767_323_045_678, -1] {
            assert_eq!(parse_ms(&rfc3339_ms(ms * 1_000_000)), Some(ms));
        }
        assert_eq!(parse_ms("yesterday"), None);
    }
}
