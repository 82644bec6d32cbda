//! Each format of a small run, byte for byte.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use locust_telemetry_report::{Format, Subject, export, html};
use locust_telemetry_store::Store;
use std::io::Read as _;
use std::ops::Range;
use support::{CHECKOUT_ID, START_S, assert_golden, checkout};

fn exported(format: Format, subject: Subject, range: Option<Range<i64>>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&checkout(folder.path())).unwrap();
    let run = store.run(CHECKOUT_ID).unwrap().unwrap();
    String::from_utf8(export::encode(&run, range, format, subject).unwrap()).unwrap()
}

#[test]
fn csv_of_endpoints() {
    assert_golden("endpoints.csv", &exported(Format::Csv, Subject::Endpoints, None));
}

#[test]
fn csv_of_intervals() {
    assert_golden("intervals.csv", &exported(Format::Csv, Subject::Intervals, None));
}

#[test]
fn csv_of_errors() {
    assert_golden("errors.csv", &exported(Format::Csv, Subject::Errors, None));
}

#[test]
fn json_of_everything() {
    assert_golden("run.json", &exported(Format::Json, Subject::Endpoints, None));
}

#[test]
fn markdown_for_a_pull_request() {
    assert_golden("run.md", &exported(Format::Markdown, Subject::Endpoints, None));
}

#[test]
fn markdown_of_a_part_of_the_run() {
    let range = Some(START_S + 30..START_S + 45);
    assert_golden("part.md", &exported(Format::Markdown, Subject::Endpoints, range));
}

#[test]
fn a_picture_of_the_main_charts() {
    assert_golden("run.svg", &exported(Format::Svg, Subject::Endpoints, None));
}

#[test]
fn the_data_of_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&checkout(folder.path())).unwrap();
    let run = store.run(CHECKOUT_ID).unwrap().unwrap();
    let report = html::encode(&run, None, &mut |_| {}).unwrap();
    let (_, rest) = report.split_once(r#"<script type="application/json" id="run-data">"#).unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    let mut data: serde_json::Value = serde_json::from_str(data).unwrap();
    // Other versions of the library may deflate the same bytes otherwise.
    for strips in data["strips"].as_array_mut().unwrap() {
        let deflated = STANDARD.decode(strips["container"].as_str().unwrap()).unwrap();
        let mut bytes = Vec::new();
        DeflateDecoder::new(&deflated[..]).read_to_end(&mut bytes).unwrap();
        strips["container"] = STANDARD.encode(bytes).into();
    }
    assert_golden("report.json", &format!("{data:#}\n"));
}
