//! One run, one range, one set of figures: whatever a run leaves the store as, its numbers are the same to the last bit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/call.rs"]
mod call;
#[path = "../../report/tests/support/mod.rs"]
mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use call::call;
use flate2::read::DeflateDecoder;
use locust_telemetry_core::{Length, SeriesStats};
use locust_telemetry_report::words;
use locust_telemetry_store::{container, strip};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use support::{CHECKOUT_END_NS, checkout};

/// The whole run, parts of it with odd ends, of which two have one with the run in common, and one second.
const RANGES: [&str; 5] = ["..", "31..77", "40..41", "60..", "..7"];

/// Method, name, and the figures by their names.
type Rows = BTreeMap<(String, String), BTreeMap<String, f64>>;

fn exported(path: &Path, range: &str, format: &str) -> String {
    let called = call(path, &["export", "--format", format, "--range", range]);
    assert_eq!(called.status, 0, "{}", called.stderr);
    called.stdout
}

fn figures_of_json(object: &Value) -> BTreeMap<String, f64> {
    let fields = object.as_object().unwrap().iter();
    fields.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()
}

fn json_rows(object: &Value) -> Rows {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = object["endpoints"].as_array().unwrap().iter();
    rows.map(|row| ((text(row, "method"), text(row, "name")), figures_of_json(row))).collect()
}

fn csv_rows(text: &str) -> Rows {
    let mut lines = text.lines();
    let titles: Vec<_> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        let cells: Vec<_> = line.split(',').collect();
        let figures = titles.iter().zip(&cells).skip(2);
        let figures = figures.filter_map(|(title, cell)| Some(((*title).to_owned(), cell.parse().ok()?)));
        ((cells[0].to_owned(), cells[1].to_owned()), figures.collect())
    };
    lines.map(row).collect()
}

fn parquet_rows(file: &Path) -> Rows {
    let reader = SerializedFileReader::new(Bytes::from(std::fs::read(file).unwrap())).unwrap();
    let mut rows = Rows::new();
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let (mut texts, mut figures) = (Vec::new(), BTreeMap::new());
        for (name, field) in row.get_column_iter() {
            match field {
                Field::Str(text) => texts.push(text.clone()),
                Field::ULong(count) => drop(figures.insert(name.clone(), *count as f64)),
                Field::Double(number) => drop(figures.insert(name.clone(), *number)),
                _ => {}
            }
        }
        rows.insert((texts[0].clone(), texts[1].clone()), figures);
    }
    rows
}

