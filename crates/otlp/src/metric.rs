//! A metric as OTLP has it: what it is called and what kind it is, and the points that belong to it.

use crate::send_clock::{MILLISECOND_NS, SendTimes};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, DataPointFlags, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, Sum, metric::Data,
};
use std::sync::Arc;

/// Who made an instrument: the name and version that `get_meter` was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The name of the library or of the user's module.
    pub name: Box<str>,
    /// Its version, or nothing.
    pub version: Box<str>,
}

impl Scope {
    /// The scope of everything that this program itself exports.
    #[must_use]
    pub fn own() -> Self {
        Self { name: "locust_telemetry".into(), version: env!("CARGO_PKG_VERSION").into() }
    }
}

/// What the points of a metric are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Shape {
    Gauge,
    Sum { is_monotonic: bool, is_delta: bool },
    Explicit { is_delta: bool },
    Exponential { is_delta: bool },
}

/// What is told once for all points of a metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Head {
    pub(crate) scope: Scope,
    pub(crate) name: Box<str>,
    pub(crate) unit: Box<str>,
    pub(crate) description: Box<str>,
    pub(crate) shape: Shape,
}

/// One point of one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Point {
    Number(NumberDataPoint),
    Explicit(HistogramDataPoint),
    Exponential(ExponentialHistogramDataPoint),
}

/// A point and the metric that it belongs to.
pub(crate) type MetricPoint = (Arc<Head>, Point);

impl Point {
    /// Turns the point into the marker that its series has ended (a stale marker in Prometheus, which writes one for the
    /// sum and for each bucket only if the marker has them).
    pub(crate) fn into_end_marker(self, time_ns: u64) -> Self {
        let flags = DataPointFlags::NoRecordedValueMask as u32;
        match self {
            Self::Number(point) => Self::Number(NumberDataPoint {
                attributes: point.attributes,
                start_time_unix_nano: point.start_time_unix_nano,
                time_unix_nano: time_ns,
                flags,
                ..NumberDataPoint::default()
            }),
            Self::Explicit(point) => Self::Explicit(HistogramDataPoint {
                attributes: point.attributes,
                start_time_unix_nano: point.start_time_unix_nano,
                time_unix_nano: time_ns,
                flags,
                sum: Some(0.0),
                bucket_counts: vec![0; point.bucket_counts.len()],
                explicit_bounds: point.explicit_bounds,
                ..HistogramDataPoint::default()
            }),
            Self::Exponential(point) => Self::Exponential(ExponentialHistogramDataPoint {
                attributes: point.attributes,
                start_time_unix_nano: point.start_time_unix_nano,
                time_unix_nano: time_ns,
                flags,
                ..ExponentialHistogramDataPoint::default()
            }),
        }
    }

    /// Moves a point of a cumulative series or of a gauge to the time at which it is sent, and returns that. A series that
    /// began only now has its zero there, and the rest a millisecond apart behind it.
    pub(crate) fn send_at(&mut self, head: &Head, times: SendTimes) -> u64 {
        let (start_ns, time_ns, flags) = match self {
            Self::Number(point) => (point.start_time_unix_nano, &mut point.time_unix_nano, point.flags),
            Self::Explicit(point) => (point.start_time_unix_nano, &mut point.time_unix_nano, point.flags),
            Self::Exponential(point) => (point.start_time_unix_nano, &mut point.time_unix_nano, point.flags),
        };
        let is_zero = head.shape != Shape::Gauge && *time_ns == start_ns;
        *time_ns = if flags != 0 {
            times.ends_ns.max(start_ns + 2 * MILLISECOND_NS)
        } else if is_zero {
            times.earliest_ns.max(start_ns)
        } else {
            times.values_ns.max(start_ns + MILLISECOND_NS)
        };
        *time_ns
    }

