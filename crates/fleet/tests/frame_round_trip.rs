//! What goes into a frame comes out of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::histogram::MAX_ELAPSED_NS;
use locust_telemetry_core::{
    Anomaly, Buffer, ClockOffset, Event, Reasons, Request, RequestAggregate, RequestTable, SeriesKey, SystemSample,
    Window,
};
use locust_telemetry_fleet::{FrameBuilder, FrameHeader, decode};
use proptest::prelude::*;
use std::num::NonZeroU16;
use std::sync::Arc;
use support::full::{failed, full_header, full_window, silent};
use support::told::{assert_tells, window_of};
use support::{START_S, busy_windows, frame_of, header};

/// One request: name, method, status, error type, message, time, bytes.
type Raw = (u8, u8, u16, Option<u8>, Option<String>, Option<u64>, u64);

fn elapsed_ns() -> impl Strategy<Value = u64> {
    // Zeros, times with a bucket of their own, many in few buckets, any, and the longest.
    prop_oneof![Just(0), 1_u64..200, 20_000_000_u64..20_500_000, 1..=MAX_ELAPSED_NS, Just(MAX_ELAPSED_NS)]
}

fn raw() -> impl Strategy<Value = Raw> {
    let elapsed = prop_oneof![1 => Just(None), 9 => elapsed_ns().prop_map(Some)];
    let status = prop_oneof![Just(0), Just(200), any::<u16>()];
    // Short ones that meet again, and some that are cut.
    let message = (0..9_u8, 0..3_usize).prop_map(|(number, times)| format!("käse {number}\n").repeat(40 * times + 1));
    let message = prop::option::of(message);
    (any::<u8>(), 0..3_u8, status, prop::option::of(0..3_u8), message, elapsed, any::<u32>().prop_map(u64::from))
}

fn counted(raws: &[Raw]) -> RequestAggregate {
    let mut table = RequestTable::new(100);
    for (name, method, status, error, message, elapsed_ns, response_bytes) in raws {
        table.record(&Request {
            name: &format!("/käse/{}/{}", name % 7, "x".repeat(*name as usize % 50)),
            method: ["GET", "POST", "a method of one's own"][*method as usize],
            status: NonZeroU16::new(*status),
            error_type: error.map(|error| ["HTTPError", "ConnectionError", "E"][error as usize]),
            message: message.as_deref(),
            elapsed_ms: elapsed_ns.map(|ns| ns as f64 / 1e6).ok_or(Anomaly::TimeMissing),
            response_bytes: *response_bytes,
        });
    }
    table.swap(Buffer::default()).drain()
}

fn sample() -> impl Strategy<Value = SystemSample> {
    let amount = || 0..1_u64 << 60;
    let percent = || -1e9..1e9_f64;
    let pressure = (prop::option::of(amount()), prop::option::of(amount()));
    ((-(1_i64 << 61)..1 << 61, percent(), percent()), [amount(), amount(), amount(), amount(), amount()], pressure)
        .prop_map(|((time_unix_ns, process_cpu_percent, host_cpu_percent), amounts, pressure)| SystemSample {
            time_unix_ns,
            process_cpu_percent,
            process_memory_bytes: amounts[0],
            host_cpu_percent,
            host_memory_used_bytes: amounts[1],
            host_memory_total_bytes: amounts[2],
            network_sent_bytes: amounts[3],
            network_received_bytes: amounts[4],
            run_queue_delay_since_last_ns: pressure.0,
            throttled_since_last_ns: pressure.1,
        })
}

fn event() -> impl Strategy<Value = Event> {
    (-(1_i64 << 61)..1 << 61, ".{0,20}", prop::collection::vec((".{0,5}", ".{0,30}"), 0..3))
        .prop_map(|(time_unix_ns, name, attributes)| Event { time_unix_ns, name, attributes })
}

prop_compose! {
    fn window()(
        start_s in prop_oneof![START_S..START_S + 100, -(1_i64 << 40)..=1 << 40],
        raws in prop::collection::vec(raw(), 0..60),
        users in 0..=1_u64 << 40,
        hub_lag_max_ns in prop::option::of(0..=1_u64 << 60),
        system in prop::option::of(sample()),
        events in prop::collection::vec(event(), 0..3),
        reasons in any::<u8>().prop_map(Reasons::from_bits),
    ) -> Window {
        let requests = counted(&raws);
        Window { start_s, requests, users, hub_lag_max_ns, system, events, reasons, workers: Vec::new() }
    }
}

