//! The mergeable latency histogram: exact count, sum, minimum and maximum, and exponential buckets.
//!
//! Times are integer nanoseconds inside, because sums of floats depend on their order and a merge must
//! not. Two histograms are equal if they hold the same samples' counts, however they grew.

use crate::bucket;
use crate::sparse::SparseHistogram;

/// The longest time that is kept as it is: 2^53 ns, about 104 days. Longer ones are clamped to it.
pub const MAX_ELAPSED_NS: u64 = 1 << 53;

const NS_PER_MS: f64 = 1_000_000.0;

/// Bucket of the shortest time above zero, one nanosecond.
pub(crate) const FIRST_INDEX: i32 = -1276;
/// Bucket of [`MAX_ELAPSED_NS`].
pub(crate) const LAST_INDEX: i32 = 2116;

/// The bucket of a time from one nanosecond to [`MAX_ELAPSED_NS`].
#[inline]
#[must_use]
pub fn bucket_of_ns(elapsed_ns: u64) -> i32 {
    // Exact: integers up to 2^53 are floats, and the division is correctly rounded everywhere.
    bucket::index(elapsed_ns as f64 / NS_PER_MS)
}

/// What a histogram consists of; see [`Histogram::from_parts`].
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Times that were zero.
    pub zero_count: u64,
    /// The exact sum in nanoseconds.
    pub sum_ns: u128,
    /// The shortest time in nanoseconds (0 where there is none).
    pub min_ns: u64,
    /// The longest time in nanoseconds (0 where there is none).
    pub max_ns: u64,
    /// Index of the first bucket.
    pub offset: i32,
    /// Counts of the buckets from there on.
    pub counts: Vec<u64>,
}

/// Why parts do not make a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartsError {
    /// The counts add up to more than 2^64; the source is damaged.
    CountOverflows,
    /// The bounds are out of order or beyond [`MAX_ELAPSED_NS`]; the source is damaged.
    Range {
        /// The minimum as given.
        min_ns: u64,
        /// The maximum as given.
        max_ns: u64,
    },
    /// Buckets that no recordable time falls into; the source is damaged or of another scale.
    Buckets {
        /// The first index as given.
        offset: i32,
        /// How many buckets were given.
        buckets: usize,
    },
}

impl std::fmt::Display for PartsError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CountOverflows => write!(out, "the counts of the buckets overflow"),
            Self::Range { min_ns, max_ns } => write!(out, "minimum {min_ns} ns and maximum {max_ns} ns are no range"),
            Self::Buckets { offset, buckets } => write!(out, "{buckets} buckets from {offset} hold no recordable time"),
        }
    }
}

impl std::error::Error for PartsError {}

/// Latencies of one series over some span of time.
///
/// Merging is associative and commutative, bit for bit; property tests hold it.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    count: u64,
    zero_count: u64,
    sum_ns: u128,
    min_ns: u64,
    max_ns: u64,
    /// Index of the bucket that `counts[0]` counts.
    offset: i32,
    /// Contiguous; both ends may hold zeros (room from an earlier span).
    counts: Vec<u64>,
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count
            && self.zero_count == other.zero_count
            && self.sum_ns == other.sum_ns
            && self.min_ns == other.min_ns
            && self.max_ns == other.max_ns
            && self.buckets() == other.buckets()
    }
}

impl Eq for Histogram {}

