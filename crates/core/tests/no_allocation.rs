//! Holds the invariant of the request path: no allocation for a known series.

use locust_telemetry_core::{Buffer, Request, RequestTable};
use std::num::NonZeroU16;

fn record_round(table: &mut RequestTable, names: &[String]) {
    for (number, name) in names.iter().enumerate() {
        for elapsed_ms in [0.2, 3.0, 45.0, 7_000.0] {
            table.record(&Request {
                name,
                method: "GET",
                status: NonZeroU16::new(200),
                error_type: (number % 7 == 0).then_some("HTTPError"),
                message: (number % 7 == 0).then_some(["gone", "refused"][number % 2]),
                elapsed_ms: Ok(elapsed_ms),
                response_bytes: 512,
            });
        }
    }
}

#[test]
fn a_known_series_with_known_messages_is_recorded_without_an_allocation() {
    let names: Vec<String> = (0..200).map(|number| format!("/endpoint/{number}")).collect();
    let mut table = RequestTable::new(1_000);
    let mut spare = Buffer::default();
    // Both buffers see every series and the whole range of latencies once.
    for _ in 0..2 {
        record_round(&mut table, &names);
        spare = table.swap(spare);
        spare.drain();
    }
    let mut swapped = Buffer::default();
    let used = allocation_counter::measure(|| {
        record_round(&mut table, &names);
        swapped = table.swap(std::mem::take(&mut spare));
        record_round(&mut table, &names);
    });
    assert_eq!(used.count_total, 0, "the request path or the swap allocated {} bytes", used.bytes_total);
    let counted = swapped.drain();
    assert_eq!((counted.requests(), counted.errors.len()), (800, 29));
}

#[test]
fn what_is_known_by_its_series_alone_is_recorded_without_an_allocation() {
    let request = Request {
        name: "/",
        method: "GET",
        status: NonZeroU16::new(200),
        error_type: None,
        message: None,
        elapsed_ms: Ok(3.0),
        response_bytes: 512,
    };
    let mut table = RequestTable::new(10);
    table.record(&request);
    let series = table.record(&request);
    let mut is_counted = None;
    let used = allocation_counter::measure(|| {
        is_counted = series.map(|series| table.record_known(series, Ok(3.0), 512));
    });
    assert_eq!((is_counted, used.count_total), (Some(true), 0));
    assert_eq!(table.swap(Buffer::default()).drain().requests(), 3);
}

#[test]
fn a_new_series_does_allocate_so_the_counter_works() {
    let mut table = RequestTable::new(1_000);
    let used = allocation_counter::measure(|| record_round(&mut table, &["/new".to_owned()]));
    assert!(used.count_total > 0);
}
