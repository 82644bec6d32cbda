//! The reader of JSON files takes any bytes without a panic, and what it takes can be merged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use locust_telemetry_json::{Entry, parse_line};

fuzz_target!(|line: &[u8]| {
    if let Ok(Entry::Interval(entry)) = parse_line(line) {
        let mut twice = entry.latency.clone();
        twice.merge(&entry.latency);
        assert_eq!(twice.count(), 2 * entry.latency.count());
        let _ = twice.quantile_ms(0.99);
    }
});
