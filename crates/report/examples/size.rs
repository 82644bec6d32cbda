//! How large the outputs of a run are, and how long they take.
//!
//! `cargo run --release -p locust-telemetry-report --example size -- STORE [RUN]`, with a store such as the one that the store's
//! example `hour` leaves behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use locust_telemetry_report::{Format, Subject, export, html};
use locust_telemetry_store::Store;
use std::path::Path;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("the path of a store");
    let store = Store::open(Path::new(&path)).unwrap();
    let row = store.find(arguments.next().as_deref().unwrap_or("@1")).unwrap();
    let run = store.reader(row);
    let told = |name: &str, begun: Instant, bytes: usize| {
        println!("{name:<22} {:>12} bytes  {:>6.2} s", bytes, begun.elapsed().as_secs_f64());
    };
    for (name, format, subject) in [
        ("csv of endpoints", Format::Csv, Subject::Endpoints),
        ("csv of intervals", Format::Csv, Subject::Intervals),
        ("csv of errors", Format::Csv, Subject::Errors),
        ("json", Format::Json, Subject::Endpoints),
        ("parquet of endpoints", Format::Parquet, Subject::Endpoints),
        ("parquet of intervals", Format::Parquet, Subject::Intervals),
        ("markdown", Format::Markdown, Subject::Endpoints),
        ("svg", Format::Svg, Subject::Endpoints),
    ] {
        let begun = Instant::now();
        told(name, begun, export::encode(&run, None, format, subject).unwrap().len());
    }
    let begun = Instant::now();
    let report = html::encode(&run, None, &mut |_| {}).unwrap();
    told("report", begun, report.len());
    let (_, rest) = report.split_once(r#"id="run-data">"#).unwrap();
    let data: serde_json::Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    println!("left out: {}", data["left_out"]);
    for strips in data["strips"].as_array().unwrap() {
        let bytes = strips["container"].as_str().unwrap().len();
        println!(
            "  strips of {:<8} slots of {:>4} s {bytes:>10} bytes",
            strips["kind"].to_string(),
            strips["slot_s"].to_string()
        );
    }
    for name in ["head", "seconds", "errors", "events", "worker_seconds"] {
        println!("  {name:<28} {:>14} bytes", data[name].to_string().len());
    }
}
