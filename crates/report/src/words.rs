//! Numbers in words: three significant digits, units beside them, a space between thousands.
//!
//! Every result is bounded in width whatever the number, which lets the table promise its width.

use locust_telemetry_core::Length;

/// The widest of [`count`].
pub const COUNT_COLUMNS: usize = 14;

const MS_PER_SECOND: u64 = 1_000;

/// A count: `1 213 004`; from 10^11 on `1.21e12`. At most 14 columns.
#[must_use]
pub fn count(value: u64) -> String {
    if value >= 100_000_000_000 {
        return format!("{:.2e}", value as f64);
    }
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A count and its noun: `1 worker`, `8 workers`.
#[must_use]
pub fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

/// Requests per second: `4 812/s`, `48.2/s`; `-` over no time at all. At most 9 columns.
#[must_use]
pub fn rate(requests: u64, length: Length) -> String {
    length.rate_of(requests).map_or_else(|| "-".to_owned(), per_second)
}

/// A rate that is not negative: `4 812/s`, `48.2/s`, `0/s`. At most 9 columns.
#[must_use]
pub fn per_second(rate: f64) -> String {
    if rate <= 0.0 {
        "0/s".to_owned()
    } else if rate < 0.0005 {
        "<0.001/s".to_owned()
    } else if rate < 999.5 {
        format!("{}/s", significant(rate))
    } else if rate < 999_999.5 {
        format!("{}/s", count(rate.round() as u64))
    } else {
        format!("{rate:.1e}/s")
    }
}

/// `part` of `whole` in percent: `0.3%`. Never `0.0%` for some nor `100.0%` for not all. At most 6 columns.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let percent = part as f64 / whole as f64 * 100.0;
    if part > 0 && percent < 0.1 {
        "<0.1%".to_owned()
    } else if part < whole && percent > 99.9 {
        ">99.9%".to_owned()
    } else {
        format!("{:.1}%", percent.min(100.0))
    }
}

/// CPU in percent of one core: `41%`. At most 15 columns.
#[must_use]
pub fn percent(value: f64) -> String {
    // From float to integer saturates and takes NaN for 0.
    format!("{}%", count(value.round() as u64))
}

/// A response time: `38.2 ms`, `1.94 s`, `12.0 µs`; `-` if there is none. At most 8 columns.
#[must_use]
pub fn latency(ms: Option<f64>) -> String {
    let Some(ms) = ms else {
        return "-".to_owned();
    };
    if ms <= 0.0 {
        return "0 ms".to_owned();
    }
    // Each limit is where rounding would reach 1000 of the unit.
    for (unit, ms_each) in [("µs", 1e-3), ("ms", 1.0), ("s", 1e3), ("min", 6e4)] {
        if ms / ms_each < 999.5 {
            return format!("{} {unit}", significant(ms / ms_each));
        }
    }
    format!("{} h", count((ms / 3.6e6).round() as u64))
}

/// A size in bytes: `812 B`, `4.31 MB`. At most 8 columns.
#[must_use]
pub fn bytes(size: u64) -> String {
    let size = size as f64;
    if size < 999.5 {
        return format!("{size} B");
    }
    let units = [("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("PB", 1e15)];
    let fitting = units.into_iter().find(|(_, bytes_each)| size / bytes_each < 999.5);
    let (unit, bytes_each) = fitting.unwrap_or(("EB", 1e18));
    format!("{} {unit}", significant(size / bytes_each))
}

/// How long something took, to the nearest second: `4 min 12 s`, `2 min`, `42 s`, `1 h 3 min`, `812 ms`. The page says
/// the same (`web/src/model/format.ts`, `formatDuration`). At most 23 columns.
#[must_use]
pub fn duration(length: Length) -> String {
    let ms = length.ms();
    if (1..MS_PER_SECOND).contains(&ms) {
        return format!("{ms} ms");
    }
    let seconds = ms.saturating_add(MS_PER_SECOND / 2) / MS_PER_SECOND;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, min, 0) => format!("{min} min"),
        (0, min, s) => format!("{min} min {s} s"),
        (h, 0, _) => format!("{} h", count(h)),
        (h, min, _) => format!("{} h {min} min", count(h)),
    }
}

