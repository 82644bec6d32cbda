//! What the recorder keeps of a run, and what its reader tells of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::{RequestAggregate, Role, RunIdentity};
use locust_telemetry_pipeline::{Load, Record, Recorder};
use locust_telemetry_store::{FeedItem, RunReader, RunState, StoreConfig, window_gains};
use serde_json::{Value, json};
use std::sync::Arc;
use support::windows::{Recording, START_S, full, identity, open, reader, series, simple, window};

fn in_directory() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    (directory, path)
}

fn record(run: &RunIdentity, name: &str, fields: Value) -> Record {
    let mut telemetry = json!({ "telemetry_type": "event", "telemetry_name": name, "run_id": run.run_id });
    telemetry.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let telemetry = telemetry.as_object().unwrap().clone();
    Record { time_unix_ns: 0, level: "INFO".into(), name: "n".into(), message: "m".into(), telemetry }
}

#[test]
fn a_run_has_its_facts_figures_and_closing_records() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::open(&path);
    let run = identity("r1");
    recording.facts.set("r1", json!({ "locustfile": "checkout.py" }).as_object().unwrap().clone());
    (0..100).for_each(|second| recording.take(&run, simple(START_S + second, 3)));
    recording.take(&run, full(START_S + 100));
    recording.facts.set("r1", json!({ "locustfile": "checkout.py", "host": "http://h" }).as_object().unwrap().clone());
    recording.take(&run, simple(START_S + 101, 3));
    {
        let store = open(&path);
        let row = reader(&store, "r1").row().clone();
        assert_eq!((row.state, row.requests, row.seq), (RunState::Running, 100 * 3 + 6 + 3, 102));
        assert_eq!(row.facts["host"], "http://h");
    }
    recording.ledger.offered(Load { requests: 0, records: 3 });
    recording
        .recorder
        .record(&record(&run, "locust.tl.run.reconciliation", json!({ "causes": [] })), &recording.ledger);
    recording
        .recorder
        .record(&record(&run, "locust.tl.run.summary", json!({ "num_requests": 309 })), &recording.ledger);
    recording.recorder.record(&record(&run, "locust.tl.event.test.start", json!({})), &recording.ledger);
    recording.end(&run);

    let store = open(&path);
    let row = reader(&store, "r1").row().clone();
    assert_eq!((row.testplan.as_str(), row.role.as_str(), row.state), ("checkout", "master", RunState::Ended));
    assert_eq!((row.first_s, row.last_s), (Some(START_S), Some(START_S + 101)));
    assert_eq!((row.requests, row.failures, row.users_max), (309, 4, 40));
    assert_eq!((row.seconds, row.suspect_seconds), (102, 1));
    assert_eq!(row.max_ms, Some(2_000.0));
    assert_eq!(row.labels["env"], "staging");
    assert_eq!(row.summary.unwrap()["num_requests"], 309);
    assert_eq!(row.reconciliation.unwrap()["causes"], json!([]));
    assert_eq!(row.lost, None);
    let balance = recording.ledger.balance();
    assert_eq!((balance.delivered, balance.queued()), (Load { requests: 309, records: 3 }, Load::NONE));
}

#[test]
fn everything_that_a_window_tells_can_be_read() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::open(&path);
    let run = identity("r1");
    // The same from the journal and from strips.
    for is_sealed in [false, true] {
        if is_sealed {
            recording.end(&run);
        } else {
            recording.take(&run, full(START_S));
        }
        let store = open(&path);
        let reader = reader(&store, "r1");
        assert_eq!(reader.windows_after(0).unwrap().is_empty(), is_sealed);
        assert_eq!(reader.aggregate(None).unwrap(), full(START_S).requests);
        let errors = reader.errors(None).unwrap();
        let rows: Vec<_> = errors.iter().map(|row| (row.message.as_str(), row.count, row.first_s)).collect();
        assert_eq!(rows, [("503: out of <b>stock</b> \"käse\"", 3, START_S), ("timed out", 1, START_S)]);
        assert_eq!(reader.errors(Some(START_S + 1..START_S + 9)).unwrap(), []);
        let seconds = reader.seconds(None).unwrap();
        assert_eq!(seconds.len(), 1);
        assert_eq!(seconds.column("reasons"), [json!(5)]);
        assert_eq!(
            (seconds.column("hub_lag_ms"), seconds.column("cpu_percent")),
            (&[json!(2.5)][..], &[json!(55.5)][..])
        );
        let workers = reader.worker_seconds(Some(0), None).unwrap().to_json();
        assert_eq!((&workers["state"], &workers["requests"]), (&json!(["running"]), &json!([3])));
        assert_eq!((&workers["clock_offset_ms"], &workers["clock_error_ms"]), (&json!([-1.25]), &json!([0.04])));
        assert_eq!(reader.workers().unwrap(), ["worker-0", "worker-1"]);
        let events = reader.events(Some(START_S..START_S + 1)).unwrap();
        assert_eq!(
            (events.len(), events[0].is_annotation, &events[0].attributes["user_count"]),
            (1, false, &json!("40"))
        );
        let head = reader.head().unwrap();
        assert_eq!(head["workers"], json!([[0, "worker-0"], [1, "worker-1"]]));
        assert_eq!(head["series"][1], json!([1, "GET", "/endpoint/1", 200, null]));
    }
}

