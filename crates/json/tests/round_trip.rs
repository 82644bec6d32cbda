//! What is written is valid JSON and is read back as it was; whatever else is read never panics.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::{Anomaly, EndpointKey, Histogram, Request, RequestAggregate, SeriesKey, SeriesStats};
use locust_telemetry_json::{Entry, Interval, ParseLineError, Phase, VerdictEntry, line, parse_line};
use locust_telemetry_pipeline::Record;
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::num::NonZeroU16;
use std::sync::Arc;
use support::{START_S, counted, encoded, get, identity, record, window, window_of};

const INTERVAL: &str = include_str!("golden/interval.jsonl");
const SUMMARY: &str = include_str!("golden/summary.jsonl");
/// One endpoint and two workers.
const LATE_WORKERS: &str = include_str!("golden/late_workers.jsonl");
const RECONCILIATION: &str = include_str!("golden/reconciliation.jsonl");

/// The first golden line after `change` was made to its `telemetry`.
fn changed(golden: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Result<Entry, ParseLineError> {
    let mut line: Value = serde_json::from_str(golden.lines().next().unwrap()).unwrap();
    change(line["telemetry"].as_object_mut().unwrap());
    parse_line(line.to_string().as_bytes())
}

#[test]
fn locusts_final_totals_are_read() {
    let mut telemetry = record().telemetry;
    for (key, value) in [("telemetry_name", "locust.tl.request.metric.stats"), ("stats_type", "final")] {
        telemetry.insert(key.into(), value.into());
    }
    telemetry.insert("source_id".into(), "master".into());
    telemetry.insert("num_requests".into(), 12.into());
    telemetry.insert("num_failures".into(), Value::from(3.0));
    let Entry::Final(entry) = parse_line(&line::encode(&Record { telemetry, ..record() })).unwrap() else {
        panic!("no final totals");
    };
    assert_eq!((entry.requests, entry.failures, entry.user_count), (12, 3, 10));
    assert_eq!((entry.run_id.as_str(), entry.source_id.as_str()), ("r1", "master"));
}

#[test]
fn other_records_tell_only_their_run() {
    assert_eq!(parse_line(&line::encode(&record())).unwrap(), Entry::Other { run_id: Some("r1".into()) });
    assert_eq!(parse_line(b"{\"level\":\"INFO\"}\r\n").unwrap(), Entry::Other { run_id: None });
}

#[test]
fn what_is_no_record_is_refused() {
    assert!(matches!(parse_line(b"[1]"), Err(ParseLineError::NotObject)));
    for line in [&b""[..], b"Traceback", b"{\"telemetry\":{", b"{\"a\":\"\xff\"}"] {
        assert!(matches!(parse_line(line), Err(ParseLineError::NotJson { .. })));
    }
    assert!(matches!(parse_line(&b"[".repeat(1_000_000)), Err(ParseLineError::NotJson { .. })));
}

#[test]
fn each_field_that_is_read_is_required() {
    const NOT_READ: [&str; 7] =
        ["telemetry_type", "source", "recorder", "current_rps", "current_fail_per_sec", "phase", "confidence"];
    let line: Value = serde_json::from_str(INTERVAL.lines().next().unwrap()).unwrap();
    for key in line["telemetry"].as_object().unwrap().keys() {
        let is_read =
            !NOT_READ.contains(&key.as_str()) && !key.contains("response_time") && !key.contains("percentile");
        if is_read && key != "telemetry_name" && key != "stats_type" {
            let result = changed(INTERVAL, |fields| drop(fields.remove(key)));
            assert!(matches!(result, Err(ParseLineError::Field { field }) if field == key), "{key}: {result:?}");
        }
    }
}

#[test]
fn lines_of_before_there_were_verdicts_are_read() {
    let mut line: Value = serde_json::from_str(INTERVAL.lines().next().unwrap()).unwrap();
    let fields = line["telemetry"].as_object_mut().unwrap();
    for key in ["phase", "confidence", "suspect_reasons", "suspect_seconds"] {
        fields.remove(key).unwrap();
    }
    let Entry::Interval(entry) = parse_line(line.to_string().as_bytes()).unwrap() else { panic!("no interval") };
    assert_eq!((entry.phase, entry.is_late, entry.verdict, entry.requests), (None, false, None, 5));
    let Entry::Summary(entry) = changed(SUMMARY, |fields| drop(fields.remove("confidence"))).unwrap() else {
        panic!("no summary")
    };
    assert_eq!((entry.confidence, entry.requests), (None, 5));
}

#[test]
fn phase_and_verdict_of_an_interval_are_read() {
    let Entry::Interval(entry) = changed(INTERVAL, |_| ()).unwrap() else { panic!("no interval") };
    assert_eq!((entry.phase, entry.is_late), (Some(Phase::RampUp), false));
    let reasons = vec!["hub_lag".to_owned(), "process_cpu".to_owned()];
    assert_eq!(entry.verdict, Some(VerdictEntry { reasons, suspect_seconds: 1 }));
    let Entry::Interval(entry) = changed(LATE_WORKERS, |_| ()).unwrap() else { panic!("no interval") };
    assert_eq!((entry.phase, entry.is_late), (Some(Phase::Steady), true));
    for (key, value) in [("phase", "soon"), ("late", "yes"), ("suspect_seconds", "2")] {
        assert!(changed(INTERVAL, |fields| drop(fields.insert(key.into(), value.into()))).is_err(), "{key}");
    }
}

#[test]
fn damaged_figures_are_refused() {
    let set = |key: &'static str, value: Value| changed(INTERVAL, move |fields| drop(fields.insert(key.into(), value)));
    for (key, value) in [
        ("num_requests", Value::from(-1)),
        ("num_requests", Value::from(1.5)),
        ("num_requests", Value::from(u64::MAX)),
        ("num_requests", Value::from(1)),
        ("num_failures", Value::from(1_000)),
        ("interval_seconds", Value::from(0)),
        ("interval_start", Value::from("soon")),
        ("outcomes", Value::from(vec![1])),
    ] {
        let result = set(key, value);
        assert!(matches!(result, Err(ParseLineError::Field { .. })), "{key}: {result:?}");
    }
    let histogram = |key: &'static str, value: Value| {
        changed(INTERVAL, move |fields| {
            fields["histogram"].as_object_mut().unwrap().insert(key.into(), value);
        })
    };
    assert!(matches!(histogram("scale", 7.into()), Err(ParseLineError::Scale { scale: 7, .. })));
    assert!(matches!(histogram("unit", "s".into()), Err(ParseLineError::Scale { .. })));
    assert!(matches!(histogram("offset", 1_000_000.into()), Err(ParseLineError::Histogram { .. })));
    assert!(matches!(histogram("sum_ns", "1".repeat(60).into()), Err(ParseLineError::Field { field: "sum_ns" })));
    assert!(matches!(histogram("sum_ns", u128::MAX.to_string().into()), Err(ParseLineError::Field { .. })));
    assert!(matches!(histogram("counts", vec![u64::MAX, 1].into()), Err(ParseLineError::Histogram { .. })));
}