prop_compose! {
    fn any_header()(
        incarnation in any::<u64>(),
        sequence in 0..=1_u64 << 60,
        run_id in "[a-z0-9-]{1,40}",
        is_final in any::<bool>(),
        closed_until_s in -(1_i64 << 40)..=1 << 40,
        clock in prop::option::of((-(1_i64 << 61)..1 << 61, 0..1_u64 << 61)),
    ) -> FrameHeader {
        let clock = clock.map(|(offset_ns, error_ns)| ClockOffset { offset_ns, error_ns });
        FrameHeader { incarnation, sequence, run_id, is_final, closed_until_s, clock }
    }
}

proptest! {
    #[test]
    fn any_windows_come_back_as_they_were(
        windows in prop::collection::vec(window(), 0..5),
        header in any_header(),
    ) {
        let mut builder = FrameBuilder::default();
        windows.iter().for_each(|window| builder.add(window));
        let frame = decode(&builder.finish(&header)).unwrap();
        prop_assert_eq!(&frame.header, &header);
        assert_tells(&frame, &windows);
    }

    #[test]
    fn what_was_read_is_written_with_the_same_bytes(windows in prop::collection::vec(window(), 0..4)) {
        let bytes = frame_of(&windows);
        let frame = decode(&bytes).unwrap();
        let again: Vec<Window> = frame.windows.iter().map(|told| window_of(&frame, told)).collect();
        prop_assert_eq!(frame_of(&again), bytes);
    }
}

#[test]
fn every_field_comes_back() {
    let mut builder = FrameBuilder::default();
    builder.add(&full_window());
    let frame = decode(&builder.finish(&full_header())).unwrap();
    assert_eq!(frame.header, full_header());
    assert_tells(&frame, &[full_window()]);
    let told = &frame.windows[0];
    assert!(told.events.len() == 2 && told.system.is_some() && told.reasons.bits() == 0b1001);
    assert_eq!(told.folded, ["GET /one/too/many"]);
    let expected = ["HTTPError('503 Server Error: käse')", r"refused\n<Socket object at 0x....>"];
    assert_eq!(frame.messages.iter().map(|message| &**message).collect::<Vec<_>>(), expected);
    assert!(told.anomalies.occurred().count() >= 3, "{:?}", told.anomalies);
}

#[test]
fn a_series_is_told_once_however_many_windows_have_it() {
    let windows = busy_windows(3, 50, 1, 5);
    let frame = decode(&frame_of(&windows)).unwrap();
    assert_eq!(frame.keys.len(), 50);
    assert!(frame.keys.is_sorted());
    let apart: Vec<Window> = frame.windows.iter().map(|told| window_of(&frame, told)).collect();
    assert_eq!(frame_of(&apart), frame_of(&windows), "from windows that share no key in memory");
}

#[test]
fn a_series_without_requests_is_left_out() {
    let mut window = busy_windows(1, 3, 1, 1).remove(0);
    window.requests.series.entry(Arc::new(SeriesKey::overflow(true))).or_default();
    let frame = decode(&frame_of(&[window])).unwrap();
    assert_eq!((frame.keys.len(), frame.windows[0].series.len()), (3, 3));
}

/// A window in which requests of `/` failed with these messages.
fn failing(messages: &[&str]) -> Window {
    let requests: Vec<_> = messages.iter().map(|message| failed("/", message)).collect();
    Window { start_s: START_S, requests: support::full::counted(&requests), ..Window::default() }
}

#[test]
fn a_message_is_told_once_however_many_windows_and_series_have_it() {
    let mut other = failing(&["gone", "refused", "gone"]);
    other.requests.merge(&support::full::counted(&[failed("/other", "gone")]));
    let frame = decode(&frame_of(&[failing(&["gone"]), Window::default(), other])).unwrap();
    assert_eq!(frame.messages, ["gone".into(), "refused".into()]);
    let counts = frame.windows.iter().map(|told| told.messages.iter().map(|gain| gain.count).collect());
    let counts: Vec<Vec<_>> = counts.collect();
    assert_eq!(counts, [vec![1], vec![], vec![2, 1, 1]]);
}

