//! The recorder's books and its notices.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_json::{Entry, IntervalEntry, JsonFileConfig, JsonFileRecorder, OpenFileError};
use locust_telemetry_pipeline::{Ledger, Load, Recorder as _, RunWindow};
use std::path::{Path, PathBuf};
use support::{START_S, assert_balanced, entries, identity, record, window};

struct Bench {
    directory: tempfile::TempDir,
    recorder: JsonFileRecorder,
    ledger: Ledger,
}

impl Bench {
    fn new(change: impl FnOnce(&mut JsonFileConfig)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = JsonFileConfig::new(directory.path().join("run.jsonl"));
        change(&mut config);
        Self { recorder: JsonFileRecorder::open(config).unwrap(), directory, ledger: Ledger::default() }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("run.jsonl")
    }

    fn window(&mut self, window: &RunWindow) {
        self.ledger.offered(Load::requests(window.window.requests.requests()));
        self.recorder.window(window, &self.ledger);
    }

    fn record(&mut self) {
        self.ledger.offered(Load::RECORD);
        self.recorder.record(&record(), &self.ledger);
    }

    fn intervals(&self) -> Vec<IntervalEntry> {
        let interval = |entry| if let Entry::Interval(interval) = entry { Some(interval) } else { None };
        entries(&self.path()).into_iter().filter_map(interval).collect()
    }
}

fn spans(intervals: &[IntervalEntry]) -> Vec<(i64, f64, u64)> {
    intervals
        .iter()
        .map(|entry| (entry.interval_start_ms / 1_000 - START_S, entry.interval_seconds, entry.requests))
        .collect()
}

#[test]
fn an_interval_is_written_with_the_window_that_fills_it() {
    let mut bench = Bench::new(|config| config.interval_s = 2.5);
    let run = identity("r1");
    for second in 0..5 {
        bench.window(&window(&run, START_S + second, &["/", "/", "/a"]));
        assert_balanced(&bench.ledger, [3, 6, 0, 3, 6][second as usize]);
    }
    assert_eq!(spans(&bench.intervals()), [(0, 3.0, 6), (0, 3.0, 3)]);
    bench.recorder.flush(&bench.ledger);
    assert_balanced(&bench.ledger, 0);
    assert_eq!(spans(&bench.intervals())[2..], [(3, 2.0, 4), (3, 2.0, 2)]);
    bench.recorder.flush(&bench.ledger);
    assert_eq!(bench.intervals().len(), 4);
    assert_eq!(bench.ledger.take_notices(), Vec::<String>::new());
}

#[test]
fn each_run_has_intervals_of_its_own() {
    let mut bench = Bench::new(|_| {});
    bench.window(&window(&identity("r1"), START_S, &["/"]));
    bench.window(&window(&identity("r2"), START_S, &["/"]));
    bench.recorder.flush(&bench.ledger);
    let runs: Vec<_> = bench.intervals().into_iter().map(|entry| entry.run_id).collect();
    assert_eq!(runs, ["r1", "r2"]);
    assert_balanced(&bench.ledger, 0);
}

#[test]
fn a_jump_of_the_clock_does_not_stretch_an_interval() {
    let mut bench = Bench::new(|_| {});
    let run = identity("r1");
    for second in [0, 1_000, 5, 6] {
        bench.window(&window(&run, START_S + second, &["/"]));
    }
    bench.recorder.flush(&bench.ledger);
    assert_eq!(spans(&bench.intervals()), [(0, 1.0, 1), (1_000, 1.0, 1), (5, 2.0, 2)]);
    assert_balanced(&bench.ledger, 0);
}

#[test]
fn windows_without_requests_write_nothing() {
    let mut bench = Bench::new(|config| config.interval_s = 1.0);
    bench.window(&window(&identity("r1"), START_S, &[]));
    assert_eq!(entries(&bench.path()), []);
}

#[test]
fn records_are_written_at_once() {
    let mut bench = Bench::new(|_| {});
    bench.record();
    assert_eq!(entries(&bench.path()), [Entry::Other { run_id: Some("r1".into()) }]);
    assert_eq!(bench.ledger.balance().delivered, Load::RECORD);
    assert_eq!((bench.recorder.id(), bench.recorder.takes_records()), ("json", true));
}

#[test]
fn intervals_can_be_left_to_the_summary() {
    let mut bench = Bench::new(|config| config.endpoint_intervals = false);
    bench.window(&window(&identity("r1"), START_S, &["/"]));
    bench.recorder.flush(&bench.ledger);
    assert_eq!(entries(&bench.path()), []);
    assert_balanced(&bench.ledger, 0);
}

#[test]
fn a_bad_configuration_opens_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.jsonl");
    let config = JsonFileConfig { interval_s: 0.0, ..JsonFileConfig::new(&path) };
    assert!(matches!(JsonFileRecorder::open(config), Err(OpenFileError::Config { .. })));
    assert!(!path.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_everything_is_counted_and_told_once() {
    let mut bench = Bench::new(|config| {
        config.path = "/dev/full".into();
        config.interval_s = 1.0;
    });
    let run = identity("r1");
    for second in 0..3 {
        bench.window(&window(&run, START_S + second, &["/", "/a"]));
        bench.record();
        assert_balanced(&bench.ledger, 0);
    }
    let balance = bench.ledger.balance();
    assert_eq!((balance.delivered, balance.dropped), (Load::NONE, Load { requests: 6, records: 3 }));
    assert_eq!(balance.reasons.into_keys().collect::<Vec<_>>(), ["write failed: no storage space"]);
    let notices = bench.ledger.take_notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].starts_with("cannot write /dev/full: No space left on device"), "{notices:?}");
}

#[test]
fn failing_is_told_once_and_so_is_its_end_however_often_they_alternate() {
    let one_line = locust_telemetry_json::line::encode(&record()).len() as u64;
    let mut bench = Bench::new(|config| (config.max_bytes, config.keep) = (one_line, 1));
    let obstacle = Path::new(&format!("{}.1", bench.path().display())).to_owned();
    std::fs::create_dir(&obstacle).unwrap();
    for _ in 0..4 {
        bench.record();
    }
    assert_balanced(&bench.ledger, 0);
    let told = bench.ledger.take_notices();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("lines are dropped and counted until it works again"));
    std::fs::remove_dir(&obstacle).unwrap();
    bench.record();
    let told = bench.ledger.take_notices();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("is written again; lines lost so far: 3"), "{told:?}");
    std::fs::remove_file(&obstacle).unwrap();
    std::fs::create_dir(&obstacle).unwrap();
    bench.record();
    std::fs::remove_dir(&obstacle).unwrap();
    bench.record();
    assert_eq!(bench.ledger.take_notices(), [""; 0]);
    bench.record();
    bench.record();
    let told = bench.ledger.take_notices();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("rotation deletes the oldest file"));
    assert_eq!(bench.ledger.balance().dropped, Load { requests: 0, records: 4 });
    assert_balanced(&bench.ledger, 0);
}
