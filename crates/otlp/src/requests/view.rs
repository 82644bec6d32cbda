//! How a series of requests is shown: the documented metrics, and by option those of the semantic conventions.

use super::series::{Series, Telling};
use crate::attributes::{AttributeValue, Attributes};
use crate::boundaries::{LATENCY_BOUNDARIES_MS, SEMANTIC_BOUNDARIES_S, counts_between};
use crate::exponential::Buckets;
use crate::flow::Span;
use crate::instruments::{END_MARKER_AFTER_NS, Kind};
use crate::metric::{Head, MetricPoint, Point, Scope, Shape};
use crate::spans::Spans;
use locust_telemetry_core::{Histogram, RunIdentity, SeriesKey, SeriesStats};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint};
use std::sync::{Arc, Mutex, PoisonError};

const SUCCESS: &str = "locust.tl.request.metric.success";
const ERROR: &str = "locust.tl.request.metric.error";
const UNTIMED: &str = "locust.tl.request.metric.untimed";
const SEMANTIC: &str = "http.client.request.duration";

/// The methods that the semantic conventions know; others are `_OTHER` (HTTP spans, `http.request.method`).
const METHODS: [&str; 10] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];

const NS_PER_MS: f64 = 1e6;
const NS_PER_S: f64 = 1e9;

/// Where the load goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Name or address.
    pub address: String,
    /// Its port, if known.
    pub port: Option<u16>,
}

impl Server {
    /// Of a URL such as Locust's `host`; `None` if it names no server.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Self> {
        let url = url::Url::parse(url).ok()?;
        Some(Self { address: url.host_str()?.to_owned(), port: url.port_or_known_default() })
    }
}

/// The metrics in which requests are shown.
#[derive(Debug)]
pub(super) struct Views {
    success: Arc<Head>,
    error: Arc<Head>,
    untimed: Arc<Head>,
    semantic: Option<Arc<Head>>,
    server: ServerCell,
    is_exponential: bool,
}

/// Where the load goes at present. Behind a lock of its own, so that whoever tells does not wait for an export.
pub(crate) type ServerCell = Arc<Mutex<Option<Server>>>;

impl Views {
    pub(super) fn new(spans: Spans, is_semantic: bool, server: ServerCell) -> Self {
        let is_exponential = spans.is_exponential();
        let is_delta = spans.of(Kind::Histogram) == Span::Delta;
        let shape = if is_exponential { Shape::Exponential { is_delta } } else { Shape::Explicit { is_delta } };
        let head = |name: &str, unit: &str, description: &str, shape| {
            Arc::new(Head {
                scope: Scope::own(),
                name: name.into(),
                unit: unit.into(),
                description: description.into(),
                shape,
            })
        };
        Self {
            success: head(SUCCESS, "ms", "Response times of successful requests.", shape),
            error: head(ERROR, "ms", "Response times of failed requests.", shape),
            untimed: head(
                UNTIMED,
                "1",
                "Requests without a usable response time; they are in no histogram.",
                Shape::Sum { is_monotonic: true, is_delta },
            ),
            semantic: is_semantic.then(|| head(SEMANTIC, "s", "Duration of HTTP client requests.", shape)),
            server,
            is_exponential,
        }
    }

    /// The attributes of a series, in the documented view and in that of the semantic conventions.
    pub(super) fn attributes(&self, run: &RunIdentity, key: &SeriesKey) -> (Vec<KeyValue>, Option<Vec<KeyValue>>) {
        let metric = if key.is_failure() { ERROR } else { SUCCESS };
        let mut pairs: Vec<(Box<str>, AttributeValue)> = vec![
            ("metric".into(), metric.into()),
            ("run_id".into(), run.run_id.as_str().into()),
            ("testplan".into(), run.testplan.as_str().into()),
            ("source".into(), run.source.as_str().into()),
            ("source_id".into(), run.source_id.as_str().into()),
            ("endpoint".into(), (&*key.name).into()),
            ("method".into(), (&*key.method).into()),
        ];
        pairs.extend(key.status.map(|status| ("status_code".into(), i64::from(status.get()).into())));
        pairs.extend(key.error_type.as_deref().map(|error| ("error_type".into(), error.into())));
        let semantic = self.semantic.as_ref().and_then(|_| self.semantic_attributes(run, key));
        (Attributes::new(pairs).to_proto(), semantic.map(|attributes| attributes.to_proto()))
    }

    /// By the semantic conventions for HTTP client metrics, and the run's identity, without which runs would mix.
    fn semantic_attributes(&self, run: &RunIdentity, key: &SeriesKey) -> Option<Attributes> {
        let is_known = METHODS.contains(&&*key.method);
        if !is_known && key.status.is_none() {
            // Another protocol's client, as far as anybody can tell.
            return None;
        }
        let method = if is_known { &key.method } else { "_OTHER" };
        let mut pairs: Vec<(Box<str>, AttributeValue)> = vec![
            ("http.request.method".into(), method.into()),
            ("url.template".into(), (&*key.name).into()),
            ("run_id".into(), run.run_id.as_str().into()),
            ("testplan".into(), run.testplan.as_str().into()),
        ];
        if let Some(server) = &*self.server.lock().unwrap_or_else(PoisonError::into_inner) {
            pairs.push(("server.address".into(), server.address.as_str().into()));
            pairs.extend(server.port.map(|port| ("server.port".into(), i64::from(port).into())));
        }
        pairs.extend(key.status.map(|status| ("http.response.status_code".into(), i64::from(status.get()).into())));
        // The class rather than the status, which has an attribute: two classes of one status are two series.
        pairs.extend(key.error_type.as_deref().map(|error| ("error.type".into(), error.into())));
        if !is_known {
            pairs.push(("http.request.method_original".into(), (&*key.method).into()));
        }
        Some(Attributes::new(pairs))
    }