/// Requests, p50, p95, p99 and maximum of each endpoint, merged from the strips that a report carries.
fn report_rows(report: &str) -> BTreeMap<(String, String), Vec<Option<f64>>> {
    let (_, rest) = report.split_once(r#"id="run-data">"#).unwrap();
    let data: Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    let strips = data["strips"].as_array().unwrap().iter().find(|strips| strips["kind"] == "series").unwrap();
    let mut bytes = Vec::new();
    let deflated = STANDARD.decode(strips["container"].as_str().unwrap()).unwrap();
    DeflateDecoder::new(&deflated[..]).read_to_end(&mut bytes).unwrap();
    let mut endpoints = BTreeMap::<(String, String), SeriesStats>::new();
    for packed in container::read(&bytes).unwrap() {
        let series = data["head"]["series"].as_array().unwrap();
        let series = series.iter().find(|series| series[0] == packed.subject).unwrap();
        let text = |place: usize| series[place].as_str().unwrap().to_owned();
        let stats = endpoints.entry((text(1), text(2))).or_default();
        strip::decode(packed.strip).unwrap().iter().for_each(|(_, gain)| gain.add_to(stats));
    }
    let figures = |stats: SeriesStats| {
        let quantiles = [0.5, 0.95, 0.99, 1.0].map(|q| stats.latency.quantile_ms(q));
        [vec![Some(stats.requests as f64)], quantiles.to_vec()].concat()
    };
    endpoints.into_iter().map(|(endpoint, stats)| (endpoint, figures(stats))).collect()
}

/// How long the run of [`checkout`] was on in a range, worked out here.
fn length_of(range: &str) -> Length {
    let (from, until) = range.split_once("..").unwrap();
    let ns = |text: &str, otherwise: u64| text.parse().map_or(otherwise, |seconds: u64| seconds * 1_000_000_000);
    Length::from_ns(ns(until, CHECKOUT_END_NS.unsigned_abs()) - ns(from, 250_000_000))
}

/// How long the run was on in the range of a report, as the page works it out.
fn report_length(report: &str) -> Length {
    let (_, rest) = report.split_once(r#"id="run-data">"#).unwrap();
    let data: Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    let moment = |name: &str| {
        let moment = &data["head"]["span"][name];
        moment[0].as_i64().unwrap() * 1_000_000_000 + moment[1].as_i64().unwrap()
    };
    Length::between(moment("started"), moment("ended"))
}

/// The row of a table for people that these figures make.
fn in_words(figures: &BTreeMap<String, f64>, length: Length) -> Vec<String> {
    let count = |name: &str| figures[name] as u64;
    let latency = |name: &str| words::latency(figures.get(name).copied());
    vec![
        words::count(count("requests")),
        words::rate(count("requests"), length),
        words::share(count("failures"), count("requests")),
        latency("p50_ms"),
        latency("p95_ms"),
        latency("p99_ms"),
        latency("max_ms"),
    ]
}

#[test]
fn every_output_has_the_same_figures() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    for range in RANGES {
        let json: Value = serde_json::from_str(&exported(&path, range, "json")).unwrap();
        let rows = json_rows(&json);
        assert!(!rows.is_empty(), "{range}");
        let requests = |rows: &Rows| rows.values().map(|figures| figures["requests"]).sum::<f64>();
        assert_eq!(requests(&rows), json["total"]["requests"].as_f64().unwrap(), "{range}");
        let by_second = json["intervals"].as_array().unwrap().iter().map(|point| point["requests"].as_f64().unwrap());
        assert_eq!(requests(&rows), by_second.sum::<f64>(), "{range}");

        assert_eq!(csv_rows(&exported(&path, range, "csv")), rows, "{range}");

        let file = folder.path().join("run.parquet");
        let output = file.display().to_string();
        assert_eq!(call(&path, &["export", "--format", "parquet", "--range", range, "-o", &output]).status, 0);
        assert_eq!(parquet_rows(&file), rows, "{range}");

        let report = call(&path, &["report", "--range", range, "-o", "-"]).stdout;
        let short = |figures: &BTreeMap<String, f64>| {
            ["requests", "p50_ms", "p95_ms", "p99_ms", "max_ms"].map(|name| figures.get(name).copied()).to_vec()
        };
        let expected: BTreeMap<_, _> =
            rows.iter().map(|(endpoint, figures)| (endpoint.clone(), short(figures))).collect();
        assert_eq!(report_rows(&report), expected, "{range}");

        // Each rate is over the range's overlap with the run, which began and ended amid a second.
        let length = length_of(range);
        assert_eq!(json["range"]["length_s"].as_f64(), Some(length.seconds()), "{range}");
        for figures in rows.values().chain([&figures_of_json(&json["total"])]) {
            let requests = figures["requests"];
            assert_eq!(
                (figures["length_s"], figures["requests_per_s"]),
                (length.seconds(), requests / length.seconds())
            );
        }
        let lengths = json["intervals"].as_array().unwrap().iter().map(|point| point["length_s"].as_f64().unwrap());
        assert!((lengths.sum::<f64>() - length.seconds()).abs() < 1e-9, "{range}");
        assert_eq!(report_length(&report), length, "{range}");
        let duration = words::duration(length);
        let markdown = exported(&path, range, "markdown");
        let shown = call(&path, &["show", "--range", range]).stdout;
        let picture = exported(&path, range, "svg");
        assert!(markdown.contains(&format!("\n{duration} · ")), "{range}: no {duration} in {markdown}");
        assert!(shown.contains(&format!(" · {duration} · ")), "{range}: no {duration} in {shown}");
        assert!(picture.contains(&format!(" in {duration}, ")), "{range}: no {duration} in {picture}");
        let total = figures_of_json(&json["total"]);
        let tables =
            rows.iter().map(|((method, name), figures)| (format!("`{method} {name}`"), name.as_str(), figures));
        for (cell, name, figures) in tables.chain([("**total**".to_owned(), "total", &total)]) {
            let words = in_words(figures, length);
            let row = format!("| {cell} | {} |", words.join(" | "));
            assert!(markdown.contains(&row), "{range}: no {row} in {markdown}");
            let is_row = |line: &str| {
                let line = format!("{line}  ");
                line.contains(&format!(" {name}  ")) && words.iter().all(|word| line.contains(&format!(" {word} ")))
            };
            assert!(shown.lines().any(is_row), "{range}: no {words:?} in {shown}");
        }
    }
}
