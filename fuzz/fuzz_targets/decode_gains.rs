//! The gains of a run store: whatever bytes there are, readers end without a panic, and what they give is consistent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use locust_telemetry_store::{Gain, container, strip, window_gains};

fuzz_target!(|bytes: &[u8]| {
    let _ = container::read(bytes);
    let strips = strip::decode(bytes).unwrap_or_default();
    let gains = window_gains::decode(bytes).unwrap_or_default();
    for gain in strips.iter().map(|(_, gain)| gain).chain(gains.iter().map(|(_, gain)| gain)) {
        assert_eq!(Gain::of(&gain.stats()), *gain);
    }
});
