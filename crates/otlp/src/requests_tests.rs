use super::*;
use crate::metric::{Head, Point};
use crate::settings::{Aggregation, Temporality};
use locust_telemetry_core::{Role, RunIdentity, SeriesKey, SeriesStats, Window};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use std::collections::BTreeMap;
use std::num::NonZeroU16;

const S: u64 = 1_000_000_000;

fn identity(run_id: &str) -> Arc<RunIdentity> {
    Arc::new(RunIdentity {
        run_id: run_id.into(),
        testplan: "plan".into(),
        role: Role::Worker,
        source: "WorkerRunner".into(),
        source_id: "worker-1".into(),
        metadata: Vec::new(),
        labels: Vec::new(),
    })
}

fn key(name: &str, status: u16, error: Option<&str>) -> SeriesKey {
    SeriesKey {
        name: name.into(),
        method: "GET".into(),
        status: NonZeroU16::new(status),
        error_type: error.map(Into::into),
    }
}

/// A window at `start_s` with requests that took these milliseconds; NaN stands for no usable time.
fn window(run: &Arc<RunIdentity>, start_s: i64, requests: &[(SeriesKey, &[f64])]) -> RunWindow {
    let mut window = Window { start_s, ..Window::default() };
    for (key, times_ms) in requests {
        let mut stats = SeriesStats { requests: times_ms.len() as u64, ..SeriesStats::default() };
        let times = times_ms.iter().filter(|time_ms| !time_ms.is_nan());
        times.for_each(|time_ms| stats.latency.record((time_ms * 1e6) as u64));
        window.requests.series.insert(Arc::new(key.clone()), stats);
    }
    RunWindow { run: Arc::clone(run), window }
}

struct Fixture {
    requests: Requests,
    ledger: Arc<Ledger>,
}

impl Fixture {
    fn new(temporality: Temporality, aggregation: Aggregation, is_semantic: bool) -> Self {
        let spans = Spans::new(temporality, aggregation);
        let server = Arc::new(std::sync::Mutex::new(Server::of_url("https://shop.test/base")));
        Self { requests: Requests::new(spans, is_semantic, server, true), ledger: Arc::default() }
    }

    fn explicit(temporality: Temporality) -> Self {
        Self::new(temporality, Aggregation::Explicit, false)
    }

    fn add(&mut self, window: &RunWindow) {
        self.ledger.offered(locust_telemetry_pipeline::Load::requests(window.window.requests.requests()));
        self.requests.add(window, &self.ledger);
    }

    fn bundles(&mut self, now_ns: u64) -> Vec<Bundle<Receipt>> {
        let mut bundles = Vec::new();
        self.requests.bundles(now_ns, &mut bundles);
        bundles
    }

    /// Exports, and settles everything with this fate.
    fn export(&mut self, now_ns: u64, fate: &Fate) -> Vec<(Arc<Head>, Point)> {
        let mut points = Vec::new();
        for bundle in self.bundles(now_ns) {
            let Receipt::Series { run, series, requests, is_last } = bundle.receipt else { panic!("of another") };
            self.requests.settle(run, series, requests, is_last, fate);
            points.extend(bundle.points);
        }
        points
    }

    /// Requests delivered, queued, dropped.
    fn books(&self) -> (u64, u64, u64) {
        let balance = self.ledger.balance();
        (balance.delivered.requests, balance.queued().requests, balance.dropped.requests)
    }
}

/// Name, start, time, count and flags of each histogram point.
fn histograms(points: &[(Arc<Head>, Point)]) -> Vec<(String, u64, u64, u64, u32)> {
    let point = |(head, point): &(Arc<Head>, Point)| {
        let (start, time, count, flags) = match point {
            Point::Explicit(point) => (point.start_time_unix_nano, point.time_unix_nano, point.count, point.flags),
            Point::Exponential(point) => (point.start_time_unix_nano, point.time_unix_nano, point.count, point.flags),
            Point::Number(_) => return None,
        };
        Some((head.name.to_string(), start, time, count, flags))
    };
    points.iter().filter_map(point).collect()
}

fn attributes(point: &Point) -> BTreeMap<String, Value> {
    let attributes: &[KeyValue] = match point {
        Point::Explicit(point) => &point.attributes,
        Point::Exponential(point) => &point.attributes,
        Point::Number(point) => &point.attributes,
    };
    attributes.iter().map(|pair| (pair.key.clone(), pair.value.clone().unwrap().value.unwrap())).collect()
}

fn refused() -> Fate {
    Fate::Refused("no".into())
}

const SUCCESS: &str = "locust.tl.request.metric.success";

