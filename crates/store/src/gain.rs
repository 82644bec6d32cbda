//! What one subject (a series, a worker, the whole run) gained in one slot of time, and a stream of such gains as bits.
//!
//! Gains of one stream are alike, so each kind of number is coded by what the ones before it took (`rice`).
//! The times are told by their buckets; the shortest, the longest and the sum only by where they are within what the
//! buckets leave open. A stream is read from its beginning. `docs/run-store.md` has every bit.

use crate::bits::{BitReader, BitWriter, unzigzag, unzigzag_wide, zigzag, zigzag_wide};
use crate::error::DecodeError;
use crate::rice::Context;
use crate::span::{Span, Spans};
use locust_telemetry_core::{SeriesStats, SparseHistogram};

/// Beyond this, bytes are told as they are.
const MAX_EXPECTED_BYTES: u64 = 1 << 48;

/// Beyond this, what was seen of bytes is forgotten: up to here floats divide like integers.
const MAX_SEEN_BYTES: u64 = 1 << 50;

/// No bucket of a time is farther from that of a millisecond.
const FARTHEST_BUCKET: u64 = 1 << 12;

/// What one subject gained in one slot of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gain {
    /// Requests, with and without a usable response time.
    pub requests: u64,
    /// Bytes of the responses.
    pub response_bytes: u64,
    /// Response times of those requests that had a usable one.
    pub latency: SparseHistogram,
}

impl Gain {
    /// What `stats` hold.
    #[must_use]
    pub fn of(stats: &SeriesStats) -> Self {
        Self {
            requests: stats.requests,
            response_bytes: stats.response_bytes,
            latency: SparseHistogram::of(&stats.latency),
        }
    }

    /// Adds this to what was gained in other slots.
    pub fn add_to(&self, stats: &mut SeriesStats) {
        stats.requests += self.requests;
        stats.response_bytes = stats.response_bytes.saturating_add(self.response_bytes);
        stats.latency.merge_sparse(&self.latency);
    }

    /// This alone.
    #[must_use]
    pub fn stats(&self) -> SeriesStats {
        let mut stats = SeriesStats::default();
        self.add_to(&mut stats);
        stats
    }
}

/// What both ends know of a stream of gains.
#[derive(Debug)]
struct Model {
    times: Context,
    untimed: Context,
    zeros: Context,
    bytes: Context,
    first: Context,
    gap: Context,
    buckets: Context,
    step: Context,
    count: Context,
    rest: Context,
    /// The first bucket of the gain before that had one.
    first_before: Option<i32>,
    seen_bytes: u64,
    seen_requests: u64,
    spans: &'static Spans,
}

impl Model {
    fn new() -> Self {
        Self {
            times: Context::new(8),
            untimed: Context::new(1),
            zeros: Context::new(1),
            bytes: Context::new(64),
            first: Context::new(32),
            gap: Context::new(16),
            buckets: Context::new(32),
            step: Context::new(0),
            count: Context::new(2),
            rest: Context::new(1 << 20),
            first_before: None,
            seen_bytes: 0,
            seen_requests: 0,
            spans: Spans::get(),
        }
    }

    /// How many bytes so many requests have, going by those before; `None` if there were none.
    fn expected_bytes(&self, requests: u64) -> Option<u64> {
        let each = self.seen_bytes.checked_div(self.seen_requests)?;
        Some(each.checked_mul(requests).filter(|bytes| *bytes <= MAX_EXPECTED_BYTES).unwrap_or(0))
    }

    fn learn_bytes(&mut self, requests: u64, bytes: u64) {
        if bytes <= MAX_EXPECTED_BYTES {
            self.seen_bytes += bytes;
            self.seen_requests = self.seen_requests.saturating_add(requests);
        }
        if self.seen_bytes > MAX_SEEN_BYTES {
            (self.seen_bytes, self.seen_requests) = (0, 0);
        }
    }

    fn span(&self, index: i32) -> Result<Span, DecodeError> {
        self.spans.of(index).ok_or(DecodeError::Contradictory { what: "a bucket of no time" })
    }
}

/// What the buckets leave open of a gain's times.
struct Open {
    /// Where the shortest time is; `None` if it is a zero, or the longest itself.
    min: Option<Span>,
    /// Where the longest time is.
    max: Span,
    /// How many times are neither.
    others: u64,
    /// What those add up to if each is in the middle of its bucket, in nanoseconds.
    others_ns: i128,
}