/// Name, whether it is a POST, status, whether it failed, response time in milliseconds, response bytes.
type Plan = (u8, bool, Option<u16>, bool, Option<f64>, u64);

fn any_request() -> impl Strategy<Value = Plan> {
    let any_time = prop_oneof![4 => 0.0_f64..100_000.0, 1 => any::<f64>()];
    (0_u8..4, any::<bool>(), prop::option::of(200_u16..203), any::<bool>(), prop::option::of(any_time), 0_u64..5_000)
}

fn aggregate(plans: &[Plan]) -> RequestAggregate {
    let names: Vec<_> = (0..4).map(|name| format!("/{name}")).collect();
    let request = |&(name, post, status, failed, elapsed_ms, response_bytes): &Plan| Request {
        name: &names[usize::from(name)],
        method: if post { "POST" } else { "GET" },
        status: status.and_then(NonZeroU16::new),
        error_type: failed.then_some("HTTPError"),
        message: None,
        elapsed_ms: elapsed_ms.ok_or(Anomaly::TimeMissing),
        response_bytes,
    };
    counted(&plans.iter().map(request).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn an_interval_is_read_back_as_it_was(
        seconds in prop::collection::vec(prop::collection::vec(any_request(), 0..60), 1..4),
    ) {
        let run = identity("r1");
        let mut whole = RequestAggregate::default();
        let mut interval = Interval::begin(&window(&run, START_S, &[]), Phase::Steady);
        for (second, requests) in seconds.iter().enumerate() {
            let requests = aggregate(requests);
            whole.merge(&requests);
            interval.add(&window_of(&run, START_S + second as i64, requests));
        }
        let lines = encoded(&interval);
        let endpoints = whole.endpoints();
        prop_assert_eq!(lines.len(), endpoints.len());
        for line in lines.bytes().split_inclusive(|&byte| byte == b'\n') {
            let Entry::Interval(entry) = parse_line(line).unwrap() else { panic!("no interval") };
            let stats = &endpoints[&EndpointKey { name: &entry.name, method: &entry.method }];
            prop_assert_eq!(&entry.latency, &stats.all.latency);
            prop_assert_eq!(entry.requests, stats.all.requests);
            prop_assert_eq!(entry.failures, stats.failures);
            prop_assert_eq!(entry.response_bytes, stats.all.response_bytes);
            prop_assert_eq!(entry.interval_start_ms, START_S * 1_000);
            prop_assert_eq!(entry.interval_seconds, seconds.len() as f64);
            let outcomes: Vec<_> = stats.outcomes.iter()
                .map(|(key, stats)| (key.status.map(u16::from), key.error_type.as_deref(), stats.requests)).collect();
            let read: Vec<_> = entry.outcomes.iter()
                .map(|outcome| (outcome.status, outcome.error_type.as_deref(), outcome.requests)).collect();
            prop_assert_eq!(read, outcomes);
        }
    }

    #[test]
    fn a_line_is_json_whatever_the_texts(name in any::<String>(), method in any::<String>(), error in any::<String>()) {
        let key = SeriesKey {
            name: name.as_str().into(), method: method.as_str().into(), status: None, error_type: Some(error.as_str().into()),
        };
        let mut requests = RequestAggregate::default();
        let stats = SeriesStats { requests: 1, response_bytes: u64::MAX, latency: Histogram::new() };
        requests.series.insert(Arc::new(key), stats);
        let lines = encoded(&Interval::begin(&window_of(&identity(&name), i64::MAX, requests), Phase::RampUp));
        let Entry::Interval(entry) = parse_line(lines.bytes()).unwrap() else { panic!("no interval") };
        prop_assert_eq!((entry.name, entry.method, entry.run_id), (name.clone(), method, name));
        prop_assert_eq!(entry.outcomes[0].error_type.as_deref(), Some(error.as_str()));
    }

    #[test]
    fn a_record_is_one_line_of_json_whatever_it_holds(text in any::<String>(), number in any::<f64>(), time in any::<i64>()) {
        let telemetry = Map::from_iter([(text.clone(), Value::from(text.clone())), ("n".into(), Value::from(number))]);
        let encoded = line::encode(&Record { time_unix_ns: time, message: text.clone(), telemetry, ..record() });
        prop_assert_eq!(encoded.iter().filter(|&&byte| byte == b'\n').count(), 1);
        let read: Value = serde_json::from_slice(&encoded).unwrap();
        prop_assert_eq!(read["message"].as_str(), Some(text.as_str()));
    }

    #[test]
    fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_line(&bytes);
    }

    #[test]
    fn reading_a_damaged_line_never_panics(
        golden in prop::sample::select(vec![INTERVAL, SUMMARY, LATE_WORKERS, RECONCILIATION]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut line = golden.lines().last().unwrap().as_bytes().to_vec();
        for (place, byte) in changes {
            *place.get_mut(&mut line) = byte;
        }
        if cut {
            line.truncate(length.index(line.len()));
        }
        if let Ok(Entry::Interval(entry)) = parse_line(&line) {
            let _ = (entry.latency.quantile_ms(0.5), entry.latency.mean_ms());
            prop_assert!(entry.latency.count() <= entry.requests);
        }
    }
}

#[test]
fn requests_without_a_usable_time_count_but_have_no_figures() {
    let run = identity("r1");
    let requests = counted(&[Request { elapsed_ms: Err(Anomaly::TimeMissing), ..get("/") }]);
    let interval = Interval::begin(&window_of(&run, START_S, requests), Phase::Steady);
    let line: Value = serde_json::from_slice(encoded(&interval).bytes()).unwrap();
    let fields = &line["telemetry"];
    assert_eq!(fields["num_requests"], 1);
    for key in ["avg_response_time", "min_response_time", "max_response_time", "percentile_50", "percentile_99_9"] {
        assert_eq!(fields[key], Value::Null, "{key}");
    }
}