#[test]
fn a_window_is_told_to_pages_once_it_is_written() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::open(&path);
    let mut feed = recording.feed.subscribe();
    let run = identity("r1");
    recording.take(&run, full(START_S));
    recording.take(&run, simple(START_S + 1, 3));
    recording.end(&run);
    assert_eq!(*feed.try_recv().unwrap(), FeedItem::RunStarted { run_id: "r1".into() });
    let FeedItem::Window(first) = feed.try_recv().unwrap().as_ref().clone() else { panic!("no window") };
    let FeedItem::Window(second) = feed.try_recv().unwrap().as_ref().clone() else { panic!("no window") };
    assert_eq!(*feed.try_recv().unwrap(), FeedItem::RunEnded { run_id: "r1".into() });
    assert_eq!((first.seq, first.second, second.seq), (1, START_S, 2));
    let message: Value = serde_json::from_str(&first.json).unwrap();
    assert_eq!((&message["users"], &message["hub_lag_ms"], &message["reasons"]), (&json!(40), &json!(2.5), &json!(5)));
    assert_eq!(message["series"].as_array().unwrap().len(), 3, "all are new");
    assert_eq!(message["new_workers"], json!([[0, "worker-0"], [1, "worker-1"]]));
    assert_eq!(message["errors"], json!([[2, "503: out of <b>stock</b> \"käse\"", 3], [2, "timed out", 1]]));
    assert_eq!(
        (&message["anomalies"], &message["folded"]),
        (&json!({ "time_missing": 1 }), &json!(["GET /one/too/many"]))
    );
    let gains = |message: &Value, name: &str| {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(message[name].as_str().unwrap()).unwrap();
        window_gains::decode(&bytes).unwrap()
    };
    let workers = gains(&message, "worker_gains");
    assert_eq!(workers.iter().map(|(id, gain)| (*id, gain.requests)).collect::<Vec<_>>(), [(0, 3)]);
    assert_eq!(gains(&message, "gains").iter().map(|(_, gain)| gain.requests).sum::<u64>(), 6);
    let message: Value = serde_json::from_str(&second.json).unwrap();
    assert_eq!(message["series"].as_array().unwrap().len(), 1, "the others are known");
}

#[test]
fn a_worker_writes_nothing() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::open(&path);
    let run = Arc::new(RunIdentity { role: Role::Worker, ..RunIdentity::clone(&identity("r1")) });
    recording.take(&run, simple(START_S, 3));
    recording.end(&run);
    assert_eq!(recording.ledger.balance().delivered, Load::requests(3));
    assert!(open(&path).run("r1").unwrap().is_none());
}

#[test]
fn stragglers_of_the_last_run_stay_its_own() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::open(&path);
    let (one, other) = (identity("r1"), identity("r2"));
    recording.take(&one, simple(START_S, 2));
    recording.end(&one);
    recording.take(&other, simple(START_S + 9, 1));
    recording.take(&one, simple(START_S, 2));
    let store = open(&path);
    assert_eq!(reader(&store, "r1").aggregate(None).unwrap().requests(), 4);
    assert_eq!(reader(&store, "r2").aggregate(None).unwrap().requests(), 1);
    assert_eq!(reader(&store, "r1").row().state, RunState::Ended);
    assert!(reader(&store, "r1").windows_after(0).unwrap().is_empty());
}

