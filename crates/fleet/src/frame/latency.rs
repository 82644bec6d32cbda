//! The response times of one series in one window.
//!
//! Buckets say nearly all of a time: the shortest and the longest time are told by their place within their buckets,
//! and the sum by how far it is above the least that the buckets allow. Each takes just the bits that its range needs.

use crate::frame::decode::DecodeError;
use crate::frame::limits::MAX_COUNT;
use crate::frame::put;
use crate::frame::reader::{Reader, contradictory};
use crate::frame::spans::{Span, Spans};
use locust_telemetry_core::{Histogram, SparseHistogram};

/// A bucket and how many times fell into it.
pub(super) type Bucket = (i32, u64);

/// Gathers the buckets in use, in the place of what `used` held.
pub(super) fn gather(latency: &Histogram, used: &mut Vec<Bucket>) {
    used.clear();
    let (offset, counts) = latency.buckets();
    // Most counts between the shortest and the longest time are zero, and which are not is nothing that a processor
    // can guess: so many at a time become bits, without a branch.
    let (blocks, rest) = counts.as_chunks::<16>();
    for (block, from) in blocks.iter().zip((offset..).step_by(16)) {
        let mut in_use = 0_u32;
        for (place, count) in block.iter().enumerate() {
            in_use |= u32::from(*count > 0) << place;
        }
        while in_use != 0 {
            let place = in_use.trailing_zeros();
            used.push((from + place as i32, block[place as usize % 16]));
            in_use &= in_use - 1;
        }
    }
    let some = rest.iter().zip(offset + 16 * blocks.len() as i32..).filter(|(count, _)| **count > 0);
    used.extend(some.map(|(count, index)| (index, *count)));
}

/// Appends the buckets. The first is told by its distance from `before`, the first one of the series before.
pub(super) fn put_buckets(out: &mut Vec<u8>, used: &[Bucket], repeats: bool, before: &mut i32) {
    for (place, (index, count)) in used.iter().enumerate() {
        let step = match place.checked_sub(1) {
            None => put::zigzag(i64::from(index - *before)),
            Some(last) => (index - used[last].0 - 1) as u64,
        };
        if repeats {
            put::varint(out, step << 1 | u64::from(*count > 1));
            if *count > 1 {
                put::varint(out, count - 2);
            }
        } else {
            put::varint(out, step);
        }
    }
    *before = used.first().map_or(*before, |(first, _)| *first);
}

/// Reads `length` buckets, the way back from [`put_buckets`].
pub(super) fn take_buckets(
    reader: &mut Reader<'_>,
    length: usize,
    repeats: bool,
    before: &mut i32,
) -> Result<Vec<Bucket>, DecodeError> {
    const RANGE: &str = "a bucket of no time";
    let mut used = Vec::with_capacity(length);
    let mut any_repeats = false;
    let mut index = *before;
    for place in 0..length {
        let step_bits = reader.varint()?;
        let mut count = 1;
        let step = if repeats { step_bits >> 1 } else { step_bits };
        if repeats && step_bits & 1 == 1 {
            count = 2 + reader.at_most(MAX_COUNT, "a bucket of too many times")?;
            any_repeats = true;
        }
        // No step between buckets is this long; below, the sums cannot overflow.
        let Ok(step) = u16::try_from(step) else { return contradictory(RANGE) };
        index += if place == 0 { unzigzag(step) } else { i32::from(step) + 1 };
        used.push((index, count));
    }
    *before = used.first().map_or(*before, |(first, _)| *first);
    if repeats == any_repeats { Ok(used) } else { contradictory("buckets are told to repeat and do not") }
}

fn unzigzag(step: u16) -> i32 {
    i32::from(step >> 1) ^ -i32::from(step & 1)
}

/// What the buckets leave open of the shortest time, the longest and the sum.
#[derive(Debug)]
struct Room {
    /// Where the shortest time is; `None` if it is a zero, or the longest time itself.
    min: Option<Span>,
    /// Where the longest time is.
    max: Span,
    /// The least that all times but those two can add up to, in nanoseconds.
    least_ns: u128,
    /// How much more it can be.
    spread_ns: u128,
}

