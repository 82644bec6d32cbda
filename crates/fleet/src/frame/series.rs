//! What one series gained in one window: requests, bytes and response times.

use crate::frame::SeriesGain;
use crate::frame::decode::DecodeError;
use crate::frame::latency::{self, Bucket};
use crate::frame::limits::{MAX_AMOUNT, MAX_COUNT};
use crate::frame::put;
use crate::frame::reader::{Reader, contradictory};
use crate::frame::spans::Spans;
use locust_telemetry_core::SeriesStats;

/// Set in the head of a series: some buckets hold more than one time.
const REPEATS: u64 = 1;
/// Set in the head of a series: some requests had no time, or took none.
const ODD: u64 = 2;
const HEAD_FLAGS: u32 = 2;

/// The shortest series: a head, the bytes, and the first bucket or the two counts of [`ODD`].
pub(super) const LEAST_BYTES: usize = 3;

/// Writes the series of one window, one after the other.
#[derive(Debug)]
pub(super) struct SeriesWriter {
    spans: &'static Spans,
    used: Vec<Bucket>,
    first_before: i32,
}

impl SeriesWriter {
    pub(super) fn new() -> Self {
        Self { spans: Spans::get(), used: Vec::new(), first_before: 0 }
    }

    /// Appends what one series gained; at least one request.
    pub(super) fn put(&mut self, out: &mut Vec<u8>, stats: &SeriesStats) {
        let latency = &stats.latency;
        latency::gather(latency, &mut self.used);
        let repeats = self.used.len() as u64 != latency.count() - latency.zero_count();
        let untimed = stats.requests.saturating_sub(latency.count());
        let odd = untimed > 0 || latency.zero_count() > 0;
        let flags = if repeats { REPEATS } else { 0 } | if odd { ODD } else { 0 };
        put::varint(out, (self.used.len() as u64) << HEAD_FLAGS | flags);
        if odd {
            put::varint(out, untimed);
            put::varint(out, latency.zero_count());
        }
        put::varint(out, stats.response_bytes.min(MAX_AMOUNT));
        latency::put_buckets(out, &self.used, repeats, &mut self.first_before);
        latency::put_figures(out, latency, &self.used, self.spans);
    }
}

/// Reads the series of one window, one after the other.
#[derive(Debug)]
pub(super) struct SeriesReader {
    spans: &'static Spans,
    first_before: i32,
}

impl SeriesReader {
    pub(super) fn new() -> Self {
        Self { spans: Spans::get(), first_before: 0 }
    }

    /// The next series, that of the key at place `key`.
    pub(super) fn take(&mut self, reader: &mut Reader<'_>, key: u32) -> Result<SeriesGain, DecodeError> {
        let head = reader.varint()?;
        let (length, repeats) = (head >> HEAD_FLAGS, head & REPEATS != 0);
        let (mut untimed, mut zero_count) = (0, 0);
        if head & ODD != 0 {
            untimed = reader.at_most(MAX_COUNT, "too many requests")?;
            zero_count = reader.at_most(MAX_COUNT, "too many requests")?;
            if untimed == 0 && zero_count == 0 {
                return contradictory("an odd series that is not");
            }
        }
        let response_bytes = reader.at_most(MAX_AMOUNT, "too many bytes")?;
        if length > self.spans.len().min(reader.left()) as u64 {
            return contradictory("more buckets than there are");
        }
        let used = latency::take_buckets(reader, length as usize, repeats, &mut self.first_before)?;
        let latency = latency::take_figures(reader, zero_count, used, self.spans)?;
        let requests = untimed + latency.count();
        if requests == 0 {
            return contradictory("a series without a request");
        }
        Ok(SeriesGain { key, requests, response_bytes, latency })
    }
}
