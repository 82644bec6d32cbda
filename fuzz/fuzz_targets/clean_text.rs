//! Any name becomes one that may be stored, and stays that.
#![no_main]

use libfuzzer_sys::fuzz_target;
use locust_telemetry_core::{Anomalies, text};

fuzz_target!(|name: &str| {
    let mut anomalies = Anomalies::default();
    let once = text::clean(name, &mut anomalies).into_owned();
    assert!(text::is_clean(&once));
    assert_eq!(text::clean(&once, &mut anomalies), once);
});