    /// The size in a request, in bytes, with some room for its frame.
    pub(crate) fn encoded_bytes(&self) -> usize {
        use prost::Message as _;
        8 + match self {
            Self::Number(point) => point.encoded_len(),
            Self::Explicit(point) => point.encoded_len(),
            Self::Exponential(point) => point.encoded_len(),
        }
    }
}

impl Head {
    /// Whether its points are spans that must meet.
    pub(crate) const fn is_delta(&self) -> bool {
        match self.shape {
            Shape::Gauge => false,
            Shape::Sum { is_delta, .. } | Shape::Explicit { is_delta } | Shape::Exponential { is_delta } => is_delta,
        }
    }

    /// The metric of these points; points of another kind than the shape's are left out (there are none).
    pub(crate) fn to_metric(&self, points: Vec<Point>) -> Metric {
        let temporality = |is_delta| {
            if is_delta { AggregationTemporality::Delta as i32 } else { AggregationTemporality::Cumulative as i32 }
        };
        let data = match self.shape {
            Shape::Gauge => Data::Gauge(Gauge { data_points: numbers(points) }),
            Shape::Sum { is_monotonic, is_delta } => Data::Sum(Sum {
                data_points: numbers(points),
                aggregation_temporality: temporality(is_delta),
                is_monotonic,
            }),
            Shape::Explicit { is_delta } => Data::Histogram(Histogram {
                data_points: points
                    .into_iter()
                    .filter_map(|point| if let Point::Explicit(point) = point { Some(point) } else { None })
                    .collect(),
                aggregation_temporality: temporality(is_delta),
            }),
            Shape::Exponential { is_delta } => Data::ExponentialHistogram(ExponentialHistogram {
                data_points: points
                    .into_iter()
                    .filter_map(|point| if let Point::Exponential(point) = point { Some(point) } else { None })
                    .collect(),
                aggregation_temporality: temporality(is_delta),
            }),
        };
        Metric {
            name: self.name.to_string(),
            description: self.description.to_string(),
            unit: self.unit.to_string(),
            metadata: Vec::new(),
            data: Some(data),
        }
    }
}

fn numbers(points: Vec<Point>) -> Vec<NumberDataPoint> {
    points.into_iter().filter_map(|point| if let Point::Number(point) = point { Some(point) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send_clock::SendClock;

    const MS: u64 = MILLISECOND_NS;

    fn sent(shape: Shape, start_ms: u64, times_ms: [u64; 3]) -> [u64; 3] {
        let head = Head { scope: Scope::own(), name: "".into(), unit: "".into(), description: "".into(), shape };
        let times = SendClock::default().next(1_000 * MS);
        times_ms.map(|time_ms| {
            let point = NumberDataPoint {
                start_time_unix_nano: start_ms * MS,
                time_unix_nano: time_ms * MS,
                ..NumberDataPoint::default()
            };
            let point = Point::Number(point);
            let mut point = if time_ms == 1_001 { point.into_end_marker(time_ms * MS) } else { point };
            point.send_at(&head, times) / MS
        })
    }

    #[test]
    fn a_zero_its_value_and_its_end_follow_each_other_whenever_the_series_began() {
        let sum = Shape::Sum { is_monotonic: true, is_delta: false };
        assert_eq!(sent(sum, 300, [300, 1_000, 1_001]), [300, 1_000, 1_001]);
        assert_eq!(sent(sum, 1_000, [1_000, 1_002, 1_001]), [1_000, 1_001, 1_002]);
        assert_eq!(sent(sum, 1_005, [1_005, 1_000, 1_001]), [1_005, 1_006, 1_007]);
    }

    #[test]
    fn the_end_of_a_histogram_has_its_boundaries() {
        let point = HistogramDataPoint { explicit_bounds: vec![1.0], bucket_counts: vec![2, 3], ..Default::default() };
        let Point::Explicit(end) = Point::Explicit(point).into_end_marker(5) else { panic!("of another kind") };
        assert_eq!((end.explicit_bounds, end.bucket_counts, end.flags), (vec![1.0], vec![0, 0], 1));
    }
}