#[test]
fn a_series_begins_with_zero_counts_on_from_one_start_and_is_delivered_once() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    let run = identity("a");
    of.add(&window(&run, 100, &[(key("/", 200, None), &[1.0, 2.0])]));
    let points = of.export(103 * S, &Fate::Delivered);
    let at = |time, count| (SUCCESS.to_owned(), 100 * S, time, count, 0);
    assert_eq!(histograms(&points), [at(100 * S, 0), at(103 * S, 2)]);
    of.add(&window(&run, 101, &[(key("/", 200, None), &[3.0])]));
    assert_eq!(of.books(), (2, 1, 0));
    assert_eq!(histograms(&of.export(106 * S, &Fate::Delivered)), [at(106 * S, 3)]);
    assert_eq!(histograms(&of.export(109 * S, &Fate::Delivered)), [at(109 * S, 3)]);
    assert_eq!(of.books(), (3, 0, 0));
}

#[test]
fn figures_of_a_point_are_exact() {
    for aggregation in [Aggregation::Explicit, Aggregation::Exponential] {
        let mut of = Fixture::new(Temporality::Cumulative, aggregation, false);
        of.add(&window(&identity("a"), 100, &[(key("/", 200, None), &[0.0, 1.5, 2.0, 70_000.0])]));
        let points = of.export(103 * S, &Fate::Delivered);
        let (count, sum, min, max, bucketed) = match &points[1].1 {
            Point::Explicit(point) => {
                assert_eq!((point.bucket_counts[0], point.bucket_counts[1], point.bucket_counts[33]), (1, 2, 1));
                (point.count, point.sum, point.min, point.max, point.bucket_counts.iter().sum())
            }
            Point::Exponential(point) => {
                let buckets: u64 = point.positive.as_ref().unwrap().bucket_counts.iter().sum();
                (point.count, point.sum, point.min, point.max, buckets + point.zero_count)
            }
            Point::Number(_) => panic!("a number"),
        };
        assert_eq!((count, sum, min, max, bucketed), (4, Some(70_003.5), Some(0.0), Some(70_000.0), 4));
    }
}

#[test]
fn attributes_are_the_documented_ones_and_a_status_only_where_there_was_one() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    let failed = key("/cart", 0, Some("ConnectionRefusedError"));
    of.add(&window(&identity("a"), 100, &[(key("/", 404, None), &[1.0]), (failed, &[1.0])]));
    let points = of.export(103 * S, &Fate::Delivered);
    let text = |text: &str| Value::StringValue(text.into());
    let expected = |pairs: &[(&str, Value)]| -> BTreeMap<String, Value> {
        let common = [
            ("run_id", "a"),
            ("testplan", "plan"),
            ("source", "WorkerRunner"),
            ("source_id", "worker-1"),
            ("method", "GET"),
        ];
        let common = common.map(|(key, value)| (key.to_owned(), text(value)));
        common.into_iter().chain(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone()))).collect()
    };
    assert_eq!(
        attributes(&points[0].1),
        expected(&[("metric", text(SUCCESS)), ("endpoint", text("/")), ("status_code", Value::IntValue(404))])
    );
    assert_eq!(
        attributes(&points[2].1),
        expected(&[
            ("metric", text("locust.tl.request.metric.error")),
            ("endpoint", text("/cart")),
            ("error_type", text("ConnectionRefusedError"))
        ])
    );
}

#[test]
fn requests_without_a_time_are_counted_beside_the_histogram() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    of.add(&window(&identity("a"), 100, &[(key("/", 200, None), &[1.0, f64::NAN, f64::NAN])]));
    let points = of.export(103 * S, &Fate::Delivered);
    let untimed: Vec<_> = points.iter().filter(|(head, _)| &*head.name == "locust.tl.request.metric.untimed").collect();
    let value = |point: &Point| if let Point::Number(point) = point { point.value } else { None };
    assert_eq!(
        untimed.iter().map(|(_, point)| value(point)).collect::<Vec<_>>(),
        [Some(number_data_point::Value::AsInt(0)), Some(number_data_point::Value::AsInt(2))]
    );
    assert_eq!(histograms(&points)[1].3, 1);
    assert_eq!(of.books(), (3, 0, 0));
}

#[test]
fn cumulative_data_that_was_refused_is_in_the_next_point() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    of.add(&window(&identity("a"), 100, &[(key("/", 200, None), &[1.0, 2.0])]));
    assert_eq!(histograms(&of.export(103 * S, &refused())).len(), 2);
    assert_eq!(of.books(), (0, 2, 0));
    assert_eq!(histograms(&of.export(106 * S, &Fate::Delivered)).len(), 2, "with its zero");
    assert_eq!(of.books(), (2, 0, 0));
}

