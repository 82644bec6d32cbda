//! The recorder's books and its notices.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::{Reason, Reasons};
use locust_telemetry_json::{
    Entry, IntervalEntry, JsonFileConfig, JsonFileRecorder, OpenFileError, Phase, VerdictEntry, WorkerEntry,
};
use locust_telemetry_pipeline::{Ledger, Load, Recorder as _, RunWindow};
use std::path::{Path, PathBuf};
use support::{START_S, assert_balanced, entries, identity, marked, master, part, reasons, record, window};

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

    fn workers(&self) -> Vec<WorkerEntry> {
        let worker = |entry| if let Entry::Worker(worker) = entry { Some(worker) } else { None };
        entries(&self.path()).into_iter().filter_map(worker).collect()
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

const SPAWN_COMPLETE: &str = "locust.tl.event.spawn.complete";
const STATS_RESET: &str = "locust.tl.event.stats.reset";

/// Where each interval begins, how long it is, its phase, and whether it is late.
fn phases(intervals: &[IntervalEntry]) -> Vec<(i64, f64, Phase, bool)> {
    let phase = |entry: &IntervalEntry| {
        (entry.interval_start_ms / 1_000 - START_S, entry.interval_seconds, entry.phase.unwrap(), entry.is_late)
    };
    intervals.iter().map(phase).collect()
}

#[test]
fn an_interval_ends_with_the_end_of_spawning_and_only_the_first_ends_the_ramp_up() {
    let mut bench = Bench::new(|_| {});
    let run = identity("r1");
    for second in 0..8 {
        let window = window(&run, START_S + second, &["/"]);
        let is_mark = second == 1 || second == 5;
        bench.window(&if is_mark { marked(window, SPAWN_COMPLETE) } else { window });
    }
    bench.recorder.flush(&bench.ledger);
    assert_eq!(
        phases(&bench.intervals()),
        [
            (0, 2.0, Phase::RampUp, false),
            (2, 3.0, Phase::Steady, false),
            (5, 1.0, Phase::Steady, false),
            (6, 2.0, Phase::Steady, false)
        ]
    );
    assert_balanced(&bench.ledger, 0);
}

#[test]
fn an_interval_ends_with_a_reset_of_statistics_which_ends_no_ramp_up() {
    let mut bench = Bench::new(|_| {});
    let run = identity("r1");
    bench.window(&marked(window(&run, START_S, &["/"]), "locust.tl.event.cpu.warning"));
    bench.window(&marked(window(&run, START_S + 1, &["/"]), STATS_RESET));
    bench.window(&window(&run, START_S + 2, &["/"]));
    bench.recorder.flush(&bench.ledger);
    assert_eq!(phases(&bench.intervals()), [(0, 2.0, Phase::RampUp, false), (2, 1.0, Phase::RampUp, false)]);
}

#[test]
fn each_run_ramps_up_anew() {
    let mut bench = Bench::new(|_| {});
    bench.window(&marked(window(&identity("r1"), START_S, &["/"]), SPAWN_COMPLETE));
    bench.window(&window(&identity("r1"), START_S + 1, &["/"]));
    bench.window(&window(&identity("r2"), START_S + 2, &["/"]));
    bench.recorder.flush(&bench.ledger);
    let phases: Vec<_> = bench.intervals().into_iter().map(|entry| entry.phase.unwrap()).collect();
    assert_eq!(phases, [Phase::RampUp, Phase::Steady, Phase::RampUp]);
}

#[test]
fn a_late_window_of_a_master_has_lines_of_its_own_and_the_open_interval_goes_on() {
    let mut bench = Bench::new(|_| {});
    let run = master("r1");
    for second in [0, 1, 2, 3, 1, 4, 3, 5] {
        let mut window = window(&run, START_S + second, &["/"]);
        window.window.workers = vec![part("worker-0", 1)];
        bench.window(&window);
    }
    assert_balanced(&bench.ledger, 0);
    assert_eq!(spans(&bench.intervals()), [(0, 3.0, 3), (1, 1.0, 1), (3, 3.0, 4)]);
    let late: Vec<_> = bench.intervals().iter().map(|entry| entry.is_late).collect();
    assert_eq!(late, [false, true, false]);
    let workers: Vec<_> = bench.workers().iter().map(|entry| (entry.is_late, entry.requests)).collect();
    assert_eq!(workers, [(false, 3), (true, 1), (false, 4)]);
}

#[test]
fn a_window_is_late_also_while_no_interval_is_open() {
    let mut bench = Bench::new(|config| config.interval_s = 1.0);
    let run = master("r1");
    for second in [0, 1, 1, 0, 2] {
        bench.window(&window(&run, START_S + second, &["/"]));
    }
    let late: Vec<_> = bench.intervals().iter().map(|entry| entry.is_late).collect();
    assert_eq!(late, [false, false, true, true, false]);
}

#[test]
fn a_late_window_is_of_the_phase_of_its_second() {
    let mut bench = Bench::new(|config| config.interval_s = 1.0);
    let run = master("r1");
    bench.window(&window(&run, START_S, &["/"]));
    bench.window(&marked(window(&run, START_S + 1, &["/"]), SPAWN_COMPLETE));
    bench.window(&window(&run, START_S + 2, &["/"]));
    bench.window(&marked(window(&run, START_S + 3, &["/"]), SPAWN_COMPLETE));
    for second in [0, 1, 2] {
        bench.window(&window(&run, START_S + second, &["/"]));
    }
    assert_eq!(
        phases(&bench.intervals())[4..],
        [(0, 1.0, Phase::RampUp, true), (1, 1.0, Phase::RampUp, true), (2, 1.0, Phase::Steady, true)]
    );
}

#[test]
fn only_a_master_has_late_windows_and_no_clock_is_ten_minutes_late() {
    for (run, back_s) in [(identity("r1"), 5), (master("r1"), 601)] {
        let mut bench = Bench::new(|_| {});
        for second in [1_000, 1_000 - back_s, 1_001 - back_s] {
            bench.window(&window(&run, START_S + second, &["/"]));
        }
        bench.recorder.flush(&bench.ledger);
        assert_eq!(spans(&bench.intervals()), [(1_000, 1.0, 1), (1_000 - back_s, 2.0, 2)]);
        assert!(bench.intervals().iter().all(|entry| !entry.is_late));
    }
}

#[test]
fn workers_are_told_of_without_requests_too_and_carry_no_load() {
    let mut bench = Bench::new(|config| config.interval_s = 1.0);
    let mut window = window(&master("r1"), START_S, &["/", "/a"]);
    window.window.workers = vec![part("worker-0", 2), part("worker-1", 0)];
    bench.window(&window);
    assert_eq!(bench.ledger.balance().delivered, Load::requests(2));
    assert_balanced(&bench.ledger, 0);
    window.window.requests = Default::default();
    window.window.start_s += 1;
    bench.window(&window);
    assert_eq!((bench.intervals().len(), bench.workers().len()), (2, 4));
    assert_balanced(&bench.ledger, 0);
}

#[test]
fn an_interval_tells_its_suspect_seconds_and_all_their_reasons() {
    let mut bench = Bench::new(|config| config.interval_s = 4.0);
    let run = master("r1");
    let verdicts = [
        (0, Reasons::NONE),
        (1, reasons(&[Reason::Throttled])),
        (1, reasons(&[Reason::HubLag])),
        (2, reasons(&[Reason::HubLag])),
        (3, Reasons::NONE),
        (4, Reasons::NONE),
    ];
    for (second, reasons) in verdicts {
        let mut window = window(&run, START_S + second, &["/"]);
        window.window.reasons = reasons;
        bench.window(&window);
    }
    bench.recorder.flush(&bench.ledger);
    let verdicts: Vec<_> = bench.intervals().into_iter().map(|entry| entry.verdict.unwrap()).collect();
    let reasons = vec!["hub_lag".to_owned(), "throttled".to_owned()];
    assert_eq!(verdicts, [VerdictEntry { reasons, suspect_seconds: 2 }, VerdictEntry::default()]);
}

#[test]
fn users_are_those_of_the_newest_second() {
    let mut bench = Bench::new(|config| config.interval_s = 4.0);
    for (second, users) in [(0, 3), (2, 9), (1, 5)] {
        let mut window = window(&master("r1"), START_S + second, &["/"]);
        window.window.users = users;
        bench.window(&window);
    }
    bench.recorder.flush(&bench.ledger);
    assert_eq!(bench.intervals()[0].user_count, 9);
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
