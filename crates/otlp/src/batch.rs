//! Points on their way into requests: what must travel together, and how much one request carries.

use crate::metric::{Head, MetricPoint, Point, Scope};
use crate::send_clock::SendClock;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most bytes of points in one request, before compression: real gRPC servers often take no more than 4 MiB.
pub(crate) const MAX_REQUEST_BYTES: usize = 3 << 20;

/// All that one series says this time. It is never split over two requests, so that its receipt tells what the backend has.
#[derive(Debug)]
pub(crate) struct Bundle<R> {
    pub(crate) points: Vec<MetricPoint>,
    /// Whom to tell what became of it.
    pub(crate) receipt: R,
}

impl<R> Bundle<R> {
    fn bytes(&self) -> usize {
        self.points.iter().map(|(_, point)| point.encoded_bytes()).sum()
    }
}

/// One request, and whom to tell what became of it.
#[derive(Debug)]
pub(crate) struct Batch<R> {
    pub(crate) request: ExportMetricsServiceRequest,
    pub(crate) receipts: Vec<R>,
    /// About its size.
    pub(crate) bytes: usize,
    pub(crate) points: u64,
}

/// Packs bundles into requests of at most `max_bytes` (a single larger bundle goes alone), each at a time of its own.
pub(crate) fn pack<R>(
    bundles: Vec<Bundle<R>>,
    resource: &Resource,
    max_bytes: usize,
    now_ns: u64,
    clock: &mut SendClock,
) -> Vec<Batch<R>> {
    let mut batches = Vec::new();
    let mut open = Open::default();
    for bundle in bundles {
        let bytes = bundle.bytes();
        if open.bytes > 0 && open.bytes + bytes > max_bytes {
            batches.push(std::mem::take(&mut open).close(resource, now_ns, clock));
        }
        open.add(bundle, bytes);
    }
    if !open.receipts.is_empty() {
        batches.push(open.close(resource, now_ns, clock));
    }
    batches
}

struct Open<R> {
    /// In the order of first appearance within the heads' own order, so that equal data gives equal bytes.
    points: BTreeMap<Arc<Head>, Vec<Point>>,
    receipts: Vec<R>,
    bytes: usize,
}

impl<R> Default for Open<R> {
    fn default() -> Self {
        Self { points: BTreeMap::new(), receipts: Vec::new(), bytes: 0 }
    }
}

impl<R> Open<R> {
    fn add(&mut self, bundle: Bundle<R>, bytes: usize) {
        for (head, point) in bundle.points {
            self.points.entry(head).or_default().push(point);
        }
        self.receipts.push(bundle.receipt);
        self.bytes += bytes;
    }

    fn close(mut self, resource: &Resource, now_ns: u64, clock: &mut SendClock) -> Batch<R> {
        let times = clock.next(now_ns);
        for (head, points) in self.points.iter_mut().filter(|(head, _)| !head.is_delta()) {
            points.iter_mut().for_each(|point| clock.sent(point.send_at(head, times)));
        }
        let points = self.points.values().map(|points| points.len() as u64).sum();
        let mut scopes = Vec::<ScopeMetrics>::new();
        let mut last: Option<Scope> = None;
        // Heads are ordered by scope first.
        for (head, points) in self.points {
            let metric = head.to_metric(points);
            match scopes.last_mut().filter(|_| last.as_ref() == Some(&head.scope)) {
                Some(scope) => scope.metrics.push(metric),
                None => {
                    scopes.push(scope_metrics(&head.scope, metric));
                    last = Some(head.scope.clone());
                }
            }
        }
        let resource_metrics =
            ResourceMetrics { resource: Some(resource.clone()), scope_metrics: scopes, schema_url: String::new() };
        let request = ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] };
        Batch { request, receipts: self.receipts, bytes: self.bytes, points }
    }
}

fn scope_metrics(scope: &Scope, metric: Metric) -> ScopeMetrics {
    let scope = InstrumentationScope {
        name: scope.name.to_string(),
        version: scope.version.to_string(),
        ..InstrumentationScope::default()
    };
    ScopeMetrics { scope: Some(scope), metrics: vec![metric], schema_url: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Shape;
    use opentelemetry_proto::tonic::metrics::v1::{NumberDataPoint, metric::Data};
    use prost::Message as _;

    fn head(scope: &str, name: &str) -> Arc<Head> {
        Arc::new(Head {
            scope: Scope { name: scope.into(), version: "".into() },
            name: name.into(),
            unit: "1".into(),
            description: "".into(),
            shape: Shape::Gauge,
        })
    }

    fn bundle(head: &Arc<Head>, receipt: u32) -> Bundle<u32> {
        let point = NumberDataPoint { time_unix_nano: 1, ..NumberDataPoint::default() };
        Bundle {
            points: vec![(Arc::clone(head), Point::Number(point.clone())), (Arc::clone(head), Point::Number(point))],
            receipt,
        }
    }

    fn points_of(request: &ExportMetricsServiceRequest) -> usize {
        let metrics = request.resource_metrics.iter().flat_map(|of| &of.scope_metrics).flat_map(|of| &of.metrics);
        metrics
            .map(|metric| if let Some(Data::Gauge(gauge)) = &metric.data { gauge.data_points.len() } else { 0 })
            .sum()
    }

    #[test]
    fn points_are_put_together_by_metric_and_metrics_by_scope() {
        let (one, two, other) = (head("a", "one"), head("a", "two"), head("b", "one"));
        let bundles = vec![bundle(&one, 0), bundle(&other, 1), bundle(&two, 2), bundle(&one, 3)];
        let batches = pack(bundles, &Resource::default(), usize::MAX, 5, &mut SendClock::default());
        let scopes = &batches[0].request.resource_metrics[0].scope_metrics;
        let names = |scope: &ScopeMetrics| scope.metrics.iter().map(|metric| metric.name.clone()).collect::<Vec<_>>();
        assert_eq!(scopes.iter().map(names).collect::<Vec<_>>(), [vec!["one", "two"], vec!["one"]]);
        assert_eq!((batches.len(), batches[0].receipts.clone(), batches[0].points), (1, vec![0, 1, 2, 3], 8));
    }

    #[test]
    fn no_request_is_larger_than_allowed_and_every_bundle_is_whole() {
        let head = head("a", "one");
        let bundles = (0..100).map(|receipt| bundle(&head, receipt)).collect();
        let batches = pack(bundles, &Resource::default(), 300, 5, &mut SendClock::default());
        assert!(batches.len() > 5);
        assert!(batches.iter().all(|batch| batch.request.encoded_len() <= 350));
        assert!(batches.iter().all(|batch| points_of(&batch.request) == 2 * batch.receipts.len()));
        assert_eq!(batches.iter().map(|batch| batch.receipts.len()).sum::<usize>(), 100);
    }

    #[test]
    fn a_bundle_above_the_limit_goes_alone() {
        let head = head("a", "one");
        let batches =
            pack(vec![bundle(&head, 0), bundle(&head, 1)], &Resource::default(), 1, 5, &mut SendClock::default());
        assert_eq!(batches.iter().map(|batch| batch.receipts.clone()).collect::<Vec<_>>(), [[0], [1]]);
    }
}
