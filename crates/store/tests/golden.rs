//! The encoding, byte for byte, with what it means. The page's own reader is tested with the same files.
//!
//! After a wanted change run with `BLESS_GOLDEN=1` and read the difference: files that were written stay as they are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use locust_telemetry_core::{SeriesStats, bucket};
use locust_telemetry_store::{Gain, OCTAVE_MS, strip, window_gains};
use serde_json::{Value, json};
use std::path::Path;
use support::{Random, gain, stats};

const MS: u64 = 1_000_000;

fn assert_golden(name: &str, value: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = format!("{value:#}\n");
    if std::env::var_os("BLESS_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap() == text, "{name} is not what is written now");
}

/// What a gain means. Integers that a JSON reader might round are texts.
fn meaning(stats: &SeriesStats) -> Value {
    let latency = &stats.latency;
    let (offset, counts) = latency.buckets();
    let buckets = counts.iter().zip(offset..).filter(|(count, _)| **count > 0);
    let buckets: Vec<Value> = buckets.map(|(count, index)| json!([index, count])).collect();
    json!({
        "requests": stats.requests,
        "response_bytes": stats.response_bytes,
        "untimed": stats.requests - latency.count(),
        "zeros": latency.zero_count(),
        "count": latency.count(),
        "sum_ns": latency.sum_ns().to_string(),
        "min_ns": latency.min_ns(),
        "max_ns": latency.max_ns(),
        "mean_ms": latency.mean_ms(),
        "p50_ms": latency.quantile_ms(0.5),
        "p90_ms": latency.quantile_ms(0.9),
        "p95_ms": latency.quantile_ms(0.95),
        "p99_ms": latency.quantile_ms(0.99),
        "p999_ms": latency.quantile_ms(0.999),
        "max_ms": latency.quantile_ms(1.0),
        "buckets": format!("{}", Value::from(buckets)),
    })
}

fn merged<'a>(gains: impl Iterator<Item = &'a Gain>) -> SeriesStats {
    let mut sum = SeriesStats::default();
    gains.for_each(|gain| gain.add_to(&mut sum));
    sum
}

/// Kinds of gains that differ in what is written of them.
fn kinds() -> Vec<(&'static str, Gain)> {
    let mut random = Random(7);
    let mut some =
        |count: usize, typical_ns: u64| -> Vec<u64> { (0..count).map(|_| random.time_ns(typical_ns)).collect() };
    vec![
        ("nothing", gain(&[], 0, 0)),
        ("one request", gain(&[12_345_678], 0, 512)),
        ("one request at a power of two", gain(&[4 * MS], 0, 512)),
        ("two equal times", gain(&[80 * MS, 80 * MS], 0, 1_024)),
        ("requests without a time", gain(&[], 3, 0)),
        ("times of zero", gain(&[0, 0], 0, 10)),
        ("one time and zeros", gain(&[0, 0, 5 * MS], 1, 10)),
        ("ten times", gain(&some(10, 90 * MS), 0, 51_234)),
        ("many times of few buckets", gain(&[MS, MS, MS, MS, MS, MS, MS + 1, 2 * MS, 2 * MS, 2 * MS], 2, 1)),
        ("six hundred times", gain(&some(600, 35 * MS), 0, 3_000_000)),
        ("thousands of times, some of zero", gain(&[some(5_000, 210 * MS), vec![0; 40]].concat(), 17, 1 << 33)),
        (
            "from a nanosecond to a hundred days",
            gain(&[1, 2, 90, 1_500, MS, 1_000 * MS, 1 << 53, u64::MAX], 0, 1 << 47),
        ),
        ("more bytes than are expected of anybody", gain(&some(3, MS), 0, (1 << 53) - 1)),
        ("after it", gain(&some(3, MS), 0, 900)),
    ]
}

#[test]
fn the_bounds_of_buckets() {
    let bounds = |index: i32| json!([index, bucket::lower_bound_ms(index), bucket::representative_ms(index)]);
    let value = json!({
        "octave_ms": OCTAVE_MS.to_vec(),
        "index_lower_bound_ms_representative_ms": (-1_276..=2_116).step_by(53).map(bounds).collect::<Vec<_>>(),
    });
    assert_golden("bounds.json", &value);
}

