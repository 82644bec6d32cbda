//! Tests of the request table.

use super::*;
use crate::endpoint::EndpointKey;
use crate::error_messages::{ErrorMessages, OTHER_MESSAGES};
use crate::message_table::MAX_MESSAGES;
use crate::series::OVERFLOW_NAME;
use proptest::prelude::*;

fn get(name: &str) -> Request<'_> {
    Request {
        name,
        method: "GET",
        status: NonZeroU16::new(200),
        error_type: None,
        message: None,
        elapsed_ms: Ok(1.5),
        response_bytes: 10,
    }
}

fn drain(table: &mut RequestTable) -> RequestAggregate {
    table.swap(Buffer::default()).drain()
}

#[test]
fn a_series_that_was_there_before_counts_without_its_texts() {
    let mut table = RequestTable::new(100);
    assert_eq!(table.record(&get("/")), None, "the first of a series makes it");
    let series = table.record(&get("/")).unwrap();
    let other = table.record(&get("/other")).or_else(|| table.record(&get("/other"))).unwrap();
    assert_ne!(series, other);
    assert!(table.record_known(series, Ok(40.0), 7));
    assert!(table.record_known(other, Err(Anomaly::TimeMissing), 0));
    assert!(table.record_known(other, Ok(f64::NAN), 0));
    let aggregate = drain(&mut table);
    assert_eq!((aggregate.anomalies.get(Anomaly::TimeMissing), aggregate.anomalies.get(Anomaly::TimeNan)), (1, 1));
    let endpoints = aggregate.endpoints();
    let all = &endpoints[&EndpointKey { name: "/", method: "GET" }].all;
    assert_eq!((all.requests, all.response_bytes, all.latency.max_ns()), (3, 27, Some(40_000_000)));
    assert_eq!(endpoints[&EndpointKey { name: "/other", method: "GET" }].all.requests, 4);
    // The other buffer has not seen it yet.
    assert!(table.record_known(series, Ok(1.0), 1));
    assert_eq!(drain(&mut table).requests(), 1);
}

#[test]
fn a_known_series_means_nothing_to_a_later_run_or_another_table() {
    let mut table = RequestTable::new(100);
    let series = table.record(&get("/")).or_else(|| table.record(&get("/"))).unwrap();
    let mut other = RequestTable::new(100);
    other.record(&get("/of another table"));
    assert!(!other.record_known(series, Ok(1.0), 1));
    let mut counted = table.reset();
    table.record(&get("/of the next run"));
    assert!(!table.record_known(series, Ok(1.0), 1));
    assert_eq!((counted.drain().requests(), drain(&mut table).requests(), drain(&mut other).requests()), (2, 1, 1));
}

#[test]
fn what_is_counted_as_odd_each_time_is_never_known() {
    let mut table = RequestTable::new(1);
    table.record(&get("/"));
    for _ in 0..3 {
        assert_eq!(table.record(&get("/folded")), None);
        assert_eq!(table.record(&get("/with\ncontrol characters")), None);
    }
    let aggregate = drain(&mut table);
    assert_eq!(aggregate.requests(), 7);
    assert_eq!(aggregate.anomalies.get(Anomaly::SeriesOverflow), 6);
}

#[test]
fn outcomes_of_one_name_are_series_of_their_own() {
    let mut table = RequestTable::new(100);
    table.record(&get("/"));
    table.record(&Request { method: "POST", ..get("/") });
    table.record(&Request { status: NonZeroU16::new(404), error_type: Some("HTTPError"), ..get("/") });
    table.record(&Request { status: None, error_type: Some("ConnectionRefusedError"), ..get("/") });
    table.record(&get("/"));
    let aggregate = drain(&mut table);
    assert_eq!(aggregate.series.len(), 4);
    assert_eq!((aggregate.requests(), aggregate.failures()), (5, 2));
    let endpoints = aggregate.endpoints();
    assert_eq!(endpoints[&EndpointKey { name: "/", method: "GET" }].all.requests, 4);
    assert_eq!(endpoints[&EndpointKey { name: "/", method: "POST" }].failures, 0);
}

#[test]
fn unusable_times_are_counted_and_the_requests_too() {
    let mut table = RequestTable::new(100);
    for elapsed_ms in
        [Err(Anomaly::TimeMissing), Ok(-0.5), Ok(f64::NAN), Ok(f64::INFINITY), Ok(f64::NEG_INFINITY), Ok(1e300)]
    {
        table.record(&Request { elapsed_ms, ..get("/") });
    }
    let aggregate = drain(&mut table);
    let stats = aggregate.total();
    assert_eq!((stats.requests, stats.latency.count()), (6, 1));
    let kinds: Vec<_> = aggregate.anomalies.occurred().map(|(kind, count)| (kind.name(), count)).collect();
    let expected =
        [("time_missing", 1), ("time_negative", 1), ("time_nan", 1), ("time_infinite", 2), ("time_clamped", 1)];
    assert_eq!(kinds, expected);
}

