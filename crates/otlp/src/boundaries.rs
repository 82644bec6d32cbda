//! Explicit boundaries for latencies, and the counts between them.

use locust_telemetry_core::{Histogram, bucket};

/// The default boundaries in milliseconds: from 1 ms to 60 s, neighbours at most twice apart, so that a quantile that is
/// read off by interpolation stays close.
pub const LATENCY_BOUNDARIES_MS: [f64; 33] = [
    1.0, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0, 400.0, 500.0,
    750.0, 1_000.0, 1_500.0, 2_000.0, 3_000.0, 4_000.0, 5_000.0, 7_500.0, 10_000.0, 15_000.0, 20_000.0, 30_000.0,
    45_000.0, 60_000.0,
];

/// The boundaries of `http.client.request.duration` in seconds (semantic conventions, HTTP metrics).
pub(crate) const SEMANTIC_BOUNDARIES_S: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// How many times lie at or below each boundary and above the one before; the last entry is for the rest.
///
/// A bucket of the histogram counts whole, by the value that stands for it. So a time counts on the right side of a
/// boundary unless it lies within 0.54 % of it (and always of a power of two, where buckets end).
#[must_use]
pub(crate) fn counts_between(histogram: &Histogram, boundaries_ms: impl IntoIterator<Item = f64>) -> Vec<u64> {
    let (offset, buckets) = histogram.buckets();
    let mut rest = (offset..).zip(buckets).filter(|(_, count)| **count > 0).peekable();
    let mut counts = Vec::new();
    // Times of zero are at or below any boundary.
    let mut below = histogram.zero_count();
    for boundary_ms in boundaries_ms {
        while let Some((_, count)) = rest.next_if(|(index, _)| bucket::representative_ms(*index) <= boundary_ms) {
            below += count;
        }
        counts.push(std::mem::take(&mut below));
    }
    counts.push(below + rest.map(|(_, count)| count).sum::<u64>());
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(times_ms: &[f64]) -> Histogram {
        let mut histogram = Histogram::new();
        times_ms.iter().for_each(|time_ms| histogram.record((time_ms * 1e6).round() as u64));
        histogram
    }

    #[test]
    fn boundaries_are_included_below() {
        let histogram = of(&[0.0, 1.0, 1.5, 2.0, 2.1, 9_000.0]);
        assert_eq!(counts_between(&histogram, [1.0, 2.0, 4.0]), [2, 2, 1, 1]);
    }

    #[test]
    fn the_default_boundaries_rise_and_are_at_most_twice_apart() {
        assert!(LATENCY_BOUNDARIES_MS.windows(2).all(|pair| pair[0] < pair[1] && pair[1] <= pair[0] * 2.0));
    }

    proptest! {
        #[test]
        fn every_time_counts_once_and_on_the_right_side_if_it_is_not_close(
            times_ms in prop::collection::vec(0.0_f64..100_000.0, 0..200),
        ) {
            let counts = counts_between(&of(&times_ms), LATENCY_BOUNDARIES_MS);
            prop_assert_eq!(counts.iter().sum::<u64>(), times_ms.len() as u64);
            let mut below = 0;
            for (boundary, count) in LATENCY_BOUNDARIES_MS.iter().zip(&counts) {
                below += count;
                let at_least = times_ms.iter().filter(|time| **time <= boundary / 1.005_42).count() as u64;
                let at_most = times_ms.iter().filter(|time| **time <= boundary * 1.005_42).count() as u64;
                prop_assert!((at_least..=at_most).contains(&below), "{} at {}", below, boundary);
            }
        }
    }
}
