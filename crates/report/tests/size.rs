//! A report is below its limit, whatever the run, and tells what it left out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use locust_telemetry_core::Window;
use locust_telemetry_report::html;
use locust_telemetry_store::{Store, container, strip};
use serde_json::Value;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use support::{START_S, add, hostile, key, recorded};

const RUN_ID: &str = "big";
const SECONDS: i64 = 150;
const ENDPOINTS: u64 = 30;
const MESSAGES: u64 = 400;

/// Many endpoints with names of every length, many messages, many events.
fn big(folder: &Path) -> PathBuf {
    let path = folder.join("runs.db");
    let window = |offset: i64| {
        let mut window = Window { start_s: START_S + offset, users: 9, ..Window::default() };
        for number in 0..ENDPOINTS {
            let name = format!("/{number}/{}", "x<".repeat(number as usize * 9));
            let times = [number * 1_000_000 + offset.unsigned_abs() * 900_000 + 1; 3];
            add(&mut window.requests, &key("GET", &name, Some(200), None), &times);
        }
        let failed = key("GET", "/fail", Some(500), Some("HTTPError"));
        add(&mut window.requests, &failed, &[1_000_000, 2_000_000]);
        let number = offset.unsigned_abs() * 2 % MESSAGES;
        let messages = [number, number + 1].map(|number| format!("order {number} {}", "<".repeat(40)));
        messages.iter().for_each(|text| window.requests.errors.add(&failed, &text.as_str().into(), 1));
        window
    };
    recorded(&path, RUN_ID, "big", (0..SECONDS).map(window));
    let store = Store::open(&path).unwrap();
    for number in 0..200 {
        store.annotate(RUN_ID, &format!("note {number}"), START_S * 1_000_000_000 + number).unwrap();
    }
    path
}

/// The report in at most `data_bytes` beside the page itself: its length, its length without data, and its data.
fn report_within(path: &Path, run_id: &str, data_bytes: usize) -> (usize, usize, Value) {
    let store = Store::open(path).unwrap();
    let run = store.run(run_id).unwrap().unwrap();
    let page = page_bytes();
    let report = html::encode_within(&run, None, page + data_bytes, &mut |_| {}).unwrap();
    let (_, rest) = report.split_once(r#"id="run-data">"#).unwrap();
    let data = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    (report.len(), page, data)
}

/// How large the page is.
fn page_bytes() -> usize {
    let part = |name: &str| {
        std::fs::metadata(format!("{}/../../web/dist/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap().len() as usize
    };
    part("index.html") + part("app.js") + part("app.css")
}

/// Requests in the strips of one kind, and how long their slots are.
fn strips(data: &Value, kind: &str) -> Option<(u64, i64)> {
    let strips = data["strips"].as_array().unwrap().iter().find(|strips| strips["kind"] == kind)?;
    let mut bytes = Vec::new();
    let deflated = STANDARD.decode(strips["container"].as_str().unwrap()).unwrap();
    DeflateDecoder::new(&deflated[..]).read_to_end(&mut bytes).unwrap();
    let packed = container::read(&bytes).unwrap();
    let gains = packed.iter().flat_map(|packed| strip::decode(packed.strip).unwrap());
    Some((gains.map(|(_, gain)| gain.requests).sum(), strips["slot_s"].as_i64().unwrap()))
}

#[test]
fn with_enough_room_everything_is_there_second_by_second() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, data) = report_within(&big(folder.path()), RUN_ID, 4_000_000);
    let requests = SECONDS.unsigned_abs() * (ENDPOINTS * 3 + 2);
    assert_eq!((strips(&data, "series"), strips(&data, "total")), (Some((requests, 1)), Some((requests, 1))));
    assert_eq!(data["head"]["series"].as_array().unwrap().len() as u64, ENDPOINTS + 1);
    assert_eq!(data["errors"].as_array().unwrap().len() as i64, 2 * SECONDS);
    for what in ["series", "errors", "errors_count", "events"] {
        assert_eq!(data["left_out"][what], 0, "{what}");
    }
}

#[test]
fn whatever_the_room_the_report_fits_and_no_request_is_left_out_of_the_totals() {
    let folder = tempfile::tempdir().unwrap();
    let path = big(folder.path());
    let requests = SECONDS.unsigned_abs() * (ENDPOINTS * 3 + 2);
    let mut slots_before = 0;
    for data_bytes in [300_000, 120_000, 60_000, 30_000] {
        let (length, page, data) = report_within(&path, RUN_ID, data_bytes);
        assert!(length <= page + data_bytes, "{length} bytes, the page alone {page}, room for {data_bytes} more");
        let (by_series, slot_s) = strips(&data, "series").unwrap();
        assert_eq!((by_series, strips(&data, "total").unwrap().0), (requests, requests), "{data_bytes}");
        assert_eq!(data["head"]["finest_slot_s"], slot_s);
        assert!(slot_s >= slots_before, "less room, longer slots");
        slots_before = slot_s;
        let listed: u64 = data["errors"].as_array().unwrap().iter().map(|error| error["count"].as_u64().unwrap()).sum();
        let left_out = data["left_out"]["errors_count"].as_u64().unwrap();
        assert_eq!(listed + left_out, 2 * SECONDS.unsigned_abs(), "every error is listed or counted");
        let seconds: u64 =
            data["seconds"]["requests"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(seconds, requests);
    }
    assert!(slots_before > 1, "the least room was too little for single seconds");
}

#[test]
fn series_whose_names_do_not_fit_are_shown_together() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, data) = report_within(&big(folder.path()), RUN_ID, 30_000);
    let rows = data["head"]["series"].as_array().unwrap();
    let folded = data["left_out"]["series"].as_u64().unwrap();
    assert!(folded > 0);
    let others = rows.iter().filter(|row| row[2] == "(overflow)").count() as u64;
    assert_eq!(rows.len() as u64 - others + folded, ENDPOINTS + 1);
    let known = |series: &Value| rows.iter().any(|row| &row[0] == series);
    assert!(data["errors"].as_array().unwrap().iter().all(|error| known(&error["series"])));
}

#[test]
fn notes_of_people_go_before_what_happened_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = hostile(folder.path());
    let (_, _, data) = report_within(&path, "<evil>\u{1b}[2J", 24_000);
    let kinds: Vec<_> =
        data["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"annotation") && data["left_out"]["events"].as_u64().unwrap() > 0, "{kinds:?}");
}

#[test]
fn without_any_room_it_is_still_a_page_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, data) = report_within(&big(folder.path()), RUN_ID, 0);
    assert_eq!(data["head"]["run_id"], RUN_ID);
    assert_eq!((strips(&data, "series"), data["errors"].as_array().unwrap().len()), (None, 0));
}
