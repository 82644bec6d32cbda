//! Exponential buckets as OTLP carries them: contiguous, and no more than a backend takes.

use locust_telemetry_core::bucket;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets as ProtoBuckets;

/// The most buckets that a histogram is sent with (the OpenTelemetry SDKs' default).
pub const MAX_BUCKETS: usize = 160;

/// Contiguous buckets of a scale: bucket `offset + i` covers (base^(offset+i), base^(offset+i+1)] with
/// base = 2^(2^-scale).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Buckets {
    pub(crate) scale: i32,
    pub(crate) offset: i32,
    pub(crate) counts: Vec<u64>,
}

impl Buckets {
    /// Buckets of scale 6 (index and count, ascending, none of them empty), halved in resolution until at most
    /// [`MAX_BUCKETS`] span them. Halving is exact: `index >> 1` (OpenTelemetry's metrics data model).
    pub(crate) fn of(buckets: &[(i32, u64)]) -> Self {
        let (Some((first, _)), Some((last, _))) = (buckets.first(), buckets.last()) else {
            return Self { scale: bucket::SCALE, offset: 0, counts: Vec::new() };
        };
        let mut halvings = 0;
        while ((last >> halvings) - (first >> halvings)) as usize >= MAX_BUCKETS {
            halvings += 1;
        }
        let offset = first >> halvings;
        let mut counts = vec![0; ((last >> halvings) - offset) as usize + 1];
        for (index, count) in buckets {
            counts[((index >> halvings) - offset) as usize] += count;
        }
        Self { scale: bucket::SCALE - halvings, offset, counts }
    }

    /// The same at a coarser scale.
    pub(crate) fn at_scale(self, scale: i32) -> Self {
        let halvings = self.scale - scale;
        if halvings <= 0 || self.counts.is_empty() {
            return Self { scale: scale.min(self.scale), ..self };
        }
        let offset = self.offset >> halvings;
        let last = (self.offset + self.counts.len() as i32 - 1) >> halvings;
        let mut counts = vec![0; (last - offset) as usize + 1];
        for (index, count) in (self.offset..).zip(&self.counts) {
            counts[((index >> halvings) - offset) as usize] += count;
        }
        Self { scale, offset, counts }
    }

    pub(crate) fn to_proto(&self) -> ProtoBuckets {
        ProtoBuckets { offset: self.offset, bucket_counts: self.counts.clone() }
    }

    /// The same times in seconds. A thousand is no power of the base, so each bucket counts whole where the value that
    /// stands for it lies: one more error of the same size.
    pub(crate) fn in_seconds(buckets_ms: &[(i32, u64)]) -> Self {
        let mut buckets_s = Vec::<(i32, u64)>::with_capacity(buckets_ms.len());
        for (index, count) in buckets_ms {
            let index_s = bucket::index(bucket::representative_ms(*index) / 1_000.0);
            match buckets_s.last_mut().filter(|(last, _)| *last == index_s) {
                Some((_, sum)) => *sum += count,
                None => buckets_s.push((index_s, *count)),
            }
        }
        Self::of(&buckets_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn few_buckets_stay_as_they_are() {
        let buckets = Buckets::of(&[(-3, 1), (0, 2)]);
        assert_eq!(buckets, Buckets { scale: 6, offset: -3, counts: vec![1, 0, 0, 2] });
    }

    #[test]
    fn a_coarser_scale_puts_neighbours_together() {
        let buckets = Buckets { scale: 6, offset: -3, counts: vec![1, 2, 4, 8] };
        assert_eq!(buckets.at_scale(5), Buckets { scale: 5, offset: -2, counts: vec![1, 6, 8] });
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(Buckets::of(&[]).counts, Vec::<u64>::new());
    }

    #[test]
    fn many_are_halved_until_they_fit_and_negative_indexes_round_down() {
        let buckets = Buckets::of(&[(-161, 1), (-160, 2), (0, 4)]);
        assert_eq!((buckets.scale, buckets.offset, buckets.counts.len()), (5, -81, 82));
        assert_eq!((buckets.counts[0], buckets.counts[1], buckets.counts[81]), (1, 2, 4));
    }

    proptest! {
        #[test]
        fn every_value_stays_within_its_bucket(values in prop::collection::vec(1e-6_f64..1e9, 1..100)) {
            let mut sorted = std::collections::BTreeMap::<i32, u64>::new();
            values.iter().for_each(|value| *sorted.entry(bucket::index(*value)).or_default() += 1);
            let buckets = Buckets::of(&sorted.into_iter().collect::<Vec<_>>());
            prop_assert!(buckets.counts.len() <= MAX_BUCKETS);
            let base = f64::from(-buckets.scale).exp2().exp2();
            let mut left = buckets.counts.clone();
            for value in &values {
                let place = (0..left.len()).find(|place| {
                    *value <= base.powi(buckets.offset + *place as i32 + 1) * (1.0 + 1e-9)
                });
                let place = place.expect("a bucket for each value");
                // Close to a bound the float power may say one too low.
                let place = if left[place] > 0 { place } else { place + 1 };
                left[place] -= 1;
            }
            prop_assert!(left.iter().all(|count| *count == 0));
        }

        #[test]
        fn seconds_are_off_by_one_bucket_at_most(value_ms in 1e-3_f64..1e7) {
            let buckets = Buckets::in_seconds(&[(bucket::index(value_ms), 1)]);
            prop_assert!((buckets.offset - bucket::index(value_ms / 1_000.0)).abs() <= 1);
        }
    }
}
