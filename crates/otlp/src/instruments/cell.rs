//! One set of attributes of one instrument, and what it has counted.

use crate::attributes::Attributes;
use crate::distribution::{Distribution, Layout};
use crate::flow::{Flow, Gain, Span};
use crate::instruments::Kind;
use crate::metric::Point;
use crate::number::Number;
use crate::send_clock::MILLISECOND_NS;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::NumberDataPoint;
use std::sync::Arc;

/// How a set has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With its last value.
    Last {
        /// Whether a marker follows the value.
        is_marked: bool,
    },
    /// A callback told of it no more.
    Vanished,
}

/// A set of attributes.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) attributes: Arc<Attributes>,
    pub(super) ended: Option<Ended>,
    count: Count,
}

#[derive(Debug)]
enum Count {
    Sum(Flow<Number>),
    Distribution(Flow<Distribution>),
    /// A level, and when it was first told.
    Level {
        now: Number,
        since_ns: u64,
    },
    /// A total that a callback told; `settled` is what the backend has of it.
    Total {
        now: Number,
        settled: Number,
        taken: Number,
        span: Span,
        since_ns: u64,
        taken_ns: u64,
        wants_zero: bool,
    },
}

impl Gain for Number {
    fn gain(&mut self, other: &Self) {
        *self = self.plus(*other);
    }

    fn is_nothing(&self) -> bool {
        self.to_f64() == 0.0
    }
}

/// A copy of what a set has counted, for one point.
pub(super) struct Figures {
    pub(super) attributes: Arc<Attributes>,
    pub(super) figure: Figure,
    pub(super) start_ns: u64,
    /// When the point stands.
    pub(super) time_ns: u64,
    pub(super) wants_zero_point: bool,
    pub(super) ended: Option<Ended>,
}

/// The value of a point.
pub(super) enum Figure {
    Number(Number),
    Distribution(Distribution),
}

impl Figure {
    /// The value with which a series begins.
    pub(super) fn zero(&self) -> Self {
        match self {
            Self::Number(number) => Self::Number(number.zero()),
            Self::Distribution(_) => Self::Distribution(Distribution::default()),
        }
    }

    pub(super) fn to_point(&self, layout: &Layout, attributes: Vec<KeyValue>, start_ns: u64, time_ns: u64) -> Point {
        match self {
            Self::Number(number) => Point::Number(NumberDataPoint {
                attributes,
                start_time_unix_nano: start_ns,
                time_unix_nano: time_ns,
                value: Some(number.to_proto()),
                ..NumberDataPoint::default()
            }),
            Self::Distribution(distribution) => distribution.to_point(layout, attributes, start_ns, time_ns),
        }
    }
}

impl Cell {
    /// A set that begins; `first` tells whether its values are whole.
    pub(super) fn new(kind: Kind, span: Span, first: Number, now_ns: u64) -> Self {
        let count = match kind {
            Kind::Counter | Kind::UpDownCounter => {
                let mut sum = Flow::new(span, now_ns);
                *sum.gained() = first.zero();
                Count::Sum(sum)
            }
            Kind::Histogram => Count::Distribution(Flow::new(span, now_ns)),
            Kind::Gauge | Kind::ObservableGauge => Count::Level { now: first, since_ns: now_ns },
            Kind::ObservableCounter | Kind::ObservableUpDownCounter => {
                let zero = first.zero();
                Count::Total {
                    now: zero,
                    settled: zero,
                    taken: zero,
                    span,
                    since_ns: now_ns,
                    taken_ns: now_ns,
                    wants_zero: false,
                }
            }
        };
        Self { attributes: Arc::default(), ended: None, count }
    }

    /// The same set; a cumulative total in it has grown from zero since it is told of, if `begins_at_zero`.
    pub(super) fn beginning_at_zero(mut self, begins_at_zero: bool) -> Self {
        if let Count::Total { span: Span::Cumulative, wants_zero, .. } = &mut self.count {
            *wants_zero = begins_at_zero;
        }
        self
    }

    /// The same set, of these attributes.
    pub(super) fn of(self, attributes: &Arc<Attributes>) -> Self {
        Self { attributes: Arc::clone(attributes), ..self }
    }

    /// Takes a finite value.
    pub(super) fn take(&mut self, amount: Number, layout: &Layout) {
        match &mut self.count {
            Count::Sum(sum) => sum.gained().gain(&amount),
            Count::Distribution(distribution) => distribution.gained().record(amount.to_f64(), layout),
            Count::Level { now, .. } | Count::Total { now, .. } => *now = amount,
        }
    }

    /// Takes a further value of a callback for the same set, which only the overflow has: totals add up, of levels the
    /// last one stands.
    pub(super) fn take_more(&mut self, amount: Number, layout: &Layout) {
        match &mut self.count {
            Count::Total { now, .. } => *now = now.plus(amount),
            _ => self.take(amount, layout),
        }
    }

    /// What to send now, if anything.
    pub(super) fn figures(&mut self, now_ns: u64) -> Option<Figures> {
        let (figure, start_ns, time_ns, wants_zero_point) = match &mut self.count {
            Count::Sum(sum) => {
                let wants_zero_point = sum.wants_zero_point();
                // A delta of nothing still has to tell its end.
                let start_ns = sum.start_ns();
                let taken = sum.take(now_ns).map(|(sum, start_ns)| (*sum, start_ns));
                let (number, start_ns) = match taken {
                    Some(taken) => taken,
                    None if self.ended.is_some() => (Number::default(), start_ns),
                    None => return None,
                };
                (Figure::Number(number), start_ns, sum.end_ns(now_ns), wants_zero_point)
            }
            Count::Distribution(distribution) => {
                let wants_zero_point = distribution.wants_zero_point();
                let start_ns = distribution.start_ns();
                let taken = distribution.take(now_ns).map(|(figure, start_ns)| (figure.clone(), start_ns));
                let (figure, start_ns) = match taken {
                    Some(taken) => taken,
                    None if self.ended.is_some() => (Distribution::default(), start_ns),
                    None => return None,
                };
                (Figure::Distribution(figure), start_ns, distribution.end_ns(now_ns), wants_zero_point)
            }
            Count::Level { now, since_ns } => (Figure::Number(*now), *since_ns, now_ns, false),
            Count::Total { now, settled, taken, span, since_ns, taken_ns, wants_zero } => {
                (*taken, *taken_ns) = (*now, now_ns.max(*since_ns + MILLISECOND_NS));
                let number = if *span == Span::Delta { now.minus(*settled) } else { *now };
                (Figure::Number(number), *since_ns, *taken_ns, *wants_zero)
            }
        };
        Some(Figures {
            attributes: Arc::clone(&self.attributes),
            figure,
            start_ns,
            time_ns,
            wants_zero_point,
            ended: self.ended,
        })
    }

    /// Takes what became of the last figures.
    pub(super) fn settle(&mut self, is_delivered: bool) {
        match &mut self.count {
            Count::Sum(sum) => sum.settle(is_delivered),
            Count::Distribution(distribution) => distribution.settle(is_delivered),
            Count::Level { .. } => {}
            Count::Total { settled, taken, span, since_ns, taken_ns, wants_zero, .. } => {
                *wants_zero &= !is_delivered;
                if *span == Span::Delta {
                    (*settled, *since_ns) = (*taken, *taken_ns);
                }
            }
        }
    }
}
