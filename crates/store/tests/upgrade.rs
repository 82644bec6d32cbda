//! Files of older formats: they are read as they are, and brought up to date when they are written to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_store::{APPLICATION_ID, FORMAT, RunFilter, Store};
use rusqlite::Connection;
use std::path::Path;
use support::windows::{Recording, START_S, identity, simple};

const NS_PER_S: i64 = 1_000_000_000;

/// A file of format 1 as the first builds made it, with a run of ten seconds for each state and end, in seconds after
/// the start.
fn make_format_1(path: &Path, runs: &[(&str, &str, Option<f64>)]) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(include_str!("golden/format_1.sql")).unwrap();
    connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    for (run_id, state, ended_s) in runs {
        let sql = "INSERT INTO run (run_id, testplan, state, role, source, source_id, started_unix_ns, ended_unix_ns,
                 heartbeat_unix_ns, writer, first_s, last_s, requests, seconds)
             VALUES (?1, 'checkout', ?2, 'master', 'MasterRunner', 'master', ?3, ?4, ?3, '', ?5, ?6, 50, 10)";
        let start_ns = START_S * NS_PER_S;
        let ended_ns = ended_s.map(|ended_s| start_ns + (ended_s * 1e9) as i64);
        connection.execute(sql, (run_id, state, start_ns, ended_ns, START_S, START_S + 9)).unwrap();
        let row = connection.last_insert_rowid();
        let sql = "INSERT INTO second (run, second, users, requests, failures, response_bytes, reasons)
             VALUES (?1, ?2, 1, 5, 0, 0, 16)";
        for second in START_S..START_S + 10 {
            connection.execute(sql, (row, second)).unwrap();
        }
        let sql = "INSERT INTO worker_second (run, worker, second, state, users, requests, failures, reasons)
             VALUES (?1, ?2, ?3, 'running', 1, 5, 0, ?4)";
        for (worker, reasons) in [(0, 1), (1, 17), (2, 16)] {
            connection.execute(sql, (row, worker, START_S, reasons)).unwrap();
        }
    }
}

/// The format of a file, and all that is defined in it.
fn schema(path: &Path) -> (i32, Vec<(String, String)>) {
    let connection = Connection::open(path).unwrap();
    let format = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let mut select = connection.prepare(sql).unwrap();
    let parts = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    (format, parts.collect::<Result<_, _>>().unwrap())
}

#[test]
fn a_file_of_format_1_is_read_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    make_format_1(&path, &[("aa11", "ended", Some(10.0))]);
    let before = schema(&path);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.runs(&RunFilter::default()).unwrap().len(), 1);
    let run = store.run("aa11").unwrap().unwrap();
    assert_eq!(run.missing_workers().unwrap(), [1, 2]);
    assert_eq!(run.snapped(None).unwrap(), START_S..START_S + 10);
    drop(store);
    assert_eq!(schema(&path), before);
}

#[test]
fn a_file_of_format_1_becomes_as_a_new_one_when_it_is_written_to() {
    let directory = tempfile::tempdir().unwrap();
    let (path, new) = (directory.path().join("runs.db"), directory.path().join("new.db"));
    make_format_1(
        &path,
        &[
            ("closed late", "ended", Some(12.5)),
            ("closed amid", "ended", Some(9.25)),
            ("cut off", "cut off", None),
            ("left", "cut off", Some(12.5)),
        ],
    );
    for path in [&path, &new] {
        let mut recording = Recording::open(path);
        recording.take(&identity("later"), simple(START_S + 60, 2));
        recording.end(&identity("later"));
    }
    assert_eq!(schema(&path), schema(&new));
    assert_eq!(schema(&path).0, FORMAT);

    let connection = Connection::open(&path).unwrap();
    let sql = "SELECT run_id, (ended_unix_ns - started_unix_ns) / 1e9 FROM run WHERE run_id <> 'later' ORDER BY id";
    let mut select = connection.prepare(sql).unwrap();
    let ends = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let ends: Vec<(String, Option<f64>)> = ends.collect::<Result<_, _>>().unwrap();
    let known = |run_id: &str, end| (run_id.to_owned(), end);
    assert_eq!(
        ends,
        [
            known("closed late", Some(10.0)),
            known("closed amid", Some(9.25)),
            known("cut off", None),
            known("left", Some(12.5)),
        ]
    );

    let text = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(text("SELECT requests_per_second || '' FROM runs WHERE run_id = 'closed late'"), "5.0");
    assert_eq!(text("SELECT requests_per_second || '' FROM runs WHERE run_id = 'closed amid'"), "5.405");
    assert_eq!(text("SELECT suspect FROM intervals LIMIT 1"), "worker_missing");
    let run = Store::open(&path).unwrap();
    assert_eq!(run.run("closed late").unwrap().unwrap().missing_workers().unwrap(), [1, 2]);
}
