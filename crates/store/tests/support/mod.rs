//! Gains and windows to test with, the same on every machine.

#![allow(dead_code, reason = "each test crate uses its share")]

pub(crate) mod windows;

use locust_telemetry_core::{Histogram, SeriesStats};
use locust_telemetry_store::Gain;

/// A small generator of numbers that look random (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A response time around `typical_ns`, with a tail towards the long ones. Integers only.
    pub(crate) fn time_ns(&mut self, typical_ns: u64) -> u64 {
        let spread = self.below(1_000);
        typical_ns / 2
            + typical_ns * spread / 1_000
            + typical_ns * spread * spread * spread / 500_000_000
            + self.below(977)
    }
}

/// What requests with these times gained; `untimed` had none.
pub(crate) fn stats(times_ns: &[u64], untimed: u64, response_bytes: u64) -> SeriesStats {
    let mut latency = Histogram::new();
    times_ns.iter().for_each(|time_ns| latency.record(*time_ns));
    SeriesStats { requests: times_ns.len() as u64 + untimed, response_bytes, latency }
}

pub(crate) fn gain(times_ns: &[u64], untimed: u64, response_bytes: u64) -> Gain {
    Gain::of(&stats(times_ns, untimed, response_bytes))
}
