//! The largest run that a report must hold: an hour of 500 endpoints, with 100,000 messages of failures that are all
//! different. It takes long to record without optimisation, so `make report-size` runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use locust_telemetry_core::{SeriesKey, Window};
use locust_telemetry_report::{Format, Subject, export, html};
use locust_telemetry_store::{Store, container, strip};
use serde_json::Value;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Instant;
use support::{Random, START_S, add, key, recorded};

const RUN_ID: &str = "hour";
const SECONDS: i64 = 3_600;
const ENDPOINTS: u64 = 500;
/// To each endpoint in each second.
const REQUESTS: u64 = 10;
const MESSAGES: u64 = 100_000;

/// What a comment on a pull request may have on GitHub, in characters.
const MAX_COMMENT: usize = 65_536;

/// The successes and the failures of each endpoint.
fn endpoints() -> Vec<(Arc<SeriesKey>, Arc<SeriesKey>)> {
    let named = |number: u64| format!("/api/v2/resource-{number}/[id]?page=<n>&sort=name");
    let of = |name: &str| (key("GET", name, Some(200), None), key("GET", name, Some(503), Some("HTTPError")));
    (0..ENDPOINTS).map(|number| of(&named(number))).collect()
}

/// As many new messages in each second as it takes; from every endpoint in turn.
fn window(offset: i64, endpoints: &[(Arc<SeriesKey>, Arc<SeriesKey>)], random: &mut Random) -> Window {
    let mut window = Window { start_s: START_S + offset, users: 5_000, ..Window::default() };
    for (number, (succeeded, _)) in (0..).zip(endpoints) {
        let times: Vec<u64> = (0..REQUESTS).map(|_| random.time_ns((5 + number % 290) * 1_000_000)).collect();
        add(&mut window.requests, succeeded, &times);
    }
    let second = offset.unsigned_abs();
    for number in second * MESSAGES / SECONDS as u64..(second + 1) * MESSAGES / SECONDS as u64 {
        let (_, failed) = &endpoints[(number % ENDPOINTS) as usize];
        let order = random.next();
        let message = format!(
            "503 Server Error: <order {order:016x}> is locked by \"worker\" {number}; try again in {} ms",
            order % 977
        );
        add(&mut window.requests, failed, &[random.time_ns(2_000_000)]);
        window.requests.errors.add(failed, &message.as_str().into(), 1);
    }
    window
}

/// All requests in the strips of one kind, and how long their slots are.
fn strips(data: &Value, kind: &str) -> (u64, i64) {
    let strips = data["strips"].as_array().unwrap().iter().find(|strips| strips["kind"] == kind).unwrap();
    let mut bytes = Vec::new();
    let deflated = STANDARD.decode(strips["container"].as_str().unwrap()).unwrap();
    DeflateDecoder::new(&deflated[..]).read_to_end(&mut bytes).unwrap();
    let packed = container::read(&bytes).unwrap();
    let gains = packed.iter().flat_map(|packed| strip::decode(packed.strip).unwrap());
    (gains.map(|(_, gain)| gain.requests).sum(), strips["slot_s"].as_i64().unwrap())
}

#[test]
#[ignore = "takes minutes without optimisation; `make report-size` runs it"]
fn an_hour_of_500_endpoints_with_100_000_messages_fits_into_a_report_and_a_comment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let (endpoints, mut random) = (endpoints(), Random(42));
    let begun = Instant::now();
    recorded(&path, RUN_ID, "hour", (0..SECONDS).map(|offset| window(offset, &endpoints, &mut random)));
    let megabytes = std::fs::metadata(&path).unwrap().len() as f64 / 1e6;
    println!("recorded in {:.1} s, {megabytes:.1} MB", begun.elapsed().as_secs_f64());

    let store = Store::open(&path).unwrap();
    let run = store.run(RUN_ID).unwrap().unwrap();
    let all = SECONDS.unsigned_abs() * ENDPOINTS * REQUESTS + MESSAGES;
    assert_eq!((run.row().requests, run.errors(None).unwrap().len() as u64), (all, MESSAGES));

    let begun = Instant::now();
    let report = html::encode(&run, None, &mut |_| {}).unwrap();
    println!("report: {} bytes in {:.1} s", report.len(), begun.elapsed().as_secs_f64());
    assert!(report.len() < html::MAX_REPORT_BYTES);
    let (_, rest) = report.split_once(r#"id="run-data">"#).unwrap();
    let data: Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    let ((by_series, slot_s), (in_total, total_slot_s)) = (strips(&data, "series"), strips(&data, "total"));
    assert_eq!((by_series, in_total), (all, all));
    let listed: u64 = data["errors"].as_array().unwrap().iter().map(|error| error["count"].as_u64().unwrap()).sum();
    println!("slots of {slot_s} s, of the total {total_slot_s} s; {listed} messages, left out: {}", data["left_out"]);
    assert_eq!(listed + data["left_out"]["errors_count"].as_u64().unwrap(), MESSAGES);
    assert!(listed > 0 && data["left_out"]["series"] == 0);

    let begun = Instant::now();
    let summary = export::encode(&run, None, Format::Markdown, Subject::Endpoints).unwrap();
    println!("summary: {} bytes in {:.1} s", summary.len(), begun.elapsed().as_secs_f64());
    assert!(String::from_utf8(summary).unwrap().chars().count() < MAX_COMMENT);
}