#[test]
fn delta_data_that_was_refused_is_dropped_and_what_got_no_answer_is_sent_again() {
    let mut of = Fixture::explicit(Temporality::Delta);
    let run = identity("a");
    of.add(&window(&run, 100, &[(key("/", 200, None), &[1.0, 2.0])]));
    of.bundles(103 * S);
    of.add(&window(&run, 103, &[(key("/", 200, None), &[3.0])]));
    let at = |start, time, count| (SUCCESS.to_owned(), start, time, count, 0);
    assert_eq!(histograms(&of.export(106 * S, &refused())), [at(100 * S, 106 * S, 3)]);
    assert_eq!(of.books(), (0, 0, 3));
    of.add(&window(&run, 106, &[(key("/", 200, None), &[4.0])]));
    assert_eq!(histograms(&of.export(109 * S, &Fate::Delivered)), [at(106 * S, 109 * S, 1)]);
    assert_eq!(of.books(), (1, 0, 3));
    assert_eq!(of.export(112 * S, &Fate::Delivered).len(), 0);
}

#[test]
fn an_ended_run_ends_with_its_last_figures_and_markers() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    let run = identity("a");
    of.add(&window(&run, 100, &[(key("/", 200, None), &[1.0])]));
    of.export(103 * S, &Fate::Delivered);
    of.requests.end_run("a");
    let at = |time, count, flags| (SUCCESS.to_owned(), 100 * S, time, count, flags);
    assert_eq!(
        histograms(&of.export(106 * S, &Fate::Delivered)),
        [at(106 * S, 1, 0), at(106 * S + END_MARKER_NS, 0, 1)]
    );
    assert_eq!(of.export(107 * S, &Fate::Delivered).len(), 0);
    assert!(of.requests.runs.is_empty());
}

const END_MARKER_NS: u64 = crate::instruments::END_MARKER_AFTER_NS;

#[test]
fn the_next_run_ends_the_last_one_at_once() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    of.add(&window(&identity("a"), 100, &[(key("/", 200, None), &[1.0])]));
    of.export(103 * S, &Fate::Delivered);
    of.add(&window(&identity("b"), 104, &[(key("/", 200, None), &[1.0])]));
    let flags: Vec<_> = histograms(&of.export(106 * S, &Fate::Delivered)).iter().map(|point| point.4).collect();
    assert_eq!(flags, [0, 1, 0, 0], "the last of a, its marker, the zero of b, its first");
}

#[test]
fn a_straggler_after_the_end_comes_back_with_the_whole_total() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    let run = identity("a");
    of.add(&window(&run, 100, &[(key("/", 200, None), &[1.0]), (key("/b", 200, None), &[1.0])]));
    of.requests.end_all();
    let bundles = of.bundles(103 * S);
    of.add(&window(&run, 102, &[(key("/", 200, None), &[1.0])]));
    for bundle in bundles {
        let Receipt::Series { run, series, requests, is_last } = bundle.receipt else { panic!("of another") };
        of.requests.settle(run, series, requests, is_last, &Fate::Delivered);
    }
    assert_eq!(of.books(), (2, 1, 0));
    assert_eq!(histograms(&of.export(104 * S, &Fate::Delivered))[0].3, 2);
    assert_eq!(of.books(), (3, 0, 0));
    assert!(of.requests.runs.is_empty());
}

#[test]
fn what_the_backend_never_took_is_dropped_with_its_reason() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    of.add(&window(&identity("a"), 100, &[(key("/", 200, None), &[1.0, 2.0])]));
    of.bundles(103 * S);
    of.requests.give_up("connection refused");
    assert_eq!(of.books(), (0, 0, 2));
    assert_eq!(of.ledger.balance().reasons["connection refused"].requests, 2);
}

#[test]
fn a_refusal_is_a_better_reason_than_the_end() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    of.add(&window(&identity("a"), 100, &[(key("/", 200, None), &[1.0])]));
    of.export(103 * S, &refused());
    of.requests.give_up("the process has ended");
    assert_eq!(of.ledger.balance().reasons.keys().collect::<Vec<_>>(), ["no"]);
}

#[test]
fn a_backend_that_stays_away_for_many_runs_costs_bounded_memory_and_counted_drops() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    for number in 0..10 {
        of.add(&window(&identity(&number.to_string()), 100 + number, &[(key("/", 200, None), &[1.0])]));
        of.bundles(200 * S);
    }
    assert_eq!(of.requests.runs.len(), MAX_ENDED_RUNS + 1);
    assert_eq!(of.books(), (0, 5, 5));
}