#[test]
fn zero_and_negative_zero_are_times() {
    let mut table = RequestTable::new(100);
    table.record(&Request { elapsed_ms: Ok(0.0), ..get("/") });
    table.record(&Request { elapsed_ms: Ok(-0.0), ..get("/") });
    let aggregate = drain(&mut table);
    assert_eq!(aggregate.total().latency.zero_count(), 2);
    assert_eq!(aggregate.anomalies, Anomalies::default());
}

#[test]
fn beyond_the_limit_requests_go_to_the_overflow_series_and_keep_their_outcome() {
    let mut table = RequestTable::new(2);
    for number in 0..1_000 {
        let name = format!("/{number}");
        let error_type = (number % 10 == 0).then_some("HTTPError");
        table.record(&Request { error_type, ..get(&name) });
    }
    table.record(&get("/1"));
    let aggregate = drain(&mut table);
    assert_eq!((aggregate.requests(), aggregate.failures()), (1_001, 100));
    assert_eq!(aggregate.series.len(), 4, "two series and two overflow series");
    assert_eq!(aggregate.anomalies.get(Anomaly::SeriesOverflow), 998);
    let overflow = SeriesKey::overflow(true);
    assert_eq!(aggregate.series[&overflow].requests, 99);
    assert_eq!(*overflow.name, *OVERFLOW_NAME);
    assert!(aggregate.folded.iter().any(|name| name == "GET /10"));
}

#[test]
fn nobody_gets_past_the_limit_under_the_name_of_the_overflow_series() {
    let mut table = RequestTable::new(2);
    for number in 0..100 {
        table.record(&Request { method: &format!("M{number}"), ..get(OVERFLOW_NAME) });
    }
    let aggregate = drain(&mut table);
    assert_eq!((aggregate.requests(), aggregate.series.len()), (100, 3));
}

#[test]
fn dirty_names_land_in_the_series_of_their_clean_form() {
    let mut table = RequestTable::new(100);
    table.record(&get("a\nb"));
    table.record(&get("a\nb"));
    table.record(&get(r"a\nb"));
    let aggregate = drain(&mut table);
    assert_eq!(aggregate.series.len(), 1);
    assert_eq!(aggregate.anomalies.get(Anomaly::TextEscaped), 2);
}

#[test]
fn a_reset_forgets_the_series_and_returns_what_was_counted() {
    let mut table = RequestTable::new(100);
    table.record(&get("/old"));
    let mut spare = table.swap(Buffer::default());
    spare.drain();
    table.record(&get("/old"));
    assert_eq!(table.reset().drain().requests(), 1);
    table.record(&get("/new"));
    // The spare numbers its rows by the forgotten series: it must not be taken back.
    let closed = table.swap(spare).drain();
    assert_eq!(closed.series.keys().map(|key| &*key.name).collect::<Vec<_>>(), ["/new"]);
    assert_eq!(drain(&mut table), RequestAggregate::default());
}

#[test]
fn buffers_alternate_without_losing_late_series() {
    let mut table = RequestTable::new(100);
    let mut spare = Buffer::default();
    for round in 1..=20_u64 {
        for number in 0..round {
            table.record(&get(&format!("/{number}")));
        }
        spare = table.swap(spare);
        assert_eq!(spare.drain().requests(), round);
    }
}

fn failed<'a>(name: &'a str, message: &'a str) -> Request<'a> {
    Request { error_type: Some("HTTPError"), message: Some(message), ..get(name) }
}

/// The rows of what failed requests said: name, message, count.
fn messages(aggregate: &RequestAggregate) -> Vec<(&str, &str, u64)> {
    aggregate.errors.iter().map(|(series, message, count)| (&*series.name, &**message, count)).collect()
}

#[test]
fn each_message_of_a_failing_series_is_counted_exactly() {
    let mut table = RequestTable::new(100);
    for (name, message) in [("/a", "gone"), ("/b", "gone"), ("/a", "refused"), ("/a", "gone")] {
        table.record(&failed(name, message));
    }
    table.record(&Request { error_type: Some("HTTPError"), ..get("/a") });
    table.record(&Request { message: Some("of a success"), ..get("/a") });
    let aggregate = drain(&mut table);
    assert_eq!(messages(&aggregate), [("/a", "gone", 2), ("/a", "refused", 1), ("/b", "gone", 1)]);
    assert_eq!(aggregate.failures(), 5);
    assert_eq!(drain(&mut table).errors, ErrorMessages::default(), "each is counted once");
}

