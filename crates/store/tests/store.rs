//! The list of runs: finding them, changing what may be changed, and letting them go.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::RunIdentity;
use locust_telemetry_store::{ChangeError, FindRunError, OpenStoreError, RunFilter, Store, StoreConfig};
use std::path::Path;
use std::sync::Arc;
use support::windows::{Recording, START_S, full, identity, open, reader, simple};

/// Runs of these ids and test plans, each a minute later than the one before.
fn record(path: &Path, runs: &[(&str, &str)]) {
    for ((run_id, testplan), minute) in runs.iter().zip(0..) {
        let mut recording = Recording::open(path);
        let run = RunIdentity { testplan: (*testplan).into(), ..RunIdentity::clone(&identity(run_id)) };
        let run = Arc::new(run);
        recording.take(&run, simple(START_S + 60 * minute, 2));
        recording.end(&run);
    }
}

fn with_runs() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    record(&path, &[("aa11", "checkout"), ("aa22", "search"), ("bb33", "checkout"), ("cc44", "50%_off 'quoted'")]);
    (directory, path)
}

fn ids(store: &Store, filter: &RunFilter) -> Vec<String> {
    store.runs(filter).unwrap().into_iter().map(|run| run.run_id).collect()
}

#[test]
fn runs_are_listed_newest_first_and_filtered() {
    let (_directory, path) = with_runs();
    let store = open(&path);
    assert_eq!(ids(&store, &RunFilter::default()), ["cc44", "bb33", "aa22", "aa11"]);
    assert_eq!(ids(&store, &RunFilter { testplan: Some("checkout".into()), ..RunFilter::default() }), ["bb33", "aa11"]);
    assert_eq!(ids(&store, &RunFilter { limit: Some(2), ..RunFilter::default() }), ["cc44", "bb33"]);
    store.set_notes("aa22", "slow SINCE the 50%_off banner").unwrap();
    for (search, found) in
        [("since", vec!["aa22"]), ("50%_off", vec!["cc44", "aa22"]), ("a2", vec!["aa22"]), ("%", vec!["cc44", "aa22"])]
    {
        assert_eq!(ids(&store, &RunFilter { search: Some(search.into()), ..RunFilter::default() }), found, "{search}");
    }
    let searched = |text: &str| ids(&store, &RunFilter { search: Some(text.into()), ..RunFilter::default() });
    assert_eq!(searched("STAGING").len(), 4, "labels");
    store.annotate("bb33", "Cache was cold", 1).unwrap();
    assert_eq!(searched("cache was"), ["bb33"], "annotations");
    assert_eq!(searched("started_unix_ns"), Vec::<String>::new(), "what no person has written");
}

#[test]
fn a_run_is_found_by_what_people_call_it() {
    let (_directory, path) = with_runs();
    let store = open(&path);
    let found = |asked: &str| store.find(asked).map(|run| run.run_id);
    for (asked, run_id) in [
        ("@1", "cc44"),
        ("@4", "aa11"),
        ("aa11", "aa11"),
        ("b", "bb33"),
        ("checkout", "bb33"),
        ("50%_off 'quoted'", "cc44"),
    ] {
        assert_eq!(found(asked).unwrap(), run_id, "{asked}");
    }
    let error = found("aa").unwrap_err();
    assert!(matches!(error, FindRunError::Ambiguous { .. }), "{error}");
    assert_eq!(error.to_string(), "`aa` may be any of aa22 (search), aa11 (checkout)");
    for asked in ["@5", "@0", "nothing", ""] {
        let error = found(asked).unwrap_err();
        assert!(
            matches!(&error, FindRunError::Unknown { newest, .. } if newest[0].starts_with("cc44 (")),
            "{asked}: {error}"
        );
    }
}

#[test]
fn a_store_without_runs_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    assert!(matches!(Store::open(&path), Err(OpenStoreError::Missing { .. })));
    drop(Recording::open(&path));
    assert!(matches!(open(&path).find("@1"), Err(FindRunError::Empty)));
}

#[test]
fn annotations_are_events_of_their_run_at_their_time() {
    let (_directory, path) = with_runs();
    let store = open(&path);
    let at = (START_S + 10) * 1_000_000_000;
    store.annotate("aa11", "deployed <v2>; '", at).unwrap();
    assert!(matches!(store.annotate("zz", "x", at), Err(ChangeError::Gone { .. })));
    let events = reader(&store, "aa11").events(None).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].time_unix_ns, events[0].is_annotation, events[0].name.as_str()),
        (at, true, "deployed <v2>; '")
    );
    assert_eq!(events[0].to_json()["kind"], "annotation");
    assert!(reader(&store, "aa11").events(Some(START_S + 11..START_S + 99)).unwrap().is_empty());
    assert!(reader(&store, "aa22").events(None).unwrap().is_empty());
}