impl Open {
    fn of(times: u64, zeros: u64, used: &[(i32, u64)], model: &Model) -> Result<Option<Self>, DecodeError> {
        let (Some((first, _)), Some((last, _))) = (used.first(), used.last()) else { return Ok(None) };
        let max = model.span(*last)?;
        let min = if times > 1 && zeros == 0 { Some(model.span(*first)?) } else { None };
        let mut others_ns = 0;
        for (index, count) in used {
            others_ns += i128::from(*count) * i128::from(model.span(*index)?.mid_ns());
        }
        others_ns -= i128::from(max.mid_ns()) + min.map_or(0, |span| i128::from(span.mid_ns()));
        Ok(Some(Self { min, max, others: times - 1 - u64::from(min.is_some()), others_ns }))
    }
}

/// Writes gains, one after the other.
#[derive(Debug)]
pub(crate) struct GainWriter {
    pub(crate) bits: BitWriter,
    model: Model,
}

impl GainWriter {
    pub(crate) fn new() -> Self {
        Self { bits: BitWriter::default(), model: Model::new() }
    }

    /// Appends one gain.
    pub(crate) fn put(&mut self, gain: &Gain) {
        let Self { bits, model } = self;
        let latency = &gain.latency;
        let (used, zeros) = (latency.buckets(), latency.zero_count());
        let times = latency.count() - zeros;
        let untimed = gain.requests.saturating_sub(latency.count());
        let is_odd = untimed > 0 || zeros > 0;
        model.times.put(bits, times);
        bits.put(u64::from(is_odd), 1);
        if is_odd {
            model.untimed.put(bits, untimed);
            model.zeros.put(bits, zeros);
        }
        // What is far off because nothing is known yet would spoil the context.
        match model.expected_bytes(gain.requests) {
            Some(expected) => model.bytes.put(bits, zigzag(gain.response_bytes.wrapping_sub(expected) as i64)),
            None => bits.number(u128::from(gain.response_bytes)),
        }
        model.learn_bytes(gain.requests, gain.response_bytes);
        put_buckets(bits, model, times, used);
        // A histogram has buckets of times only.
        if let Ok(Some(open)) = Open::of(times, zeros, used, model) {
            if let Some(span) = open.min {
                bits.put(span.place_of(latency.min_ns()), span.place_bits());
            }
            bits.put(open.max.place_of(latency.max_ns()), open.max.place_bits());
            if open.others > 0 {
                let ends_ns = latency.max_ns() + open.min.map_or(0, |_| latency.min_ns());
                let rest_ns = latency.sum_ns() as i128 - i128::from(ends_ns) - open.others_ns;
                model.rest.put_wide(bits, zigzag_wide(rest_ns));
            }
        }
    }
}

fn put_buckets(bits: &mut BitWriter, model: &mut Model, times: u64, used: &[(i32, u64)]) {
    let Some((first, first_count)) = used.first() else { return };
    let is_dense = times >= 2 * used.len() as u64;
    bits.put(u64::from(is_dense), 1);
    match model.first_before {
        Some(before) => model.first.put(bits, zigzag(i64::from(*first) - i64::from(before))),
        None => bits.number(u128::from(zigzag(i64::from(*first)))),
    }
    model.first_before = Some(*first);
    let pairs = used.windows(2).map(|pair| ((pair[1].0 - pair[0].0) as u64, pair[1].1));
    if is_dense {
        model.buckets.put(bits, used.len() as u64 - 1);
        model.count.put(bits, first_count - 1);
        for (gap, count) in pairs {
            model.step.put(bits, gap - 1);
            model.count.put(bits, count - 1);
        }
    } else {
        (1..*first_count).for_each(|_| model.gap.put(bits, 0));
        for (gap, count) in pairs {
            model.gap.put(bits, gap);
            (1..count).for_each(|_| model.gap.put(bits, 0));
        }
    }
}

/// Reads gains, one after the other.
#[derive(Debug)]
pub(crate) struct GainReader<'a> {
    pub(crate) bits: BitReader<'a>,
    model: Model,
}