#[test]
fn messages_that_differ_in_an_address_are_one() {
    let mut table = RequestTable::new(100);
    for address in 0..50 {
        table.record(&failed("/", &format!("<Socket object at 0x7f{address:08x}> was closed")));
    }
    let aggregate = drain(&mut table);
    assert_eq!(messages(&aggregate), [("/", "<Socket object at 0x....> was closed", 50)]);
    assert_eq!(aggregate.anomalies, Anomalies::default());
}

#[test]
fn beyond_the_limit_messages_count_as_others_of_their_series_until_the_next_run() {
    let mut table = RequestTable::new(1_000);
    for number in 0..1_000 {
        table.record(&failed("/", &format!("no {number:03}")));
    }
    let mut rows = table.swap(Buffer::default());
    let closed = rows.drain();
    assert_eq!(closed.errors.len(), MAX_MESSAGES + 1);
    let others: Vec<_> = messages(&closed).into_iter().filter(|(_, message, _)| *message == OTHER_MESSAGES).collect();
    assert_eq!(others, [("/", OTHER_MESSAGES, 800)]);
    assert_eq!(closed.anomalies.get(Anomaly::MessageOverflow), 800);
    // Not by window, but by run.
    table.record(&failed("/", "new"));
    table.record(&failed("/", "no 007"));
    assert_eq!(messages(&drain(&mut table)), [("/", OTHER_MESSAGES, 1), ("/", "no 007", 1)]);
    let _ = table.reset();
    table.record(&failed("/", "new"));
    assert_eq!(messages(&drain(&mut table)), [("/", "new", 1)]);
}

#[test]
fn messages_of_folded_series_are_those_of_the_overflow_series() {
    let mut table = RequestTable::new(1);
    for number in 0..10 {
        table.record(&failed(&format!("/{number}"), "gone"));
    }
    assert_eq!(messages(&drain(&mut table)), [(OVERFLOW_NAME, "gone", 9), ("/0", "gone", 1)]);
}

#[test]
fn a_huge_message_counts_by_its_beginning() {
    let mut table = RequestTable::new(1);
    let long = "x".repeat(5_000_000);
    table.record(&failed("/", &format!("{long}1")));
    table.record(&failed("/", &format!("{long}2")));
    let aggregate = drain(&mut table);
    assert_eq!(messages(&aggregate), [("/", &*format!("{}…", "x".repeat(512)), 2)]);
}

/// Everything that a request may carry, in numbers that collide often.
fn any_request() -> impl Strategy<Value = (u8, bool, Option<u16>, Option<u8>, Option<f64>, u64)> {
    (0_u8..6, any::<bool>(), prop::option::of(200_u16..204), prop::option::of(0_u8..2), elapsed(), 0_u64..5_000)
}

fn elapsed() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![4 => (0.0_f64..100_000.0).prop_map(Some), 1 => any::<f64>().prop_map(Some), 1 => Just(None)]
}

proptest! {
    #[test]
    fn any_split_over_processes_and_seconds_merges_to_the_whole(
        requests in prop::collection::vec((any_request(), 0_usize..4, any::<bool>()), 0..200),
        order in Just((0..4).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let mut whole = RequestTable::new(1_000);
        let mut parts: Vec<_> = (0..4).map(|_| (RequestTable::new(1_000), RequestAggregate::default())).collect();
        for ((name, post, status, error, elapsed_ms, response_bytes), part, close) in &requests {
            let (name, error) = (format!("/{name}"), error.map(|error| format!("Error{error}")));
            let request = Request {
                name: &name,
                method: if *post { "POST" } else { "GET" },
                status: status.and_then(NonZeroU16::new),
                error_type: error.as_deref(),
                message: Some(["gone", "refused\n", "<Socket object at 0x7f>"][*response_bytes as usize % 3]),
                elapsed_ms: elapsed_ms.ok_or(Anomaly::TimeMissing),
                response_bytes: *response_bytes,
            };
            whole.record(&request);
            let (table, total) = &mut parts[*part];
            table.record(&request);
            if *close {
                total.merge(&drain(table));
            }
        }
        let mut merged = RequestAggregate::default();
        for part in order {
            let (table, total) = &mut parts[part];
            merged.merge(&drain(table));
            merged.merge(total);
        }
        prop_assert_eq!(merged, drain(&mut whole));
    }
}
