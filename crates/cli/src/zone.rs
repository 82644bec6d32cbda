//! The one clock of the terminal: moments in the time zone of whoever looks, and moments as they write them.
//!
//! Files, JSON and exports are in UTC (`locust_telemetry_report::time`).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

const MS_PER_S: i64 = 1_000;

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// That of this process: what `TZ` says, else what the system is set to, else UTC.
    #[must_use]
    pub fn of_process() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// UTC.
    #[must_use]
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Whole seconds since the Unix epoch as people write them: `2026-01-02 04:04:05 CET`.
    pub(crate) fn readable(&self, unix_s: i64) -> String {
        self.format(unix_s, "%Y-%m-%d %H:%M:%S %Z")
    }

    /// The same to the minute and without the zone: `2026-01-02 04:04`.
    pub(crate) fn minute(&self, unix_s: i64) -> String {
        self.format(unix_s, "%Y-%m-%d %H:%M")
    }

    /// The time of day of milliseconds since the Unix epoch: `04:04:05 CET`.
    pub(crate) fn time_of_day(&self, unix_ms: i64) -> String {
        self.format(unix_ms.div_euclid(MS_PER_S), "%H:%M:%S %Z")
    }

    /// What the zone is called at these moments; `CET/CEST` where it changes between them.
    pub(crate) fn names(&self, unix_s: impl Iterator<Item = i64>) -> String {
        let mut names: Vec<String> = unix_s.map(|unix_s| self.format(unix_s, "%Z")).collect();
        names.sort_unstable();
        names.dedup();
        names.join("/")
    }

    /// The day that it is at a moment in whole seconds since the Unix epoch.
    pub(crate) fn day(&self, unix_s: i64) -> Date {
        self.0.to_datetime(timestamp(unix_s)).date()
    }

    /// A date and a time of day in whole seconds since the Unix epoch. An hour that comes twice is the first one; one
    /// that is left out counts on from the hour before.
    pub(crate) fn unix_s(&self, date: Date, time: Time) -> i64 {
        let zoned = DateTime::from_parts(date, time).to_zoned(self.0.clone());
        zoned.map_or(0, |zoned| zoned.timestamp().as_second())
    }

    fn format(&self, unix_s: i64, format: &str) -> String {
        timestamp(unix_s).to_zoned(self.0.clone()).strftime(format).to_string()
    }
}

/// Beyond the years that a calendar has, the epoch stands for a damaged time.
fn timestamp(unix_s: i64) -> Timestamp {
    Timestamp::from_second(unix_s).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Central Europe by its rule, which needs no database: CEST from the last Sunday of March to that of October.
    pub(crate) fn berlin() -> Zone {
        Zone(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap())
    }

    /// 2026-01-02T03:04:05Z and 2026-07-02T03:04:05Z.
    const WINTER_S: i64 = 1_767_323_045;
    const SUMMER_S: i64 = WINTER_S + 181 * 86_400;

    #[test]
    fn moments_are_in_the_zone_with_its_name() {
        assert_eq!(berlin().readable(WINTER_S), "2026-01-02 04:04:05 CET");
        assert_eq!(berlin().readable(SUMMER_S), "2026-07-02 05:04:05 CEST");
        assert_eq!(berlin().minute(WINTER_S), "2026-01-02 04:04");
        assert_eq!(berlin().time_of_day(WINTER_S * 1_000 + 999), "04:04:05 CET");
        assert_eq!(Zone::utc().readable(-1), "1969-12-31 23:59:59 UTC");
        assert_eq!(Zone::utc().time_of_day(-1), "23:59:59 UTC");
    }

    #[test]
    fn a_zone_that_changes_its_name_tells_both() {
        assert_eq!(berlin().names([SUMMER_S, WINTER_S, SUMMER_S].into_iter()), "CEST/CET");
        assert_eq!(Zone::utc().names([SUMMER_S, WINTER_S].into_iter()), "UTC");
    }

    #[test]
    fn what_is_shown_is_the_moment_that_it_is_read_as() {
        for second in [WINTER_S, SUMMER_S] {
            let time = Timestamp::from_second(second).unwrap().to_zoned(berlin().0).time();
            assert_eq!(berlin().unix_s(berlin().day(second), time), second);
        }
    }

    #[test]
    fn a_time_beyond_the_calendar_is_the_epoch() {
        assert_eq!(Zone::utc().minute(i64::MAX), "1970-01-01 00:00");
    }
}