impl<'a> GainReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bits: BitReader::new(bytes), model: Model::new() }
    }

    /// The next gain.
    pub(crate) fn take(&mut self) -> Result<Gain, DecodeError> {
        let Self { bits, model } = self;
        let times = model.times.take(bits)?;
        let (mut untimed, mut zeros) = (0, 0);
        if bits.take(1)? == 1 {
            untimed = model.untimed.take(bits)?;
            zeros = model.zeros.take(bits)?;
        }
        let too_many = DecodeError::Contradictory { what: "too many requests" };
        let requests = times.checked_add(zeros).and_then(|sum| sum.checked_add(untimed)).ok_or(too_many)?;
        let response_bytes = match model.expected_bytes(requests) {
            Some(expected) => expected.wrapping_add(unzigzag(model.bytes.take(bits)?) as u64),
            None => bits.short_number()?,
        };
        model.learn_bytes(requests, response_bytes);
        let used = if times > 0 { take_buckets(bits, model, times)? } else { Vec::new() };
        let latency = take_figures(bits, model, times, zeros, used)?;
        Ok(Gain { requests, response_bytes, latency })
    }
}

fn take_buckets(bits: &mut BitReader<'_>, model: &mut Model, times: u64) -> Result<Vec<(i32, u64)>, DecodeError> {
    let is_dense = bits.take(1)? == 1;
    let mut index = match model.first_before {
        Some(before) => checked_index(i64::from(before), unzigzag(model.first.take(bits)?))?,
        None => checked_index(0, unzigzag(bits.short_number()?))?,
    };
    model.first_before = Some(index);
    let more = if is_dense { model.buckets.take(bits)? } else { times - 1 };
    // Each takes a bit at least.
    if more > bits.left() as u64 {
        return Err(BEYOND);
    }
    let mut used = Vec::with_capacity(more as usize + 1);
    if is_dense {
        let mut left = times;
        for place in 0..=more {
            if place > 0 {
                index = checked_index(i64::from(index) + 1, model.step.take(bits)? as i64)?;
            }
            let others = model.count.take(bits)?;
            left = left.checked_sub(others).and_then(|left| left.checked_sub(1)).ok_or(MISCOUNTED)?;
            used.push((index, others + 1));
        }
        return if left == 0 { Ok(used) } else { Err(MISCOUNTED) };
    }
    let mut repeats = 1;
    for _ in 0..more {
        let gap = model.gap.take(bits)?;
        if gap == 0 {
            repeats += 1;
        } else {
            used.push((index, repeats));
            (index, repeats) = (checked_index(i64::from(index), gap as i64)?, 1);
        }
    }
    used.push((index, repeats));
    Ok(used)
}

const BEYOND: DecodeError = DecodeError::Contradictory { what: "a count is beyond what is there" };
const MISCOUNTED: DecodeError = DecodeError::Contradictory { what: "the buckets have another number of times" };
const FAR_BUCKET: DecodeError = DecodeError::Contradictory { what: "a bucket of no time" };

/// The bucket that is `step` away from another one, neither of them far beyond those of times.
fn checked_index(from: i64, step: i64) -> Result<i32, DecodeError> {
    let index = from.checked_add(step).filter(|index| index.unsigned_abs() <= FARTHEST_BUCKET);
    index.map(|index| index as i32).ok_or(FAR_BUCKET)
}

fn take_figures(
    bits: &mut BitReader<'_>,
    model: &mut Model,
    times: u64,
    zeros: u64,
    used: Vec<(i32, u64)>,
) -> Result<SparseHistogram, DecodeError> {
    const WRONG: DecodeError = DecodeError::Contradictory { what: "response times contradict each other" };
    let (mut min_ns, mut max_ns, mut sum_ns) = (0, 0, 0);
    if let Some(open) = Open::of(times, zeros, &used, model)? {
        if let Some(span) = open.min {
            min_ns = span.time_at(bits.take(span.place_bits())?).ok_or(WRONG)?;
            sum_ns += i128::from(min_ns);
        }
        max_ns = open.max.time_at(bits.take(open.max.place_bits())?).ok_or(WRONG)?;
        sum_ns += i128::from(max_ns);
        if open.others > 0 {
            let rest_ns = unzigzag_wide(model.rest.take_wide(bits)?);
            sum_ns = sum_ns.checked_add(open.others_ns).and_then(|sum| sum.checked_add(rest_ns)).ok_or(WRONG)?;
        } else if open.min.is_none() && zeros == 0 {
            min_ns = max_ns;
        }
    }
    let sum_ns = u128::try_from(sum_ns).or(Err(WRONG))?;
    SparseHistogram::from_parts(zeros, sum_ns, min_ns, max_ns, used).or(Err(WRONG))
}