#[test]
fn a_run_id_that_is_taken_costs_counted_drops_and_spoils_nothing() {
    let (_directory, path) = in_directory();
    let run = identity("r1");
    let mut first = Recording::open(&path);
    first.take(&run, simple(START_S, 2));
    let mut second = Recording::open(&path);
    second.take(&run, simple(START_S, 5));
    assert_eq!(second.ledger.balance().dropped, Load::requests(5));
    assert_eq!(second.ledger.take_notices().len(), 1);
    assert_eq!(reader(&open(&path), "r1").aggregate(None).unwrap().requests(), 2);
}

#[test]
fn figures_of_a_second_are_those_of_all_its_windows() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::open(&path);
    let run = identity("r1");
    (0..200).for_each(|second| recording.take(&run, simple(START_S + second, 2)));
    // One into a second that is open, one into a second that is sealed.
    recording.take(&run, full(START_S + 195));
    recording.take(&run, full(START_S + 3));
    recording.end(&run);
    let store = open(&path);
    let reader = reader(&store, "r1");
    let seconds = reader.seconds(None).unwrap();
    for place in [3, 195, 50] {
        let whole = reader.aggregate(Some(START_S + place..START_S + place + 1)).unwrap();
        let place = place as usize;
        assert_eq!(seconds.column("requests")[place], whole.requests());
        assert_eq!(seconds.column("p95_ms")[place], whole.total().latency.quantile_ms(0.95).unwrap(), "{place}");
    }
}

/// The figures of the second that is `place` after the start are those of its windows.
fn compare_second(reader: &RunReader<'_>, place: i64) {
    let second = START_S + place;
    let total = reader.aggregate(Some(second..second + 1)).unwrap().total();
    let seconds = reader.seconds(Some(second..second + 1)).unwrap();
    assert_eq!(seconds.column("requests"), [json!(total.requests)], "{place}");
    for (column, quantile) in [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99), ("max_ms", 1.0)] {
        assert_eq!(seconds.column(column), [json!(total.latency.quantile_ms(quantile))], "{column} of {place}");
    }
}

#[test]
fn seconds_that_were_sealed_without_requests_get_the_figures_of_late_windows() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::open(&path);
    let run = identity("r1");
    (0..100).for_each(|second| recording.take(&run, window(START_S + second, RequestAggregate::default())));
    {
        let store = open(&path);
        let reader = reader(&store, "r1");
        assert_eq!(reader.row().sealed_until_s, Some(START_S + 60));
        compare_second(&reader, 3);
    }
    // Twice into one second, in different seals; once into a second that has no window at all.
    recording.take(&run, simple(START_S + 3, 2));
    (100..200).for_each(|second| recording.take(&run, simple(START_S + second, 2)));
    recording.take(&run, full(START_S + 3));
    recording.take(&run, full(START_S + 59));
    recording.take(&run, full(START_S - 7));
    recording.end(&run);
    let store = open(&path);
    let reader = reader(&store, "r1");
    [-7, 3, 4, 59, 60, 150].into_iter().for_each(|place| compare_second(&reader, place));
}

#[test]
fn late_windows_of_a_second_without_requests_tell_of_it_where_seconds_became_minutes() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::with(StoreConfig { compact_after_s: Some(120), ..StoreConfig::new(&path) });
    let run = identity("r1");
    (0..400).for_each(|second| {
        let requests = if second == 3 { RequestAggregate::default() } else { simple(START_S, 2).requests };
        recording.take(&run, window(START_S + second, requests));
    });
    // What was there before in the other second is known by its percentiles only, and no percentile can be made of those.
    recording.take(&run, full(START_S + 3));
    recording.take(&run, full(START_S + 4));
    recording.end(&run);
    let store = open(&path);
    let seconds = reader(&store, "r1").seconds(None).unwrap();
    let total = full(START_S).requests.total();
    assert_eq!(seconds.column("p50_ms")[3..5], [json!(total.latency.quantile_ms(0.5)), json!(12.0)]);
    assert_eq!(seconds.column("max_ms")[3..5], [json!(2_000.0), json!(2_000.0)]);
}

