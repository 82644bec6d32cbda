//! Windows and headers to test with.

#![allow(dead_code, reason = "each test crate uses its share")]

pub(crate) mod forge;
pub(crate) mod full;
pub(crate) mod told;

use locust_telemetry_core::{Buffer, Request, RequestTable, Window};
use locust_telemetry_fleet::{FrameBuilder, FrameHeader};
use std::num::NonZeroU16;

/// 2026-01-02T03:04:05Z, in seconds since the Unix epoch.
pub(crate) const START_S: i64 = 1_767_323_045;

/// A header with nothing special in it.
pub(crate) fn header() -> FrameHeader {
    FrameHeader {
        incarnation: 0x0123_4567_89AB_CDEF,
        sequence: 7,
        run_id: "20260102-030405-4f2a".into(),
        is_final: false,
        closed_until_s: START_S + 3,
        clock: None,
    }
}

/// The frame of `windows`.
pub(crate) fn frame_of(windows: &[Window]) -> Vec<u8> {
    let mut builder = FrameBuilder::default();
    windows.iter().for_each(|window| builder.add(window));
    builder.finish(&header())
}

/// Made-up numbers, the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice of their own for each `seed`, which is not 0.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// Evenly from 0 up to, but not, 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly from `least` up to, but not, `end`.
    pub(crate) fn between(&mut self, least: f64, end: f64) -> f64 {
        least + (end - least) * self.uniform()
    }

    /// Around 0 with a standard deviation of 1.
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}

/// Windows of a test that keeps `series` series busy, each with `least..=most` requests in each window: endpoints of
/// a dozen kinds, medians from 10 to 40 ms, log-normal times, bodies of 0.2 to 20 kB, every twentieth series failures.
pub(crate) fn busy_windows(windows: usize, series: usize, least: u32, most: u32) -> Vec<Window> {
    const METHODS: [&str; 4] = ["GET", "GET", "POST", "DELETE"];
    const STEMS: [&str; 3] = ["/api/v1/products/[id]/reviews/", "/api/v1/carts/[id]/items/", "/shop/category/"];
    let mut dice = Dice::new(0x5EED);
    let mut table = RequestTable::new(20_000);
    let mut spare = Buffer::default();
    let rows: Vec<(String, f64)> =
        (0..series).map(|number| (format!("{}{}", STEMS[number % 3], number / 3), dice.between(10.0, 40.0))).collect();
    let mut closed = Vec::new();
    for second in 0..windows {
        for (number, (name, median_ms)) in rows.iter().enumerate() {
            let has_failed = number % 20 == 19;
            for _ in 0..dice.between(f64::from(least), f64::from(most) + 1.0) as u32 {
                table.record(&Request {
                    name,
                    method: METHODS[number % 4],
                    status: NonZeroU16::new(if has_failed { 503 } else { 200 }),
                    error_type: has_failed.then_some("HTTPError"),
                    message: None,
                    elapsed_ms: Ok(median_ms * (0.6 * dice.normal()).exp()),
                    response_bytes: dice.between(200.0, 20_000.0) as u64,
                });
            }
        }
        let mut counted = table.swap(spare);
        let requests = counted.drain();
        spare = counted;
        closed.push(Window { start_s: START_S + second as i64, requests, users: 250, ..Window::default() });
    }
    closed
}