#[test]
fn a_message_of_what_did_not_fail_is_left_out_and_costs_no_frame() {
    let mut window = failing(&["gone"]);
    let (gone, success) = (Arc::from("gone"), busy_windows(1, 1, 1, 1).remove(0).requests);
    window.requests.merge(&success);
    let succeeded = success.series.keys().next().unwrap();
    window.requests.errors.add(succeeded, &gone, 1);
    window.requests.errors.add(&Arc::new(SeriesKey::overflow(true)), &gone, 1);
    let frame = decode(&frame_of(&[window])).unwrap();
    assert_eq!(frame.windows[0].messages.len(), 1);
}

#[test]
fn messages_cost_a_frame_their_text_once_and_a_few_bytes_for_each_window() {
    let length = |windows: &[Window]| frame_of(windows).len();
    let silent = silent(failing(&["gone"]));
    // Tag, length, how many; length and text; how many, series, message and count.
    assert_eq!(length(&[failing(&["gone"])]), length(std::slice::from_ref(&silent)) + 3 + 5 + 4);
    let three = [failing(&["gone"]), failing(&["gone"]), failing(&["gone"])];
    assert_eq!(length(&three), length(&[silent.clone(), silent.clone(), silent]) + 3 + 5 + 3 * 4);
}

#[test]
fn nothing_is_left_after_a_frame() {
    let mut builder = FrameBuilder::default();
    busy_windows(2, 3, 1, 1).iter().for_each(|window| builder.add(window));
    assert_eq!(builder.windows(), 2);
    builder.finish(&header());
    assert_eq!(builder.windows(), 0);
    assert!(decode(&builder.finish(&header())).unwrap().windows.is_empty());
}

#[test]
fn what_is_beyond_reason_is_told_as_the_limit_and_costs_no_frame() {
    let limit = 1 << 60;
    let mut window = full_window();
    window.users = u64::MAX;
    window.hub_lag_max_ns = Some(u64::MAX);
    window.events[0].time_unix_ns = i64::MIN;
    window.requests.anomalies.count_many(Anomaly::OutsideRun, u64::MAX);
    let system = window.system.as_mut().unwrap();
    (system.time_unix_ns, system.network_sent_bytes) = (i64::MAX, u64::MAX);
    system.run_queue_delay_since_last_ns = Some(u64::MAX);
    window.requests.series.values_mut().for_each(|stats| stats.response_bytes = u64::MAX);
    let mut builder = FrameBuilder::default();
    builder.add(&window);
    let clock = Some(ClockOffset { offset_ns: i64::MIN, error_ns: 0 });
    let frame = decode(&builder.finish(&FrameHeader { clock, ..header() })).unwrap();
    let told = &frame.windows[0];
    assert_eq!(frame.header.clock, None);
    assert_eq!((told.users, told.hub_lag_max_ns), (1 << 40, Some(limit)));
    assert_eq!(told.events[0].time_unix_ns, -(1 << 62) + 1);
    assert_eq!(told.anomalies.get(Anomaly::OutsideRun), 1 << 40);
    let system = told.system.as_ref().unwrap();
    assert_eq!((system.time_unix_ns, system.network_sent_bytes), ((1 << 62) - 1, limit));
    assert_eq!(system.run_queue_delay_since_last_ns, Some(limit));
    assert!(told.series.iter().all(|gain| gain.response_bytes == limit));
}

#[test]
fn a_window_of_a_thousand_busy_series_stays_below_64_kib() {
    let bytes = frame_of(&busy_windows(1, 1_000, 1, 30)).len();
    assert!(bytes < 40 << 10, "{bytes} bytes");
}

#[test]
fn three_windows_of_a_thousand_series_with_five_requests_stay_below_64_kib() {
    let bytes = frame_of(&busy_windows(3, 1_000, 3, 7)).len();
    assert!(bytes < 60 << 10, "{bytes} bytes");
}
