//! Which whole nanoseconds each bucket of a latency histogram covers.
//!
//! Both ends of the wire must agree on every bound to the nanosecond, on whatever machines they run. So floats only
//! guess where a bucket begins; what decides is [`bucket_of_ns`], which is exact.

use locust_telemetry_core::bucket;
use locust_telemetry_core::histogram::{MAX_ELAPSED_NS, bucket_of_ns};
use std::sync::LazyLock;

/// The times of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// The shortest, in nanoseconds.
    pub(super) first_ns: u64,
    /// How many times there are, one for each nanosecond; 0 for those buckets below 0.1 µs between whose bounds no
    /// whole nanosecond lies.
    pub(super) width_ns: u64,
}

/// The spans of all buckets that a time can fall into.
#[derive(Debug)]
pub(super) struct Spans {
    /// The bucket of the first span.
    lowest: i32,
    spans: Vec<Span>,
}

impl Spans {
    /// The table. Making it takes some 100 µs, once in a process.
    pub(super) fn get() -> &'static Self {
        static SPANS: LazyLock<Spans> = LazyLock::new(Spans::make);
        &SPANS
    }

    fn make() -> Self {
        let (lowest, highest) = (bucket_of_ns(1), bucket_of_ns(MAX_ELAPSED_NS));
        let mut starts: Vec<u64> = (lowest..=highest).map(|index| first_ns(index, guess_ns(index))).collect();
        starts.push(MAX_ELAPSED_NS + 1);
        let spans = starts.windows(2).map(|ends| Span { first_ns: ends[0], width_ns: ends[1] - ends[0] });
        Self { lowest, spans: spans.collect() }
    }

    /// How many buckets there are.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The times of a bucket, or `None` if there is no such bucket.
    #[inline]
    pub(super) fn of(&self, index: i32) -> Option<Span> {
        // What is below the lowest wraps to beyond the end.
        self.spans.get(index.wrapping_sub(self.lowest) as u32 as usize).copied()
    }
}

/// About where a bucket begins; how near depends on the machine.
fn guess_ns(index: i32) -> u64 {
    (bucket::lower_bound_ms(index) * 1_000_000.0) as u64
}

/// The shortest time whose bucket is `index` or a later one, searched from `guess_ns` on.
fn first_ns(index: i32, guess_ns: u64) -> u64 {
    let mut first = guess_ns.clamp(1, MAX_ELAPSED_NS);
    while first > 1 && bucket_of_ns(first - 1) >= index {
        first -= 1;
    }
    while bucket_of_ns(first) < index {
        first += 1;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_spans_cover_every_time_once_and_in_order() {
        let spans = Spans::get();
        let mut next = 1;
        for (index, span) in (spans.lowest..).zip(&spans.spans) {
            assert_eq!(span.first_ns, next, "bucket {index}");
            next += span.width_ns;
            if span.width_ns > 0 {
                assert_eq!((bucket_of_ns(span.first_ns), bucket_of_ns(next - 1)), (index, index));
            }
        }
        assert_eq!(next, MAX_ELAPSED_NS + 1);
    }

    #[test]
    fn a_wrong_guess_changes_nothing() {
        for index in (Spans::get().lowest..=bucket_of_ns(MAX_ELAPSED_NS)).step_by(7) {
            let first = first_ns(index, guess_ns(index));
            assert_eq!((first_ns(index, first + 40), first_ns(index, first.saturating_sub(40))), (first, first));
        }
    }

    #[test]
    fn there_are_no_times_outside_of_the_table() {
        let spans = Spans::get();
        assert_eq!((spans.of(spans.lowest - 1), spans.of(bucket_of_ns(MAX_ELAPSED_NS) + 1)), (None, None));
        assert_eq!((spans.of(i32::MIN), spans.of(i32::MAX)), (None, None));
    }

    proptest! {
        #[test]
        fn a_time_lies_in_the_span_of_its_bucket(time_ns in 1..=MAX_ELAPSED_NS) {
            let span = Spans::get().of(bucket_of_ns(time_ns)).unwrap();
            prop_assert!(time_ns - span.first_ns < span.width_ns);
        }
    }
}