#[test]
fn who_looks_for_annotations_is_told_of_each_once() {
    let (_directory, path) = with_runs();
    let store = open(&path);
    let before = store.annotated_after(0).unwrap().last_event;
    open(&path).annotate("aa22", "one", 1).unwrap();
    open(&path).annotate("aa22", "two", 2).unwrap();
    let found = store.annotated_after(before).unwrap();
    assert_eq!(found.run_ids, ["aa22"]);
    assert!(store.annotated_after(found.last_event).unwrap().run_ids.is_empty());
    // Ids are given out again once the newest events are gone.
    open(&path).delete("cc44").unwrap();
    open(&path).annotate("aa11", "three", 3).unwrap();
    assert!(store.annotated_after(i64::MAX - 1).unwrap().run_ids.contains(&"aa11".to_owned()));
}

#[test]
fn a_deleted_run_leaves_nothing_and_gives_its_room_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    record(&path, &[("stays", "t")]);
    let size = || std::fs::metadata(&path).unwrap().len();
    let before = size();
    let run = identity("goes");
    let mut recording = Recording::open(&path);
    (0..150).for_each(|second| recording.take(&run, simple(START_S + second, 800)));
    recording.take(&run, full(START_S + 150));
    recording.end(&run);
    drop(recording);
    let store = open(&path);
    store.annotate("goes", "x", 0).unwrap();
    assert!(size() > before + 200_000, "{}", size());
    store.delete("goes").unwrap();
    assert!(matches!(store.delete("goes"), Err(ChangeError::Gone { .. })));
    assert!(store.run("goes").unwrap().is_none());
    assert!(size() <= before + 200_000, "{} of {before}", size());
    assert_eq!(reader(&store, "stays").aggregate(None).unwrap().requests(), 2);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%REFERENCES run%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(tables.len(), 12);
    for table in tables {
        let sql = format!("SELECT count(*) FROM {table} WHERE run NOT IN (SELECT id FROM run)");
        assert_eq!(connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap(), 0, "{table}");
    }
}

#[test]
fn only_as_many_runs_are_kept_as_are_wanted_and_never_is_one_that_is_on_deleted() {
    let (_directory, path) = with_runs();
    let mut on = Recording::open(&path);
    on.take(&identity("on"), simple(START_S - 900, 1));
    let keep = |keep_runs, keep_days| {
        drop(Recording::with(StoreConfig { keep_runs, keep_days, ..StoreConfig::new(&path) }));
        ids(&open(&path), &RunFilter::default())
    };
    assert_eq!(keep(Some(2), None), ["cc44", "bb33", "on"]);
    assert_eq!(keep(None, Some(3)), ["cc44", "bb33", "on"], "they ended just now");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute("UPDATE run SET ended_unix_ns = ended_unix_ns - 4 * 86400000000000 WHERE run_id = 'cc44'", [])
        .unwrap();
    assert_eq!(keep(None, Some(3)), ["bb33", "on"]);
    assert_eq!(keep(Some(0), None), ["on"]);
}

#[test]
fn a_store_that_may_not_be_written_to_can_be_read() {
    let (_directory, path) = with_runs();
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    assert_eq!(reader(&open(&path), "aa11").aggregate(None).unwrap().requests(), 2);
}

#[test]
fn damage_is_told_and_costs_only_what_it_touches() {
    let (_directory, path) = with_runs();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let aa11 = "run = (SELECT id FROM run WHERE run_id = 'aa11')";
    assert!(connection.execute(&format!("UPDATE coarse_strip SET data = x'0123' WHERE {aa11}"), []).unwrap() > 0);
    let store = open(&path);
    let error = reader(&store, "aa11").aggregate(None).unwrap_err();
    assert_eq!(error.to_string(), "the run store is damaged where it holds a strip");
    assert_eq!(
        reader(&store, "aa11").aggregate(Some(START_S..START_S + 1)).unwrap_err().to_string(),
        error.to_string()
    );
    assert_eq!(reader(&store, "aa22").aggregate(None).unwrap().requests(), 2);
}