/// Three significant digits of a number above 0 and below 999.5; three decimals at most.
fn significant(value: f64) -> String {
    let decimals = match value {
        _ if value < 0.9995 => 3,
        _ if value < 9.995 => 2,
        _ if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn counts_have_a_space_between_thousands() {
        let texts = [0, 999, 1_000, 1_213_004, 99_999_999_999, 100_000_000_000, u64::MAX].map(count);
        assert_eq!(texts, ["0", "999", "1 000", "1 213 004", "99 999 999 999", "1.00e11", "1.84e19"]);
    }

    #[test]
    fn nouns_are_singular_for_one_only() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "worker")), ["0 workers", "1 worker", "2 workers"]);
    }

    #[test]
    fn latencies_have_three_significant_digits_and_a_unit() {
        for (ms, text) in [
            (0.0, "0 ms"),
            (0.000_001, "0.001 µs"),
            (0.012, "12.0 µs"),
            (0.9994, "999 µs"),
            (0.9996, "1.00 ms"),
            (1.0, "1.00 ms"),
            (9.994, "9.99 ms"),
            (9.996, "10.0 ms"),
            (38.2, "38.2 ms"),
            (99.96, "100 ms"),
            (999.6, "1.00 s"),
            (1_940.0, "1.94 s"),
            (120_000.0, "120 s"),
            (3_600_000.0, "60.0 min"),
            (9.007e9, "2 502 h"),
        ] {
            assert_eq!(latency(Some(ms)), text, "{ms}");
        }
        assert_eq!(latency(None), "-");
    }

    #[test]
    fn rates_go_from_rare_to_many() {
        let of = |requests| rate(requests, Length::from_s(10));
        assert_eq!([0, 1, 482, 9_996, 48_120].map(of), ["0/s", "0.100/s", "48.2/s", "1 000/s", "4 812/s"]);
        assert_eq!(rate(1, Length::from_ns(u64::MAX)), "<0.001/s");
        assert_eq!(rate(5, Length::NONE), "-");
    }

    #[test]
    fn shares_are_never_rounded_to_none_or_all() {
        assert_eq!(share(0, 10), "0.0%");
        assert_eq!(share(3, 1_000), "0.3%");
        assert_eq!(share(1, 1_000_000), "<0.1%");
        assert_eq!(share(999_999, 1_000_000), ">99.9%");
        assert_eq!(share(7, 7), "100.0%");
        assert_eq!(share(0, 0), "-");
    }

    #[test]
    fn sizes_have_three_significant_digits_and_a_unit() {
        let texts = [0, 999, 1_000, 4_312_345, u64::MAX].map(bytes);
        assert_eq!(texts, ["0 B", "999 B", "1.00 kB", "4.31 MB", "18.4 EB"]);
    }

    #[test]
    fn lengths_are_told_as_the_page_tells_them() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../../core/tests/golden/lengths.json")).unwrap();
        for case in &cases {
            let length = Length::from_ns(case["length_ns"].as_u64().unwrap());
            assert_eq!(Some(duration(length).as_str()), case["words"].as_str(), "{case}");
        }
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let of = |ms| duration(Length::from_ms(ms));
        let texts = [0, 812, 41_600, 119_600, 252_000, 3_780_000, 359_999_999].map(of);
        assert_eq!(texts, ["0 s", "812 ms", "42 s", "2 min", "4 min 12 s", "1 h 3 min", "100 h"]);
    }

    proptest! {
        #[test]
        fn widths_are_bounded_for_any_number(a in any::<u64>(), b in any::<u64>(), shift in 0_u32..64, ms in 0.0..9.1e9_f64) {
            let (a, b) = (a >> shift, b >> (63 - shift));
            let columns = |text: String| text.chars().count();
            prop_assert!(columns(count(a)) <= COUNT_COLUMNS);
            let length = Length::from_ns(b);
            prop_assert!(columns(rate(a, length)) <= 9, "{}", rate(a, length));
            prop_assert!(columns(share(a, b)) <= 6);
            prop_assert!(columns(latency(Some(ms))) <= 8, "{}", latency(Some(ms)));
            prop_assert!(columns(latency(Some(ms * 1e-9))) <= 8);
            prop_assert!(columns(bytes(a)) <= 8, "{}", bytes(a));
            prop_assert!(columns(duration(length)) <= 23, "{}", duration(length));
        }
    }
}