#[test]
fn gains_each_alone() {
    let gains = kinds().into_iter().map(|(name, gain)| {
        let bytes = window_gains::encode(&[(0, gain.clone())]);
        json!({ "name": name, "window_gains": STANDARD.encode(bytes), "subject": 0, "gain": meaning(&gain.stats()) })
    });
    assert_golden("gains.json", &gains.collect());
}

fn assert_strips(name: &str, strips: Vec<(&str, Vec<(u8, Gain)>)>) {
    let strips = strips.into_iter().map(|(name, slots)| {
        let bytes = strip::encode(&slots);
        assert_eq!(strip::decode(&bytes).as_ref(), Ok(&slots), "{name}");
        let rows = slots.iter().map(|(slot, gain)| json!({ "slot": slot, "gain": meaning(&gain.stats()) }));
        json!({
            "name": name,
            "strip": STANDARD.encode(bytes),
            "slots": rows.collect::<Vec<_>>(),
            "merged": meaning(&merged(slots.iter().map(|(_, gain)| gain))),
        })
    });
    assert_golden(name, &strips.collect());
}

#[test]
fn strips() {
    let mut random = Random(42);
    let mut minute = |per_second: u64, typical_ns: u64| -> Vec<(u8, Gain)> {
        let mut second = |slot: u8| {
            let times: Vec<u64> = (0..random.below(2 * per_second)).map(|_| random.time_ns(typical_ns)).collect();
            (slot, gain(&times, random.below(40) / 39, times.len() as u64 * 1_500 + random.below(900)))
        };
        (0..60).map(&mut second).filter(|(_, gain)| gain.requests > 0).collect()
    };
    let steady = (0..60).map(|slot| (slot, gain(&[20 * MS; 4], 0, 4 * 1_234))).collect();
    assert_strips(
        "strips.json",
        vec![
            ("no slot", Vec::new()),
            ("one slot at the end", vec![(59, gain(&[3 * MS], 0, 100))]),
            ("an endpoint's minute", minute(10, 90 * MS)),
            ("a minute with gaps", minute(1, 900 * MS)),
            ("a minute of the whole run", minute(200, 40 * MS)),
            ("always the same", steady),
            ("all kinds", (0..).map(|slot| slot * 4).zip(kinds().into_iter().map(|(_, gain)| gain)).collect()),
        ],
    );
}

#[test]
fn gains_of_a_window() {
    let mut random = Random(3);
    let mut windows = vec![("nobody", Vec::new())];
    let endpoints = (0..12).map(|id| {
        let times: Vec<u64> = (0..1 + random.below(12)).map(|_| random.time_ns((id + 1) * 17 * MS)).collect();
        (id as u32, gain(&times, 0, times.len() as u64 * 700 * (id + 1)))
    });
    windows.push(("twelve endpoints", endpoints.collect()));
    windows.push((
        "all kinds, far apart",
        (0..).map(|id| id * id * 1_000).zip(kinds().into_iter().map(|(_, gain)| gain)).collect(),
    ));
    windows.push(("the highest number", vec![(u32::MAX, gain(&[MS], 0, 1))]));
    let windows = windows.into_iter().map(|(name, gains)| {
        let bytes = window_gains::encode(&gains);
        assert_eq!(window_gains::decode(&bytes).as_ref(), Ok(&gains), "{name}");
        let rows = gains.iter().map(|(subject, gain)| json!({ "subject": subject, "gain": meaning(&gain.stats()) }));
        json!({
            "name": name,
            "window_gains": STANDARD.encode(bytes),
            "subjects": rows.collect::<Vec<_>>(),
            "merged": meaning(&merged(gains.iter().map(|(_, gain)| gain))),
        })
    });
    assert_golden("window_gains.json", &windows.collect());
}

#[test]
fn merging_what_was_read_is_merging_what_was_written() {
    let whole: SeriesStats = stats(&[5 * MS, 0, 77 * MS], 2, 90);
    let parts = [gain(&[5 * MS], 1, 40), gain(&[0, 77 * MS], 1, 50)];
    let bytes = strip::encode(&[(3, parts[0].clone()), (4, parts[1].clone())]);
    assert_eq!(merged(strip::decode(&bytes).unwrap().iter().map(|(_, gain)| gain)), whole);
}