#[test]
fn the_view_of_the_semantic_conventions_is_in_seconds_and_for_http_only() {
    let mut of = Fixture::new(Temporality::Cumulative, Aggregation::Explicit, true);
    let grpc = SeriesKey { method: "grpc".into(), ..key("call", 0, None) };
    let odd = SeriesKey { method: "PURGE".into(), ..key("/cache", 200, None) };
    let failed = key("/cart", 503, Some("HTTPError"));
    of.add(&window(&identity("a"), 100, &[(failed, &[1_500.0]), (grpc, &[1.0]), (odd, &[1.0])]));
    let points = of.export(103 * S, &Fate::Delivered);
    let semantic: Vec<_> = points
        .iter()
        .filter(|(head, point)| &*head.name == "http.client.request.duration" && !is_zero(point))
        .map(|(_, point)| point)
        .collect();
    assert_eq!(semantic.len(), 2);
    let of_method = |method: &str| {
        let is_it = |point: &&&Point| attributes(point)["http.request.method"] == Value::StringValue(method.into());
        semantic.iter().find(is_it).copied().unwrap()
    };
    let Point::Explicit(point) = of_method("GET") else { panic!("not explicit") };
    assert_eq!((point.sum, point.min, point.explicit_bounds[0]), (Some(1.5), Some(1.5), 0.005));
    let pairs = attributes(of_method("GET"));
    assert_eq!(pairs["http.response.status_code"], Value::IntValue(503));
    assert_eq!(pairs["error.type"], Value::StringValue("HTTPError".into()));
    assert_eq!(
        (pairs["server.address"].clone(), pairs["server.port"].clone()),
        (Value::StringValue("shop.test".into()), Value::IntValue(443))
    );
    assert_eq!(pairs["url.template"], Value::StringValue("/cart".into()));
    assert!(!attributes(of_method("_OTHER")).contains_key("error.type"));
}

#[test]
fn series_of_the_semantic_conventions_are_as_distinct_as_ours() {
    let mut of = Fixture::new(Temporality::Cumulative, Aggregation::Explicit, true);
    let purge = SeriesKey { method: "PURGE".into(), ..key("/", 200, None) };
    let ban = SeriesKey { method: "BAN".into(), ..key("/", 200, None) };
    let (one, other) = (key("/", 500, Some("HTTPError")), key("/", 500, Some("CatchResponseError")));
    of.add(&window(&identity("a"), 100, &[(one, &[1.0]), (other, &[1.0]), (purge, &[1.0]), (ban, &[1.0])]));
    let points = of.export(103 * S, &Fate::Delivered);
    let semantic =
        points.iter().filter(|(head, point)| &*head.name == "http.client.request.duration" && !is_zero(point));
    let distinct: std::collections::BTreeSet<_> =
        semantic.map(|(_, point)| format!("{:?}", attributes(point))).collect();
    assert_eq!(distinct.len(), 4);
}

#[test]
fn requests_without_a_time_begin_with_a_zero_of_their_own() {
    let mut of = Fixture::explicit(Temporality::Cumulative);
    let run = identity("a");
    let untimed = |points: &[(Arc<Head>, Point)]| {
        points.iter().filter(|(head, _)| &*head.name == "locust.tl.request.metric.untimed").count()
    };
    of.add(&window(&run, 100, &[(key("/", 200, None), &[1.0])]));
    assert_eq!(untimed(&of.export(103 * S, &Fate::Delivered)), 0);
    of.add(&window(&run, 103, &[(key("/", 200, None), &[f64::NAN])]));
    assert_eq!(untimed(&of.export(106 * S, &Fate::Delivered)), 2);
    assert_eq!(untimed(&of.export(109 * S, &Fate::Delivered)), 1);
}

#[test]
fn a_series_has_no_histogram_until_a_request_has_a_time() {
    for temporality in [Temporality::Cumulative, Temporality::Delta] {
        let mut of = Fixture::new(temporality, Aggregation::Explicit, true);
        let run = identity("a");
        of.add(&window(&run, 100, &[(key("/", 200, None), &[f64::NAN])]));
        assert_eq!(histograms(&of.export(103 * S, &Fate::Delivered)), []);
        of.add(&window(&run, 103, &[(key("/", 200, None), &[1.0, f64::NAN])]));
        let points = histograms(&of.export(106 * S, &Fate::Delivered));
        let zeros = points.iter().filter(|(_, _, _, count, _)| *count == 0).count();
        let is_cumulative = temporality == Temporality::Cumulative;
        assert_eq!((points.len() - zeros, zeros), (2, if is_cumulative { 2 } else { 0 }), "{points:?}");
        assert_eq!(of.books(), (3, 0, 0));
    }
}

fn is_zero(point: &Point) -> bool {
    matches!(point, Point::Explicit(point) if point.count == 0)
}
