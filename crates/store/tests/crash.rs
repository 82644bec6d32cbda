//! A recorder that is killed, and several at once: real processes on one file.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::Window;
use locust_telemetry_store::RunState;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::Random;
use support::windows::{Recording, START_S, full, identity, merged, open, reader, simple};

const CHILD_FILE: &str = "LOCUST_TELEMETRY_STORE_TEST_FILE";
const CHILD_RUN: &str = "LOCUST_TELEMETRY_STORE_TEST_RUN";
const CHILD_SECONDS: &str = "LOCUST_TELEMETRY_STORE_TEST_SECONDS";
const CHILD_FALLS_SILENT: &str = "LOCUST_TELEMETRY_STORE_TEST_FALLS_SILENT";

/// What a child records in its second number `second`.
fn window(second: i64) -> Window {
    if second % 5 == 0 { full(START_S + second) } else { simple(START_S + second, 40) }
}

/// No test: what a child does, as fast as it can. It tells each second that it has recorded.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD_FILE) else { return };
    let run = identity(&std::env::var(CHILD_RUN).unwrap());
    let seconds: i64 = std::env::var(CHILD_SECONDS).unwrap().parse().unwrap();
    let mut recording = Recording::open(&PathBuf::from(path));
    let mut out = std::io::stdout();
    for second in 0..seconds {
        recording.take(&run, window(second));
        writeln!(out, "recorded {second}").unwrap();
    }
    if std::env::var_os(CHILD_FALLS_SILENT).is_some() {
        writeln!(out, "silent").unwrap();
        std::thread::sleep(Duration::from_secs(600));
    }
    recording.end(&run);
    let balance = recording.ledger.balance();
    writeln!(out, "done {} {}", balance.delivered.requests, balance.dropped.requests).unwrap();
}

fn start(path: &Path, run_id: &str, seconds: i64) -> Child {
    command(path, run_id, seconds).spawn().unwrap()
}

fn command(path: &Path, run_id: &str, seconds: i64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child", "--exact", "--nocapture"]).stdout(Stdio::piped()).stderr(Stdio::null());
    command.env(CHILD_FILE, path).env(CHILD_RUN, run_id).env(CHILD_SECONDS, seconds.to_string());
    command
}

/// The last second that the child told of, read to the end of what it said.
fn last_recorded(child: &mut Child) -> Option<i64> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter_map(|line| line.strip_prefix("recorded ")?.parse().ok()).last()
}

#[test]
fn a_kill_at_any_moment_costs_nothing_that_was_recorded_and_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    let mut random = Random(std::process::id().into());
    let mut killed = Vec::new();
    for number in 0..50 {
        let run_id = format!("run-{number}");
        let mut child = start(&path, &run_id, i64::MAX);
        // Beyond the first seal more often than not.
        let until = Instant::now() + Duration::from_millis(30 + random.below(700));
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        child.kill().unwrap();
        child.wait().unwrap();
        let recorded = last_recorded(&mut child);
        // A child that was killed before it began has left nothing, or a file without its run.
        let Some(recorded) = recorded else { continue };
        let store = open(&path);
        let reader = reader(&store, &run_id);
        assert_eq!(reader.row().state, RunState::CutOff);
        let kept = reader.snapped(None).unwrap();
        assert!(
            (START_S..START_S + 2).contains(&kept.start) && kept.end > START_S + recorded,
            "{kept:?} of {recorded}"
        );
        let windows: Vec<_> = (0..kept.end - START_S).map(window).collect();
        let expected = merged(&windows, kept.clone());
        assert_eq!(reader.aggregate(None).unwrap(), expected, "{run_id}");
        killed.push((run_id, kept, expected));
    }
    assert!(killed.len() > 40, "only {} children came to record anything", killed.len());
    assert!(killed.iter().any(|(_, kept, _)| kept.end - kept.start > 75), "no child sealed anything");

    // The next one to write closes what was cut off.
    drop(Recording::open(&path));
    let connection = rusqlite::Connection::open(&path).unwrap();
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(one("SELECT count(*) FROM run WHERE state <> 'cut off'"), 0);
    assert_eq!(one("SELECT count(*) FROM journal"), 0);
    assert_eq!(connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
    let store = open(&path);
    for (run_id, kept, expected) in killed {
        let reader = reader(&store, &run_id);
        assert_eq!(reader.aggregate(None).unwrap(), expected, "{run_id}");
        let row = reader.row();
        assert_eq!((row.requests, row.failures), (expected.requests(), expected.failures()));
        assert_eq!((row.first_s, row.last_s), (Some(kept.start), Some(kept.end - 1)));
        assert_eq!(row.ended_unix_ns, Some(row.heartbeat_unix_ns));
    }
}

#[test]
fn two_processes_at_once_each_have_their_run_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    const SECONDS: i64 = 200;
    let mut children = [start(&path, "left", SECONDS), start(&path, "right", SECONDS)];
    let windows: Vec<_> = (0..SECONDS).map(window).collect();
    let expected = merged(&windows, START_S..START_S + SECONDS);
    for child in &mut children {
        let lines: Vec<_> = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).collect();
        assert!(child.wait().unwrap().success());
        assert!(lines.contains(&format!("done {} 0", expected.requests())), "{:?}", lines.last());
    }
    let store = open(&path);
    for run_id in ["left", "right"] {
        assert_eq!(reader(&store, run_id).row().state, RunState::Ended);
        assert_eq!(reader(&store, run_id).aggregate(None).unwrap(), expected);
    }
}

#[test]
fn a_run_that_is_on_elsewhere_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    let mut child = start(&path, "on", i64::MAX);
    while open_run(&path).is_none() {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(Recording::open(&path));
    let store = open(&path);
    assert_eq!(reader(&store, "on").row().state, RunState::Running);
    assert!(matches!(store.delete("on"), Err(locust_telemetry_store::ChangeError::Running { .. })));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(reader(&store, "on").row().state, RunState::CutOff);
}

#[test]
fn a_recorder_that_falls_silent_or_hangs_is_there_until_it_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    let mut child = command(&path, "on", 3).env(CHILD_FALLS_SILENT, "").spawn().unwrap();
    let mut said = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line == "silent"));
    let state = || {
        // Another recorder, which closes what was cut off.
        drop(Recording::open(&path));
        reader(&open(&path), "on").row().state
    };
    let connection = rusqlite::Connection::open(&path).unwrap();
    let last_heard = |sql: &str| {
        assert_eq!(connection.execute(&format!("UPDATE run SET heartbeat_unix_ns = {sql}"), []).unwrap(), 1);
    };
    last_heard("1000000000 * (unixepoch() - 3600)");
    assert_eq!(state(), RunState::Running, "silent for an hour");
    let stopped = Command::new("kill").args(["-STOP", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(state(), RunState::Running, "stopped");
    last_heard("1000000000 * (unixepoch() + 3600)");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(reader(&open(&path), "on").row().state, RunState::CutOff, "killed, however lately it was heard");
    assert_eq!(state(), RunState::CutOff);
    drop(connection);
    let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["runs.db"], "the lock of the dead is swept");
}

fn open_run(path: &Path) -> Option<()> {
    let store = locust_telemetry_store::Store::open(path).ok()?;
    store.run("on").ok()?.map(drop)
}