impl Room {
    /// The room that `used` leaves besides `zero_count` zeros; `None` if it has no buckets, or one of no time.
    #[inline]
    fn of(zero_count: u64, used: &[Bucket], spans: &Spans) -> Option<Self> {
        let (mut times, mut least_ns, mut spread_ns) = (0, 0, 0);
        for (index, count) in used {
            let span = spans.of(*index)?;
            times += count;
            least_ns += u128::from(*count) * u128::from(span.first_ns);
            spread_ns += u128::from(*count) * u128::from(span.width_ns.checked_sub(1)?);
        }
        let max = spans.of(used.last()?.0)?;
        let min = if zero_count == 0 && times > 1 { spans.of(used.first()?.0) } else { None };
        for told in [Some(max), min].into_iter().flatten() {
            least_ns -= u128::from(told.first_ns);
            spread_ns -= u128::from(told.width_ns - 1);
        }
        Some(Self { min, max, least_ns, spread_ns })
    }

    /// How many bits tell the place of the shortest time, and how many that of the longest.
    fn end_bits(&self) -> (u32, u32) {
        let bits = |span: Span| bits_of(u128::from(span.width_ns - 1));
        (self.min.map_or(0, bits), bits(self.max))
    }
}

/// How many bits a number from 0 to `highest` takes.
const fn bits_of(highest: u128) -> u32 {
    u128::BITS - highest.leading_zeros()
}

/// Appends what the buckets `used` leave open of `latency`.
pub(super) fn put_figures(out: &mut Vec<u8>, latency: &Histogram, used: &[Bucket], spans: &Spans) {
    let Some(room) = Room::of(latency.zero_count(), used, spans) else { return };
    let (Some(min_ns), Some(max_ns)) = (latency.min_ns(), latency.max_ns()) else { return };
    let (min_bits, max_bits) = room.end_bits();
    let min_above = room.min.map_or(0, |span| min_ns.saturating_sub(span.first_ns));
    let max_above = max_ns.saturating_sub(room.max.first_ns);
    put::packed(out, u128::from(min_above) | u128::from(max_above) << min_bits, min_bits + max_bits);
    let ends_ns = u128::from(max_ns) + u128::from(room.min.map_or(0, |_| min_ns));
    put::packed(out, latency.sum_ns().saturating_sub(ends_ns + room.least_ns), bits_of(room.spread_ns));
}

/// Reads what the buckets `used` leave open, and puts the times together.
pub(super) fn take_figures(
    reader: &mut Reader<'_>,
    zero_count: u64,
    used: Vec<Bucket>,
    spans: &Spans,
) -> Result<SparseHistogram, DecodeError> {
    let (mut min_ns, mut max_ns, mut sum_ns) = (0, 0, 0);
    if !used.is_empty() {
        let Some(room) = Room::of(zero_count, &used, spans) else { return contradictory("a bucket of no time") };
        let (min_bits, max_bits) = room.end_bits();
        let ends = reader.packed(min_bits + max_bits)?;
        let rest_above = reader.packed(bits_of(room.spread_ns))?;
        if rest_above > room.spread_ns {
            return contradictory("a sum is beyond its buckets");
        }
        // That the ends are within their buckets is for the histogram to see.
        max_ns = room.max.first_ns + (ends >> min_bits) as u64;
        sum_ns = u128::from(max_ns) + room.least_ns + rest_above;
        if let Some(span) = room.min {
            min_ns = span.first_ns + (ends as u64 & ((1 << min_bits) - 1));
            sum_ns += u128::from(min_ns);
        } else if zero_count == 0 {
            min_ns = max_ns;
        }
    }
    SparseHistogram::from_parts(zero_count, sum_ns, min_ns, max_ns, used)
        .or(contradictory("response times contradict each other"))
}