impl Histogram {
    /// An empty histogram. Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { count: 0, zero_count: 0, sum_ns: 0, min_ns: 0, max_ns: 0, offset: 0, counts: Vec::new() }
    }

    /// Adds one time, at most [`MAX_ELAPSED_NS`].
    ///
    /// Cost: a bucket look-up and five adds; allocates only when the value widens the range of
    /// buckets seen since the histogram was made.
    #[inline]
    pub fn record(&mut self, elapsed_ns: u64) {
        let elapsed_ns = elapsed_ns.min(MAX_ELAPSED_NS);
        if self.count == 0 {
            self.min_ns = elapsed_ns;
            self.max_ns = elapsed_ns;
        } else {
            self.min_ns = self.min_ns.min(elapsed_ns);
            self.max_ns = self.max_ns.max(elapsed_ns);
        }
        self.count += 1;
        self.sum_ns += u128::from(elapsed_ns);
        if elapsed_ns == 0 {
            self.zero_count += 1;
            return;
        }
        let index = bucket_of_ns(elapsed_ns);
        let slot = index.wrapping_sub(self.offset) as usize;
        match self.counts.get_mut(slot) {
            Some(count) => *count += 1,
            None => self.add_outside(index, 1),
        }
    }

    /// Adds `count` to a bucket outside of the present range, widening it.
    #[cold]
    fn add_outside(&mut self, index: i32, count: u64) {
        self.cover(index, index);
        self.counts[(index - self.offset) as usize] += count;
    }

    /// Widens the range of buckets to hold `first..=last`.
    fn cover(&mut self, first: i32, last: i32) {
        if self.counts.is_empty() {
            self.offset = first;
            self.counts.resize((last - first) as usize + 1, 0);
            return;
        }
        if first < self.offset {
            let missing = (self.offset - first) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.offset = first;
        }
        let needed = (last - self.offset) as usize + 1;
        if needed > self.counts.len() {
            self.counts.resize(needed, 0);
        }
    }

    /// Adds everything that `other` holds.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.add_figures(other.count, other.zero_count, other.sum_ns, other.min_ns, other.max_ns);
        let (offset, counts) = other.buckets();
        if counts.is_empty() {
            return;
        }
        self.cover(offset, offset + counts.len() as i32 - 1);
        let start = (offset - self.offset) as usize;
        for (mine, theirs) in self.counts[start..].iter_mut().zip(counts) {
            *mine += theirs;
        }
    }

    /// Adds everything that `other` holds. Cost: one add for each bucket in use.
    pub fn merge_sparse(&mut self, other: &SparseHistogram) {
        if other.count() == 0 {
            return;
        }
        self.add_figures(other.count(), other.zero_count(), other.sum_ns(), other.min_ns(), other.max_ns());
        let buckets = other.buckets();
        let (Some((first, _)), Some((last, _))) = (buckets.first(), buckets.last()) else {
            return;
        };
        self.cover(*first, *last);
        for (index, count) in buckets {
            self.counts[(index - self.offset) as usize] += count;
        }
    }

    /// Adds all that is not in buckets, of at least one time.
    fn add_figures(&mut self, count: u64, zero_count: u64, sum_ns: u128, min_ns: u64, max_ns: u64) {
        if self.count == 0 {
            self.min_ns = min_ns;
            self.max_ns = max_ns;
        } else {
            self.min_ns = self.min_ns.min(min_ns);
            self.max_ns = self.max_ns.max(max_ns);
        }
        self.count += count;
        self.zero_count += zero_count;
        self.sum_ns += sum_ns;
    }

    /// Forgets the samples and keeps the room, so that the next span allocates nothing.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        self.count = 0;
        self.zero_count = 0;
        self.sum_ns = 0;
        self.min_ns = 0;
        self.max_ns = 0;
    }

    /// A copy that holds no room beyond the buckets in use.
    #[must_use]
    pub fn compact(&self) -> Self {
        let (offset, counts) = self.buckets();
        Self { offset, counts: counts.to_vec(), ..*self }
    }

    /// Rebuilds a histogram from its parts, as another process wrote them.
    ///
    /// # Errors
    /// When the parts contradict each other; see [`PartsError`].
    pub fn from_parts(parts: Parts) -> Result<Self, PartsError> {
        let Parts { zero_count, sum_ns, min_ns, max_ns, offset, counts } = parts;
        let mut count = zero_count;
        for bucket in &counts {
            count = count.checked_add(*bucket).ok_or(PartsError::CountOverflows)?;
        }
        if min_ns > max_ns || max_ns > MAX_ELAPSED_NS {
            return Err(PartsError::Range { min_ns, max_ns });
        }
        let last = i64::from(offset) + counts.len() as i64 - 1;
        if !counts.is_empty() && (offset < FIRST_INDEX || last > i64::from(LAST_INDEX)) {
            return Err(PartsError::Buckets { offset, buckets: counts.len() });
        }
        Ok(Self { count, zero_count, sum_ns, min_ns, max_ns, offset, counts })
    }

    /// How many times were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many of them were zero; they are in no bucket.
    #[must_use]
    pub fn zero_count(&self) -> u64 {
        self.zero_count
    }

    /// The exact sum in nanoseconds.
    #[must_use]
    pub fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// The shortest time in nanoseconds, or `None` if nothing was recorded.
    #[must_use]
    pub fn min_ns(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min_ns)
    }

    /// The longest time in nanoseconds, or `None` if nothing was recorded.
    #[must_use]
    pub fn max_ns(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max_ns)
    }

    /// The arithmetic mean in milliseconds, or `None` if nothing was recorded.
    #[must_use]
    pub fn mean_ms(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_ns as f64 / self.count as f64 / NS_PER_MS)
    }

    /// The index of the lowest bucket in use, and the counts from there to the highest in use.
    ///
    /// Bucket `i` covers (base^i, base^(i+1)] milliseconds at [`bucket::SCALE`].
    #[must_use]
    pub fn buckets(&self) -> (i32, &[u64]) {
        let Some(first) = self.counts.iter().position(|&count| count > 0) else {
            return (0, &[]);
        };
        let last = self.counts.iter().rposition(|&count| count > 0).unwrap_or(first);
        (self.offset + first as i32, &self.counts[first..=last])
    }

    /// The `q`-quantile in milliseconds (`q` from 0 to 1), or `None` if nothing was recorded.
    ///
    /// Nearest rank: the smallest recorded time with at least `q * count` times at or below it. Off by
    /// at most 0.54 %, and never outside of the exact minimum and maximum, which q = 0 and q = 1 return.
    #[must_use]
    pub fn quantile_ms(&self, q: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let min_ms = self.min_ns as f64 / NS_PER_MS;
        let max_ms = self.max_ns as f64 / NS_PER_MS;
        let rank = ((q.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).clamp(1, self.count);
        if rank == 1 {
            return Some(min_ms);
        }
        if rank == self.count {
            return Some(max_ms);
        }
        let mut seen = self.zero_count;
        if rank <= seen {
            return Some(0.0);
        }
        let (offset, counts) = self.buckets();
        for (step, count) in counts.iter().enumerate() {
            seen += count;
            if rank <= seen {
                let value = bucket::representative_ms(offset + step as i32);
                return Some(value.clamp(min_ms, max_ms));
            }
        }
        Some(max_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR_NS: u64 = 3_600_000_000_000;

    fn of(samples: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        samples.iter().for_each(|&sample| histogram.record(sample));
        histogram
    }

    /// The nearest-rank quantile of the samples themselves, in milliseconds.
    fn exact_quantile_ms(sorted: &[u64], q: f64) -> f64 {
        let rank = ((q * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len());
        sorted[rank - 1] as f64 / NS_PER_MS
    }

    /// A small deterministic generator of uniform numbers in (0, 1).
    fn uniforms(count: usize) -> impl Iterator<Item = f64> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        std::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64 + f64::MIN_POSITIVE
        })
        .take(count)
    }

    fn normal(u: f64, v: f64) -> f64 {
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    fn assert_quantiles_hold(name: &str, samples: Vec<u64>) {
        let histogram = of(&samples);
        let mut sorted = samples;
        sorted.sort_unstable();
        for q in [0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0] {
            let exact = exact_quantile_ms(&sorted, q);
            let ours = histogram.quantile_ms(q).unwrap();
            let off = (ours - exact).abs() / exact;
            assert!(off <= 0.0055, "{name}: q={q} is {ours}, exactly {exact}, off by {off}");
        }
    }

    #[test]
    fn quantiles_of_known_distributions_are_within_055_percent() {
        let n = 200_000;
        let pairs = || uniforms(n).zip(uniforms(2 * n).skip(n));
        let ns = |value: f64| (value as u64).clamp(1_000, HOUR_NS);
        assert_quantiles_hold("uniform", uniforms(n).map(|u| ns(1e3 + u * HOUR_NS as f64)).collect());
        assert_quantiles_hold("log-normal", pairs().map(|(u, v)| ns(2e7 * (0.6 * normal(u, v)).exp())).collect());
        assert_quantiles_hold(
            "bimodal",
            pairs().map(|(u, v)| if u < 0.8 { ns(5e6 * (1.0 + v)) } else { ns(1.2e8 * (1.0 + v)) }).collect(),
        );
        assert_quantiles_hold("heavy-tailed", uniforms(n).map(|u| ns(1e6 * u.powf(-1.2))).collect());
        assert_quantiles_hold("whole range", uniforms(n).map(|u| ns(1e3 * 3.6e9_f64.powf(u))).collect());
    }

    #[test]
    fn an_empty_histogram_has_no_figures() {
        let empty = Histogram::new();
        assert_eq!(empty.quantile_ms(0.5), None);
        assert_eq!((empty.min_ns(), empty.max_ns(), empty.mean_ms()), (None, None, None));
    }

    #[test]
    fn zeros_are_counted_apart_and_rank_first() {
        let histogram = of(&[0, 0, 0, 5_000_000]);
        assert_eq!(histogram.zero_count(), 3);
        assert_eq!(histogram.quantile_ms(0.5), Some(0.0));
        assert_eq!(histogram.quantile_ms(1.0), Some(5.0));
    }

    #[test]
    fn times_beyond_the_maximum_are_clamped() {
        let histogram = of(&[u64::MAX]);
        assert_eq!(histogram.max_ns(), Some(MAX_ELAPSED_NS));
    }

    #[test]
    fn a_cleared_histogram_equals_a_new_one() {
        let mut histogram = of(&[1_000, 2_000_000, HOUR_NS]);
        histogram.clear();
        assert_eq!(histogram, Histogram::new());
        histogram.record(7_000_000);
        assert_eq!(histogram, of(&[7_000_000]));
    }

    #[test]
    fn the_first_and_last_index_are_those_of_the_recordable_range() {
        assert_eq!(bucket_of_ns(1), FIRST_INDEX);
        assert_eq!(bucket_of_ns(MAX_ELAPSED_NS), LAST_INDEX);
    }

    #[test]
    fn contradictory_parts_are_refused() {
        let parts = |min_ns, max_ns, offset, counts: &[u64]| {
            Histogram::from_parts(Parts { min_ns, max_ns, offset, counts: counts.to_vec(), ..Parts::default() })
        };
        assert!(matches!(parts(2, 1, 0, &[1]), Err(PartsError::Range { .. })));
        assert!(matches!(parts(0, 1, 0, &[u64::MAX, 1]), Err(PartsError::CountOverflows)));
        assert!(matches!(parts(0, 1, i32::MAX, &[1]), Err(PartsError::Buckets { .. })));
        assert!(matches!(parts(0, 1, -5000, &[1]), Err(PartsError::Buckets { .. })));
    }

    fn sample() -> impl Strategy<Value = u64> {
        prop_oneof![Just(0), 1_u64..1_000, 1_000_u64..HOUR_NS, Just(u64::MAX)]
    }

    proptest! {
        #[test]
        fn merging_any_split_in_any_order_equals_the_unsplit(
            samples in prop::collection::vec((sample(), 0_usize..5), 0..300),
            order in Just((0..5).collect::<Vec<usize>>()).prop_shuffle(),
        ) {
            let whole = of(&samples.iter().map(|(value, _)| *value).collect::<Vec<_>>());
            let mut merged = Histogram::new();
            for part in order {
                let share: Vec<u64> = samples.iter().filter(|(_, p)| *p == part).map(|(v, _)| *v).collect();
                merged.merge(&of(&share));
            }
            prop_assert_eq!(merged, whole);
        }

        #[test]
        fn merging_is_associative(
            a in prop::collection::vec(sample(), 0..50),
            b in prop::collection::vec(sample(), 0..50),
            c in prop::collection::vec(sample(), 0..50),
        ) {
            let (a, b, c) = (of(&a), of(&b), of(&c));
            let mut left = a.clone();
            left.merge(&b);
            left.merge(&c);
            let mut bc = b;
            bc.merge(&c);
            let mut right = a;
            right.merge(&bc);
            prop_assert_eq!(left, right);
        }

        #[test]
        fn parts_and_compact_copies_are_the_same_histogram(samples in prop::collection::vec(sample(), 0..200)) {
            let histogram = of(&samples);
            let (offset, counts) = histogram.buckets();
            let rebuilt = Histogram::from_parts(Parts {
                zero_count: histogram.zero_count(),
                sum_ns: histogram.sum_ns(),
                min_ns: histogram.min_ns().unwrap_or(0),
                max_ns: histogram.max_ns().unwrap_or(0),
                offset,
                counts: counts.to_vec(),
            }).unwrap();
            prop_assert_eq!(&rebuilt, &histogram);
            prop_assert_eq!(&histogram.compact(), &histogram);
        }
    }
}
