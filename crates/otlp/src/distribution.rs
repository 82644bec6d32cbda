//! What a user's own histogram instrument has counted: any values, in explicit or exponential buckets.

use crate::exponential::Buckets;
use crate::flow::Gain;
use crate::metric::Point;
use locust_telemetry_core::bucket;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets as ProtoBuckets;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogramDataPoint, HistogramDataPoint};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where values are put.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Layout {
    /// Between boundaries, each included below.
    Explicit(Arc<[f64]>),
    /// By scale 6, reduced when it is sent.
    Exponential,
}

/// Counts, sum and range of some values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Distribution {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
    zeros: u64,
    /// Explicit: one for each boundary and one for the rest; empty before the first value.
    between: Vec<u64>,
    positive: BTreeMap<i32, u64>,
    /// By the bucket of the absolute value.
    negative: BTreeMap<i32, u64>,
}

impl Gain for Distribution {
    fn gain(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        (self.min, self.max) =
            if self.count == 0 { (other.min, other.max) } else { (self.min.min(other.min), self.max.max(other.max)) };
        self.count += other.count;
        self.sum += other.sum;
        self.zeros += other.zeros;
        self.between.resize(self.between.len().max(other.between.len()), 0);
        self.between.iter_mut().zip(&other.between).for_each(|(mine, theirs)| *mine += theirs);
        other.positive.iter().for_each(|(index, count)| *self.positive.entry(*index).or_default() += count);
        other.negative.iter().for_each(|(index, count)| *self.negative.entry(*index).or_default() += count);
    }

    fn is_nothing(&self) -> bool {
        self.count == 0
    }
}

impl Distribution {
    /// Adds a finite value.
    pub(crate) fn record(&mut self, value: f64, layout: &Layout) {
        (self.min, self.max) =
            if self.count == 0 { (value, value) } else { (self.min.min(value), self.max.max(value)) };
        self.count += 1;
        self.sum += value;
        match layout {
            Layout::Explicit(boundaries) => {
                self.between.resize(boundaries.len() + 1, 0);
                self.between[boundaries.partition_point(|boundary| *boundary < value)] += 1;
            }
            // Below the smallest normal float there are no buckets.
            Layout::Exponential if value.abs() < f64::MIN_POSITIVE => self.zeros += 1,
            Layout::Exponential => {
                let side = if value > 0.0 { &mut self.positive } else { &mut self.negative };
                *side.entry(bucket::index(value.abs())).or_default() += 1;
            }
        }
    }

    /// As a point of OTLP.
    pub(crate) fn to_point(&self, layout: &Layout, attributes: Vec<KeyValue>, start_ns: u64, time_ns: u64) -> Point {
        let range = |value| (self.count > 0).then_some(value);
        match layout {
            Layout::Explicit(boundaries) => Point::Explicit(HistogramDataPoint {
                attributes,
                start_time_unix_nano: start_ns,
                time_unix_nano: time_ns,
                count: self.count,
                sum: Some(self.sum),
                bucket_counts: if self.between.is_empty() {
                    vec![0; boundaries.len() + 1]
                } else {
                    self.between.clone()
                },
                explicit_bounds: boundaries.to_vec(),
                min: range(self.min),
                max: range(self.max),
                ..HistogramDataPoint::default()
            }),
            Layout::Exponential => {
                let (scale, positive, negative) = self.reduced();
                Point::Exponential(ExponentialHistogramDataPoint {
                    attributes,
                    start_time_unix_nano: start_ns,
                    time_unix_nano: time_ns,
                    count: self.count,
                    sum: Some(self.sum),
                    scale,
                    zero_count: self.zeros,
                    positive: Some(positive),
                    negative: Some(negative),
                    min: range(self.min),
                    max: range(self.max),
                    ..ExponentialHistogramDataPoint::default()
                })
            }
        }
    }

    /// Both sides at the scale of the coarser one: a point has one scale.
    fn reduced(&self) -> (i32, ProtoBuckets, ProtoBuckets) {
        let side =
            |side: &BTreeMap<i32, u64>| Buckets::of(&side.iter().map(|(at, count)| (*at, *count)).collect::<Vec<_>>());
        let (positive, negative) = (side(&self.positive), side(&self.negative));
        let scale = positive.scale.min(negative.scale);
        (scale, positive.at_scale(scale).to_proto(), negative.at_scale(scale).to_proto())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], layout: &Layout) -> Distribution {
        let mut distribution = Distribution::default();
        values.iter().for_each(|value| distribution.record(*value, layout));
        distribution
    }

    #[test]
    fn a_boundary_is_included_below() {
        let layout = Layout::Explicit([1.0, 5.0].into());
        let Point::Explicit(point) = of(&[0.0, 1.0, 1.1, 5.0, 7.0], &layout).to_point(&layout, vec![], 1, 2) else {
            panic!("not explicit");
        };
        assert_eq!((point.bucket_counts, point.count, point.sum), (vec![2, 2, 1], 5, Some(14.1)));
        assert_eq!((point.min, point.max), (Some(0.0), Some(7.0)));
    }

    #[test]
    fn exponential_sides_have_one_scale() {
        let values = [0.0, -4.0, 1e-9, 1e9];
        let Point::Exponential(point) = of(&values, &Layout::Exponential).to_point(&Layout::Exponential, vec![], 1, 2)
        else {
            panic!("not exponential");
        };
        let count = |side: &Option<ProtoBuckets>| side.as_ref().map(|side| side.bucket_counts.iter().sum::<u64>());
        assert_eq!((point.zero_count, count(&point.positive), count(&point.negative)), (1, Some(2), Some(1)));
        // 2^2 is the upper bound of its bucket.
        assert_eq!(point.negative.map(|side| side.offset), Some(((2 << 6) - 1) >> (6 - point.scale)));
    }

    #[test]
    fn merging_equals_recording_together() {
        for layout in [Layout::Explicit([1.0, 5.0].into()), Layout::Exponential] {
            let mut merged = Distribution::default();
            merged.gain(&of(&[0.5, -2.0], &layout));
            merged.gain(&of(&[], &layout));
            merged.gain(&of(&[8.0, 0.0], &layout));
            assert_eq!(merged, of(&[0.5, -2.0, 8.0, 0.0], &layout));
        }
    }
}
