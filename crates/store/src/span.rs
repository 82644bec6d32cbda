//! Which nanoseconds the buckets of a latency histogram begin at, the same on every machine and in the page.
//!
//! [`bucket::lower_bound_ms`](locust_telemetry_core::bucket::lower_bound_ms) asks the platform for a power of two,
//! which may be off in its last digit. What is stored must be read anywhere, so here the roots of two are written down,
//! and the rest are operations that IEEE 754 defines to the bit.

use locust_telemetry_core::histogram::{MAX_ELAPSED_NS, bucket_of_ns};
use std::sync::LazyLock;

/// 2^(k/64) for k in 0..64, each the nearest float: the lower bounds of the buckets from one to two milliseconds.
#[allow(clippy::approx_constant, reason = "one of them is a root that has a name")]
#[rustfmt::skip]
pub const OCTAVE_MS: [f64; 64] = [
    1.0, 1.0108892860517005, 1.0218971486541166, 1.0330248790212284, 1.0442737824274138, 1.0556451783605572,
    1.0671404006768237, 1.0787607977571199, 1.0905077326652577, 1.102382583307841, 1.1143867425958924,
    1.1265216186082418, 1.1387886347566916, 1.1511892299529827, 1.1637248587775775, 1.1763969916502812,
    1.189207115002721, 1.202156731452703, 1.215247359980469, 1.22848053610687, 1.241857812073484, 1.255380757024691,
    1.2690509571917332, 1.2828700160787783, 1.2968395546510096, 1.3109612115247644, 1.3252366431597413,
    1.339667524053303, 1.3542555469368927, 1.3690024229745905, 1.383909881963832, 1.3989796725383112,
    1.4142135623730951, 1.42961333839197, 1.4451808069770467, 1.460917794180647, 1.4768261459394993,
    1.4929077282912648, 1.5091644275934228, 1.5255981507445384, 1.5422108254079407, 1.559004400237837,
    1.5759808451078865, 1.593142151342267, 1.6104903319492543, 1.6280274218573478, 1.645755478153965,
    1.6636765803267364, 1.681792830507429, 1.7001063537185235, 1.718619298122478, 1.7373338352737062,
    1.7562521603732995, 1.7753764925265212, 1.7947090750031072, 1.8142521755003989, 1.8340080864093424,
    1.8539791250833855, 1.8741676341103, 1.8945759815869656, 1.9152065613971474, 1.9360617934922943,
    1.9571441241754002, 1.978456026387951,
];

/// How far a time may be below the first nanosecond of its bucket as it is here, at most; and as far above the last.
///
/// Two roundings at 2^53 ns are off by 2 ns, and rounding down costs another.
const SLACK_NS: u64 = 4;

/// The lower bound of bucket `index`, one that times fall into, in milliseconds: the exact product of a float of
/// [`OCTAVE_MS`] and a power of two.
fn lower_bound_ms(index: i32) -> f64 {
    let power_of_two = f64::from_bits(((1023 + i64::from(index.div_euclid(64))) as u64) << 52);
    OCTAVE_MS[index.rem_euclid(64) as usize] * power_of_two
}

/// The nanosecond at which bucket `index` begins, rounded down.
fn floor_ns(index: i32) -> u64 {
    (lower_bound_ms(index) * 1e6).floor() as u64
}

/// About the nanoseconds of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Where it begins.
    pub(crate) floor_ns: u64,
    /// How many nanoseconds it has.
    width_ns: u64,
}

impl Span {
    /// Its middle.
    pub(crate) const fn mid_ns(self) -> u64 {
        self.floor_ns + self.width_ns / 2
    }

    /// How many bits tell the place of a time within it.
    pub(crate) const fn place_bits(self) -> u32 {
        u64::BITS - (self.width_ns + 2 * SLACK_NS).leading_zeros()
    }

    /// The place of a time within it, in so many bits.
    pub(crate) const fn place_of(self, time_ns: u64) -> u64 {
        (time_ns + SLACK_NS).saturating_sub(self.floor_ns)
    }

    /// The way back from [`place_of`](Self::place_of); `None` for what is before the beginning of time.
    pub(crate) fn time_at(self, place: u64) -> Option<u64> {
        (self.floor_ns + place).checked_sub(SLACK_NS)
    }
}

/// The spans of all buckets that a time can fall into.
#[derive(Debug)]
pub(crate) struct Spans {
    /// The bucket of the first span.
    lowest: i32,
    spans: Vec<Span>,
}

impl Spans {
    /// The table.
    pub(crate) fn get() -> &'static Self {
        static SPANS: LazyLock<Spans> = LazyLock::new(Spans::make);
        &SPANS
    }

    fn make() -> Self {
        let (lowest, highest) = (bucket_of_ns(1), bucket_of_ns(MAX_ELAPSED_NS));
        let floors: Vec<u64> = (lowest..=highest + 1).map(floor_ns).collect();
        let spans = floors.windows(2).map(|ends| Span { floor_ns: ends[0], width_ns: ends[1] - ends[0] });
        Self { lowest, spans: spans.collect() }
    }

    /// The span of bucket `index`, or `None` if no time falls into it.
    #[inline]
    pub(crate) fn of(&self, index: i32) -> Option<Span> {
        // What is below the lowest wraps to beyond the end.
        self.spans.get(index.wrapping_sub(self.lowest) as u32 as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use locust_telemetry_core::bucket;
    use proptest::prelude::*;

    fn indices() -> std::ops::RangeInclusive<i32> {
        bucket_of_ns(1)..=bucket_of_ns(MAX_ELAPSED_NS) + 1
    }

    #[test]
    fn the_bounds_are_those_of_the_histogram() {
        for index in indices() {
            assert_eq!(lower_bound_ms(index).to_bits(), bucket::lower_bound_ms(index).to_bits(), "bucket {index}");
        }
    }

    #[test]
    fn the_times_at_both_ends_of_each_bucket_have_a_place_in_it() {
        for index in indices().take(indices().count() - 1) {
            let span = Spans::get().of(index).unwrap();
            // All times about the bounds; which of them belong to the bucket is for the histogram to say.
            let about = |ns: u64| ns.saturating_sub(12).max(1)..=(ns + 12).min(MAX_ELAPSED_NS);
            for time_ns in about(span.floor_ns).chain(about(span.floor_ns + span.width_ns)) {
                if bucket_of_ns(time_ns) == index {
                    assert!(span.floor_ns <= time_ns + SLACK_NS && span.place_of(time_ns) >> span.place_bits() == 0);
                    assert_eq!(span.time_at(span.place_of(time_ns)), Some(time_ns));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_time_has_a_place_in_its_bucket(time_ns in 1..=MAX_ELAPSED_NS) {
            let span = Spans::get().of(bucket_of_ns(time_ns)).unwrap();
            prop_assert_eq!(span.place_of(time_ns) >> span.place_bits(), 0);
            prop_assert_eq!(span.time_at(span.place_of(time_ns)), Some(time_ns));
        }
    }
}
