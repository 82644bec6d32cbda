//! A metric as OTLP has it: what it is called and what kind it is, and the points that belong to it.

use crate::send_clock::SendTimes;
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
    /// Turns the point into the marker that its series has ended (a stale marker in Prometheus).
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

    /// Moves a point of a cumulative series or of a gauge to the time at which it is sent.
    pub(crate) fn send_at(&mut self, head: &Head, times: SendTimes) {
        let (start_ns, time_ns, flags) = match self {
            Self::Number(point) => (point.start_time_unix_nano, &mut point.time_unix_nano, point.flags),
            Self::Explicit(point) => (point.start_time_unix_nano, &mut point.time_unix_nano, point.flags),
            Self::Exponential(point) => (point.start_time_unix_nano, &mut point.time_unix_nano, point.flags),
        };
        let is_zero = head.shape != Shape::Gauge && *time_ns == start_ns;
        *time_ns = if flags != 0 {
            times.ends_ns
        } else if is_zero {
            start_ns.max(times.earliest_ns)
        } else {
            times.values_ns
        };
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