    /// What a series has to say now, and of how many requests; `None` where a delta has nothing.
    pub(super) fn points(&self, series: &mut Series, now_ns: u64, is_end: bool) -> Option<(Vec<MetricPoint>, u64)> {
        let (stats, start_ns) = series.flow.take(now_ns)?;
        let untimed = untimed(stats);
        let tell_timed = series.timed.tell(series.span, stats.latency.count());
        let tell_untimed = series.untimed.tell(series.span, untimed);
        let mut points = Vec::new();
        let mut show = |head: &Arc<Head>, telling: Telling, zero: Point, point: Point| {
            if telling == Telling::ZeroAndValue {
                points.push((Arc::clone(head), zero));
            }
            points.push((Arc::clone(head), point.clone()));
            if is_end {
                points.push((Arc::clone(head), point.into_end_marker(now_ns + END_MARKER_AFTER_NS)));
            }
        };
        if tell_timed != Telling::Nothing {
            let nothing = Histogram::new();
            let head = if series.is_failure { &self.error } else { &self.success };
            let figures = |latency, time_ns| Figures { attributes: &series.attributes, latency, start_ns, time_ns };
            let zero = figures(&nothing, start_ns).in_ms(self.is_exponential);
            show(head, tell_timed, zero, figures(&stats.latency, now_ns).in_ms(self.is_exponential));
            if let (Some(head), Some(attributes)) = (&self.semantic, &series.semantic) {
                let figures = |latency, time_ns| Figures { attributes, latency, start_ns, time_ns };
                let zero = figures(&nothing, start_ns).in_seconds(self.is_exponential);
                show(head, tell_timed, zero, figures(&stats.latency, now_ns).in_seconds(self.is_exponential));
            }
        }
        if tell_untimed != Telling::Nothing {
            let point = |count, time_ns| {
                Point::Number(NumberDataPoint {
                    attributes: series.attributes.clone(),
                    start_time_unix_nano: start_ns,
                    time_unix_nano: time_ns,
                    value: Some(Value::AsInt(count)),
                    ..NumberDataPoint::default()
                })
            };
            let count = i64::try_from(untimed).unwrap_or(i64::MAX);
            show(&self.untimed, tell_untimed, point(0, start_ns), point(count, now_ns));
        }
        Some((points, stats.requests))
    }
}

fn untimed(stats: &SeriesStats) -> u64 {
    stats.requests.saturating_sub(stats.latency.count())
}

/// What one histogram point is made from.
struct Figures<'a> {
    attributes: &'a [KeyValue],
    latency: &'a Histogram,
    start_ns: u64,
    time_ns: u64,
}

impl Figures<'_> {
    fn in_ms(&self, is_exponential: bool) -> Point {
        if is_exponential {
            self.exponential(&Buckets::of(&self.used()), NS_PER_MS)
        } else {
            let counts = counts_between(self.latency, LATENCY_BOUNDARIES_MS);
            self.explicit(counts, LATENCY_BOUNDARIES_MS.to_vec(), NS_PER_MS)
        }
    }

    fn in_seconds(&self, is_exponential: bool) -> Point {
        if is_exponential {
            self.exponential(&Buckets::in_seconds(&self.used()), NS_PER_S)
        } else {
            let counts = counts_between(self.latency, SEMANTIC_BOUNDARIES_S.map(|boundary_s| boundary_s * 1_000.0));
            self.explicit(counts, SEMANTIC_BOUNDARIES_S.to_vec(), NS_PER_S)
        }
    }

    fn used(&self) -> Vec<(i32, u64)> {
        let (offset, counts) = self.latency.buckets();
        (offset..).zip(counts).filter(|(_, count)| **count > 0).map(|(index, count)| (index, *count)).collect()
    }

    fn explicit(&self, bucket_counts: Vec<u64>, explicit_bounds: Vec<f64>, ns_per_unit: f64) -> Point {
        Point::Explicit(HistogramDataPoint {
            attributes: self.attributes.to_vec(),
            start_time_unix_nano: self.start_ns,
            time_unix_nano: self.time_ns,
            count: self.latency.count(),
            sum: Some(self.latency.sum_ns() as f64 / ns_per_unit),
            bucket_counts,
            explicit_bounds,
            min: self.latency.min_ns().map(|min_ns| min_ns as f64 / ns_per_unit),
            max: self.latency.max_ns().map(|max_ns| max_ns as f64 / ns_per_unit),
            ..HistogramDataPoint::default()
        })
    }

    fn exponential(&self, buckets: &Buckets, ns_per_unit: f64) -> Point {
        Point::Exponential(ExponentialHistogramDataPoint {
            attributes: self.attributes.to_vec(),
            start_time_unix_nano: self.start_ns,
            time_unix_nano: self.time_ns,
            count: self.latency.count(),
            sum: Some(self.latency.sum_ns() as f64 / ns_per_unit),
            scale: buckets.scale,
            zero_count: self.latency.zero_count(),
            positive: Some(buckets.to_proto()),
            min: self.latency.min_ns().map(|min_ns| min_ns as f64 / ns_per_unit),
            max: self.latency.max_ns().map(|max_ns| max_ns as f64 / ns_per_unit),
            ..ExponentialHistogramDataPoint::default()
        })
    }
}
