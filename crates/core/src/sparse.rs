//! A histogram as it travels: only the buckets that hold something.

use crate::histogram::{FIRST_INDEX, Histogram, LAST_INDEX, MAX_ELAPSED_NS, bucket_of_ns};

/// The most times that one sparse histogram may hold. Far above what a process can count in a second, and so low that
/// no sum over processes and seconds overflows.
pub const MAX_SPARSE_COUNT: u64 = 1 << 40;

/// A [`Histogram`] without its empty buckets. Parts that contradict each other cannot be made into one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SparseHistogram {
    count: u64,
    zero_count: u64,
    sum_ns: u128,
    min_ns: u64,
    max_ns: u64,
    buckets: Vec<(i32, u64)>,
}

/// Why parts do not make a sparse histogram: the source is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContradictoryParts;

impl std::fmt::Display for ContradictoryParts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "the parts of a histogram contradict each other")
    }
}

impl std::error::Error for ContradictoryParts {}

impl SparseHistogram {
    /// The buckets in use of `histogram`.
    #[must_use]
    pub fn of(histogram: &Histogram) -> Self {
        let (offset, counts) = histogram.buckets();
        let used = counts.iter().zip(offset..).filter(|(count, _)| **count > 0);
        Self {
            count: histogram.count(),
            zero_count: histogram.zero_count(),
            sum_ns: histogram.sum_ns(),
            min_ns: histogram.min_ns().unwrap_or(0),
            max_ns: histogram.max_ns().unwrap_or(0),
            buckets: used.map(|(count, index)| (index, *count)).collect(),
        }
    }

    /// Puts parts together, as another process sent them: times that were zero, the exact sum, the shortest and the
    /// longest time in nanoseconds (0 where there is none), and the buckets in use as index and count.
    ///
    /// # Errors
    /// When no recorded times could have given these parts.
    pub fn from_parts(
        zero_count: u64,
        sum_ns: u128,
        min_ns: u64,
        max_ns: u64,
        buckets: Vec<(i32, u64)>,
    ) -> Result<Self, ContradictoryParts> {
        let mut count = zero_count;
        let mut before = FIRST_INDEX - 1;
        for (index, bucket_count) in &buckets {
            if *index <= before || *bucket_count == 0 {
                return Err(ContradictoryParts);
            }
            before = *index;
            count = count.checked_add(*bucket_count).ok_or(ContradictoryParts)?;
        }
        let bounds = u128::from(count) * u128::from(min_ns)..=u128::from(count) * u128::from(max_ns);
        let (first, last) = (buckets.first(), buckets.last());
        let ends_fit = match (first, last) {
            (Some((first, _)), Some((last, _))) => {
                let min_fits = if zero_count > 0 { min_ns == 0 } else { min_ns > 0 && bucket_of_ns(min_ns) == *first };
                min_fits && max_ns > 0 && max_ns <= MAX_ELAPSED_NS && bucket_of_ns(max_ns) == *last
            }
            _ => min_ns == 0 && max_ns == 0,
        };
        if before > LAST_INDEX || count > MAX_SPARSE_COUNT || !ends_fit || !bounds.contains(&sum_ns) {
            return Err(ContradictoryParts);
        }
        Ok(Self { count, zero_count, sum_ns, min_ns, max_ns, buckets })
    }

    /// How many times were recorded.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How many of them were zero; they are in no bucket.
    #[must_use]
    pub const fn zero_count(&self) -> u64 {
        self.zero_count
    }

    /// The exact sum in nanoseconds.
    #[must_use]
    pub const fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// The shortest time in nanoseconds; 0 if nothing was recorded.
    #[must_use]
    pub const fn min_ns(&self) -> u64 {
        self.min_ns
    }

    /// The longest time in nanoseconds; 0 if nothing was recorded.
    #[must_use]
    pub const fn max_ns(&self) -> u64 {
        self.max_ns
    }

    /// Index and count of each bucket in use, ascending; see [`bucket`](crate::bucket) for what an index covers.
    #[must_use]
    pub fn buckets(&self) -> &[(i32, u64)] {
        &self.buckets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(times_ns: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        times_ns.iter().for_each(|time_ns| histogram.record(*time_ns));
        histogram
    }

    proptest! {
        #[test]
        fn merging_the_sparse_form_equals_merging_the_histogram(
            mine in prop::collection::vec(0..MAX_ELAPSED_NS, 0..40),
            theirs in prop::collection::vec(prop_oneof![Just(0), 1..5_000_u64, 0..MAX_ELAPSED_NS], 0..40),
        ) {
            let (mut dense, mut sparse) = (of(&mine), of(&mine));
            dense.merge(&of(&theirs));
            sparse.merge_sparse(&SparseHistogram::of(&of(&theirs)));
            prop_assert_eq!(dense, sparse);
        }

        #[test]
        fn parts_of_a_real_histogram_are_accepted_and_equal_it(times in prop::collection::vec(0..1_u64 << 53, 0..40)) {
            let sparse = SparseHistogram::of(&of(&times));
            let again = SparseHistogram::from_parts(
                sparse.zero_count, sparse.sum_ns, sparse.min_ns, sparse.max_ns, sparse.buckets.clone());
            prop_assert_eq!(again, Ok(sparse));
        }
    }

    #[test]
    fn parts_that_no_times_could_have_given_are_refused() {
        let refused = |zeros, sum, min, max, buckets: &[(i32, u64)]| {
            SparseHistogram::from_parts(zeros, sum, min, max, buckets.to_vec()) == Err(ContradictoryParts)
        };
        let bucket = bucket_of_ns(1_000_000);
        let good = |sum| !refused(0, sum, 1_000_000, 1_000_000, &[(bucket, 2)]);
        assert!(good(2_000_000));
        assert!(!good(2_000_001), "a sum above count times maximum");
        assert!(refused(0, 2_000_000, 1_000_000, 1_000_000, &[(bucket, 1), (bucket, 1)]), "a bucket twice");
        assert!(refused(0, 0, 0, 0, &[(bucket, 0)]), "an empty bucket");
        assert!(refused(0, 1_000_000, 1_000_000, 1_000_000, &[(bucket + 1, 1)]), "a time outside of its bucket");
        assert!(refused(1, 0, 1, 1, &[]), "a zero that is not zero");
        assert!(refused(1, 1_000_000, 1_000_000, 1_000_000, &[(bucket, 1)]), "a minimum above a zero");
        assert!(refused(0, 0, 0, 0, &[(LAST_INDEX + 1, 1)]), "a bucket beyond the longest time");
        assert!(refused(MAX_SPARSE_COUNT + 1, 0, 0, 0, &[]), "more than can be");
    }
}