#[test]
fn endpoints_are_there_for_any_tool() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::open(&path);
    let run = identity("r1");
    recording.take(&run, full(START_S));
    recording.end(&run);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let rows: Vec<(String, i64, i64, f64)> = connection
        .prepare("SELECT name, requests, failures, max_ms FROM endpoints WHERE run_id = 'r1' ORDER BY name")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(rows, [("/endpoint/0".into(), 1, 0, 12.0), ("/endpoint/1".into(), 5, 4, 2_000.0)]);
    let count = |view: &str| -> i64 {
        connection.query_row(&format!("SELECT count(*) FROM {view} WHERE run_id = 'r1'"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(["runs", "intervals", "workers", "errors", "events"].map(count), [1, 1, 2, 2, 1]);
    let first: String = connection.query_row("SELECT time || suspect FROM intervals", [], |row| row.get(0)).unwrap();
    assert_eq!(first, "2026-01-02T03:04:00Zhub_lag run_queue_delay");
    assert_eq!(series(1, true).status.unwrap().get(), 503);
}

#[test]
fn seconds_become_minutes_where_that_is_wanted() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::with(StoreConfig { compact_after_s: Some(120), ..StoreConfig::new(&path) });
    let run = identity("r1");
    (0..400).for_each(|second| recording.take(&run, simple(START_S + second, 2)));
    let store = open(&path);
    let reader = reader(&store, "r1");
    assert_eq!(reader.row().compacted_until_s, Some(START_S + 240));
    assert_eq!(reader.snapped(Some(START_S + 70..START_S + 130)).unwrap(), START_S + 60..START_S + 180);
    assert_eq!(reader.aggregate(Some(START_S + 70..START_S + 130)).unwrap().requests(), 240);
    assert_eq!(reader.aggregate(Some(START_S + 250..START_S + 260)).unwrap().requests(), 20);
    assert_eq!(reader.aggregate(None).unwrap().requests(), 800);
}

#[test]
fn a_run_that_was_cut_off_is_no_longer_since_its_seconds_became_minutes() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::open(&path);
    (0..100).for_each(|second| recording.take(&identity("r1"), simple(START_S + second, 2)));
    drop(recording);
    let connection = rusqlite::Connection::open(&path).unwrap();
    // As one of a process that nobody can ask, and that has long been silent.
    connection.execute("UPDATE run SET writer = '', heartbeat_unix_ns = started_unix_ns", []).unwrap();
    let length = || {
        let store = open(&path);
        let reader = reader(&store, "r1");
        assert_eq!(reader.row().state, RunState::CutOff);
        (
            reader.snapped(None).unwrap(),
            reader.span().unwrap().length().seconds(),
            reader.length(None).unwrap().seconds(),
        )
    };
    assert_eq!(length(), (START_S..START_S + 100, 100.0, 100.0));
    drop(Recording::with(StoreConfig { compact_after_s: Some(120), ..StoreConfig::new(&path) }));
    assert_eq!(length(), (START_S..START_S + 120, 100.0, 100.0));
    let of_view: f64 = connection.query_row("SELECT seconds FROM runs", [], |row| row.get(0)).unwrap();
    assert_eq!(of_view, 100.0);
}

#[test]
fn every_view_can_be_read_with_sqlite_alone() {
    let (_directory, path) = in_directory();
    let mut recording = Recording::open(&path);
    let run = identity("r1");
    recording.take(&run, full(START_S));
    recording.end(&run);
    let connection = rusqlite::Connection::open(&path).unwrap();
    for view in ["runs", "endpoints", "intervals", "workers", "errors", "events"] {
        let sql = format!("SELECT * FROM {view} WHERE run_id = 'r1'");
        let mut select = connection.prepare(&sql).unwrap();
        assert!(select.query([]).unwrap().next().unwrap().is_some(), "{view} is empty");
    }
}

#[test]
fn each_run_has_the_notes_of_its_recorder_once_at_its_start() {
    let (_directory, path) = in_directory();
    let notes = vec!["new cache, 2 GB".to_owned(), "it's <b>".to_owned()];
    let mut recording = Recording::with(StoreConfig { notes: notes.clone(), ..StoreConfig::new(&path) });
    for run_id in ["r1", "r2"] {
        let run = identity(run_id);
        (0..3).for_each(|second| recording.take(&run, simple(START_S + second, 2)));
        recording.end(&run);
    }
    let store = open(&path);
    for run_id in ["r1", "r2"] {
        let reader = reader(&store, run_id);
        let events = reader.events(None).unwrap();
        let annotations: Vec<_> = events.iter().filter(|event| event.is_annotation).collect();
        assert_eq!(annotations.iter().map(|event| &event.name).collect::<Vec<_>>(), notes.iter().collect::<Vec<_>>());
        assert!(annotations.iter().all(|event| event.time_unix_ns == reader.row().started_unix_ns));
    }
    // Pages that are open learn of them as of any other note.
    assert_eq!(store.annotated_after(0).unwrap().run_ids, ["r1", "r2"]);
}
