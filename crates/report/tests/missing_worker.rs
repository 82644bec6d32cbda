//! A run that lost a worker, as every output tells it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::{Event, Reason, Reasons, Window, WorkerState, WorkerWindow};
use locust_telemetry_report::{Figures, Format, Subject, export, html};
use locust_telemetry_store::Store;
use std::ops::Range;
use std::path::Path;
use support::{START_S, key, recorded, window};

const WORDS: &str = "worker-1 was lost at 2026-01-02 03:04:15 UTC; its 3 users stopped making load, up to 2 requests";

fn part(source_id: &str, requests: u64) -> WorkerWindow {
    part_with(source_id, requests, 3)
}

fn part_with(source_id: &str, requests: u64, users: u64) -> WorkerWindow {
    let state = WorkerState::Running;
    WorkerWindow { source_id: source_id.into(), state, users, requests, ..WorkerWindow::default() }
}

/// Ten seconds of two workers; the second is lost after the third, and the first has its users two seconds later.
fn run_with_others(folder: &Path) -> Store {
    let path = folder.join("runs.db");
    let windows = (0..10).map(|offset| {
        let mut window = window(offset, &key("GET", "/", Some(200), None), &[5_000_000]);
        let mut lost =
            WorkerWindow { source_id: "worker-1".into(), state: WorkerState::Missing, ..WorkerWindow::default() };
        match offset {
            0..3 => lost = part("worker-1", 1),
            3..5 => lost.reasons.add(Reason::WorkerMissing),
            _ => {}
        }
        window.reasons = lost.reasons;
        window.workers = vec![part_with("worker-0", 1, if offset < 5 { 3 } else { 6 }), lost];
        window
    });
    recorded(&path, "r", "checkout", windows.collect::<Vec<Window>>());
    Store::open(&path).unwrap()
}

/// Twenty seconds of two workers, the last two after the run was stopped; the second worker is lost after the tenth, which
/// Locust finds right before the end.
fn run(folder: &Path) -> Store {
    let path = folder.join("runs.db");
    let mut missing = Reasons::NONE;
    missing.add(Reason::WorkerMissing);
    let windows = (0..20).map(|offset| {
        let mut window = window(offset, &key("GET", "/", Some(200), None), &[5_000_000]);
        window.workers = vec![part("worker-0", 1), part("worker-1", 1)];
        if offset >= 10 {
            let lost = WorkerWindow { source_id: "worker-1".into(), reasons: missing, ..WorkerWindow::default() };
            // Nobody is expected any more.
            let gone = WorkerWindow { state: WorkerState::Missing, reasons: Reasons::NONE, ..lost.clone() };
            let lost = if offset < 18 { lost } else { gone };
            window.reasons = lost.reasons;
            window.workers = vec![part("worker-0", 1), lost];
        }
        if offset == 13 {
            window.events.push(Event {
                time_unix_ns: window.start_s * 1_000_000_000,
                name: "locust.tl.event.worker.missing".into(),
                attributes: vec![("worker".into(), "worker-1".into())],
            });
        }
        window
    });
    recorded(&path, "r", "checkout", windows.collect::<Vec<Window>>());
    Store::open(&path).unwrap()
}

fn figures(store: &Store, range: Option<Range<i64>>) -> Figures {
    Figures::read(&store.run("r").unwrap().unwrap(), range).unwrap()
}

fn exported(store: &Store, format: Format) -> String {
    let run = store.run("r").unwrap().unwrap();
    String::from_utf8(export::encode(&run, None, format, Subject::Endpoints).unwrap()).unwrap()
}

#[test]
fn it_is_missing_from_its_last_word_on_and_those_seconds_are_suspect() {
    let folder = tempfile::tempdir().unwrap();
    let store = run(folder.path());
    let all = figures(&store, None);
    let [missing] = all.missing.as_slice() else { panic!("{:?}", all.missing) };
    assert_eq!((missing.from_s, missing.to_s, missing.is_for_good), (START_S + 10, START_S + 18, true));
    assert_eq!(all.confidence.reasons, [(Reason::WorkerMissing, 8)]);
    let states: Vec<_> = all.workers.iter().map(|worker| worker.state.as_str()).collect();
    assert_eq!(states, ["running", "missing"]);
    let before_the_stop = figures(&store, Some(START_S + 15..START_S + 18));
    assert_eq!(before_the_stop.workers[1].state, "missing", "though Locust did not take it for missing");
}

#[test]
fn a_part_of_the_run_knows_when_that_began_and_one_before_it_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = run(folder.path());
    let after = figures(&store, Some(START_S + 15..START_S + 18));
    assert_eq!(after.missing.iter().map(|missing| missing.from_s).collect::<Vec<_>>(), [START_S + 10]);
    assert_eq!(figures(&store, Some(START_S..START_S + 10)).missing, []);
}

#[test]
fn its_users_are_said_to_make_no_load_only_until_others_have_them() {
    let folder = tempfile::tempdir().unwrap();
    let told =
        figures(&run_with_others(folder.path()), None).missing_in_words(|second| format!("#{}", second - START_S));
    let words = "worker-1 was lost at #3; its 3 users stopped making load until others had them at #5";
    assert!(matches!(told.as_slice(), [told] if told.starts_with(words)), "{told:?}");
}

#[test]
fn a_report_of_a_part_has_what_the_whole_run_tells_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = run(folder.path());
    let run = store.run("r").unwrap().unwrap();
    let report = html::encode(&run, Some(START_S + 15..START_S + 18), &mut |_| {}).unwrap();
    let (_, rest) = report.split_once(r#"id="run-data">"#).unwrap();
    let data: serde_json::Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    let missing = &data["missing"][0];
    assert_eq!((&missing["from_s"], &missing["users"]), (&(START_S + 10).into(), &3.into()), "{data:#}");
}

#[test]
fn markdown_and_json_say_the_same_and_the_event_says_which_worker() {
    let folder = tempfile::tempdir().unwrap();
    let store = run(folder.path());
    let markdown = exported(&store, Format::Markdown);
    assert!(markdown.contains(&format!("> **{WORDS} may not be recorded**")), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&exported(&store, Format::Json)).unwrap();
    assert!(
        json["run"]["lost"].as_str().unwrap().starts_with("worker-1 was lost at 2026-01-02T03:04:15Z; its 3 users")
    );
    assert_eq!(json["missing"][0]["requests_at_most"], 2);
    assert_eq!(json["events"][0]["attributes"]["worker"], "worker-1");
    assert!(exported(&store, Format::Svg).contains("worker-1 is missing"));
}
