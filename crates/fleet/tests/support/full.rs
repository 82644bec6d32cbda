//! One window that has everything that a frame can tell.

use super::START_S;
use locust_telemetry_core::{
    Anomaly, Buffer, ClockOffset, ErrorMessages, Event, Reason, Reasons, Request, RequestAggregate, RequestTable,
    SystemSample, Window,
};
use locust_telemetry_fleet::FrameHeader;
use std::num::NonZeroU16;

/// A header with every field in use.
pub(crate) fn full_header() -> FrameHeader {
    let clock = Some(ClockOffset { offset_ns: -2_999_871_204, error_ns: 412_377 });
    FrameHeader { sequence: 300, is_final: true, clock, ..super::header() }
}

/// What `requests` count, with room for 100 series.
pub(crate) fn counted(requests: &[Request<'_>]) -> RequestAggregate {
    counted_up_to(100, requests)
}

fn counted_up_to(max_series: usize, requests: &[Request<'_>]) -> RequestAggregate {
    let mut table = RequestTable::new(max_series);
    for request in requests {
        table.record(request);
    }
    table.swap(Buffer::default()).drain()
}

/// A failed request that says `message`.
pub(crate) fn failed<'a>(name: &'a str, message: &'a str) -> Request<'a> {
    Request {
        name,
        method: "GET",
        status: NonZeroU16::new(503),
        error_type: Some("HTTPError"),
        message: Some(message),
        elapsed_ms: Ok(3.0),
        response_bytes: 64,
    }
}

/// The window without what its failed requests said, as workers sent it before there were messages.
pub(crate) fn silent(mut window: Window) -> Window {
    window.requests.errors = ErrorMessages::default();
    window
}

/// A window with every field in use, all kinds of outcomes and all shapes of response times.
pub(crate) fn full_window() -> Window {
    let ok = Request {
        name: "/cart/[id]",
        method: "GET",
        status: NonZeroU16::new(200),
        error_type: None,
        message: None,
        elapsed_ms: Ok(12.5),
        response_bytes: 2_048,
    };
    let failed = Request { response_bytes: 2_048, ..failed("/cart/[id]", "HTTPError('503 Server Error: käse')") };
    let unknown = Request { message: None, ..failed };
    let refused = Request {
        status: None,
        error_type: Some("ConnectionRefusedError"),
        message: Some("refused\n<Socket object at 0x7f2b>"),
        ..failed
    };
    let untimed = Request { name: "/käse", elapsed_ms: Err(Anomaly::TimeMissing), response_bytes: 0, ..ok };
    let times = |request, times_ms: &[f64]| {
        times_ms.iter().map(|time_ms| Request { elapsed_ms: Ok(*time_ms), ..request }).collect::<Vec<_>>()
    };
    let requests = [
        times(ok, &[12.5, 12.5, 12.500_001, 18.25, 240.0]),
        times(failed, &[0.0]),
        times(unknown, &[3.75]),
        times(refused, &[0.000_001]),
        times(Request { method: "POST", name: "/cart", ..ok }, &[1e300, 7.0]),
        vec![untimed, untimed],
        times(Request { name: "/one/too/many", ..ok }, &[0.0]),
    ];
    let mut window = Window { start_s: START_S, users: 300, hub_lag_max_ns: Some(51_234_567), ..Window::default() };
    window.requests = counted_up_to(5, &requests.concat());
    window.system = Some(full_sample());
    window.events = vec![
        event("locust.tl.event.spawning.complete", &[("user_count", "300"), ("text", "\"käse\"\n")]),
        event("locust.tl.event.odd", &[]),
    ];
    window.reasons = [Reason::HubLag, Reason::Throttled].into_iter().fold(Reasons::NONE, |mut reasons, reason| {
        reasons.add(reason);
        reasons
    });
    window
}

fn full_sample() -> SystemSample {
    SystemSample {
        time_unix_ns: START_S * 1_000_000_000 + 999_000_001,
        process_cpu_percent: 98.75,
        process_memory_bytes: 83_886_080,
        host_cpu_percent: 41.5,
        host_memory_used_bytes: 3_000_000_000,
        host_memory_total_bytes: 8_000_000_000,
        network_sent_bytes: 123_456_789,
        network_received_bytes: 987_654_321,
        run_queue_delay_since_last_ns: Some(210_000_000),
        throttled_since_last_ns: Some(60_000_000),
    }
}

fn event(name: &str, attributes: &[(&str, &str)]) -> Event {
    let attributes = attributes.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Event { time_unix_ns: START_S * 1_000_000_000 + 500_000_000, name: name.into(), attributes }
}
