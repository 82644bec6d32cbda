//! The commands on recorded runs, as people call them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/call.rs"]
mod call;
#[path = "../../report/tests/support/mod.rs"]
mod support;

use call::{call, call_until, call_with};
use locust_telemetry_cli::Terminals;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use support::{CHECKOUT_ID, START_S, assert_golden, checkout, cut_off, key, recorded, window};

const TERMINAL: Terminals = Terminals { stdin: true, stdout: true, stderr: true, colours: false, is_dumb: false };

#[test]
fn a_run_in_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let called = call(&checkout(folder.path()), &["show"]);
    assert_eq!((called.status, called.stderr.as_str()), (0, ""));
    assert_golden("show.txt", &called.stdout);
}

#[test]
fn a_part_of_a_run_in_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let called = call(&checkout(folder.path()), &["show", "7f", "--range", "30..45"]);
    assert_golden("show_part.txt", &called.stdout);
}

#[test]
fn colours_are_for_terminals_and_change_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    let plain = call(&path, &["show"]).stdout;
    let coloured = call_with(&path, &["show"], "", Terminals { colours: true, ..TERMINAL }).stdout;
    assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}[31m"), "failures are red");
    let mut parts = coloured.split('\u{1b}');
    let mut text = parts.next().unwrap().to_owned();
    parts.for_each(|part| text.push_str(part.split_once('m').unwrap().1));
    assert_eq!(text, plain);
}

#[test]
fn runs_are_listed_the_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    recorded(
        &path,
        "a1b2c3d4",
        "search",
        (100..103).map(|offset| window(offset, &key("GET", "/", Some(200), None), &[9_000_000])),
    );
    let listed = call(&path, &["runs"]);
    assert_eq!(
        listed.stdout,
        "  run                        started (UTC)        took  requests  fail      p95\n  \
           a1b2c3d4 search         2026-01-02 03:05         3 s         3  0.0%  9.00 ms\n  \
           7f3a91c2 checkout-load  2026-01-02 03:04  1 min 29 s     1 087  0.6%   380 ms\n"
    );
}

#[test]
fn runs_are_searched_and_filtered() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    recorded(&path, "a1b2c3d4", "search", [window(100, &key("GET", "/", Some(200), None), &[9_000_000])]);
    for words in [["runs", "before the SALE"], ["runs", "--testplan=checkout-load"]] {
        let listed = call(&path, &words).stdout;
        assert!(listed.contains(CHECKOUT_ID) && !listed.contains("a1b2c3d4"), "{words:?}: {listed}");
    }
    let nothing = call(&path, &["runs", "nothing like it"]);
    assert_eq!((nothing.status, nothing.stdout.as_str(), nothing.stderr.lines().count()), (1, "", 1));
}

#[test]
fn runs_for_programs_are_json() {
    let folder = tempfile::tempdir().unwrap();
    let listed = call(&checkout(folder.path()), &["runs", "--json"]).stdout;
    let runs: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(runs[0]["run_id"], CHECKOUT_ID);
    assert_eq!(runs[0]["requests"], 1_087);
    assert_eq!(runs[0]["length_s"], 89.150_000_007);
    assert_eq!(runs[0]["ended"], "2026-01-02T03:05:34.400Z");
}

#[test]
fn a_run_that_is_not_there_is_told_in_one_line_with_those_that_are() {
    let folder = tempfile::tempdir().unwrap();
    let called = call(&checkout(folder.path()), &["show", "nope"]);
    assert_eq!((called.status, called.stdout.as_str()), (2, ""));
    assert_eq!(called.stderr, "locust-telemetry: no run is called `nope`; the newest are 7f3a91c2 (checkout-load)\n");
}

#[test]
fn a_store_that_is_not_there_is_told_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let called = call(&path, &["runs"]);
    assert_eq!((called.status, called.stderr.lines().count()), (2, 1));
    assert!(called.stderr.contains("no run store at") && !path.exists(), "{}", called.stderr);
}

#[test]
fn a_range_outside_of_the_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    let expected = "locust-telemetry: the run has nothing at that time: it lasts from 2026-01-02 03:04:05 UTC to \
                    2026-01-02 03:05:34 UTC, 1 min 29 s\n";
    for words in [
        &["export", "--format", "csv", "--range", "10m.."][..],
        &["show", "--range", "50..40"],
        &["annotate", "@1", "too late", "--at", "2h"],
    ] {
        let called = call(&path, words);
        assert_eq!((called.status, called.stdout.as_str(), called.stderr.as_str()), (2, "", expected), "{words:?}");
    }
}

#[test]
fn a_range_of_a_run_that_was_cut_off_may_be_within_its_last_second_and_no_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    cut_off(&path, "c0", (0..70).map(|offset| window(offset, &key("GET", "/", Some(200), None), &[9_000_000])));
    let called = call(&path, &["show", "--range", "70.."]);
    assert_eq!(called.status, 2);
    assert!(called.stderr.ends_with(" to 2026-01-02 03:05:15 UTC, 1 min 10 s\n"), "{}", called.stderr);
}

#[test]
fn a_report_goes_to_a_file_named_after_the_run_or_where_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    let file = folder.path().join("report.html");
    let called = call(&path, &["report", "@1", "-o", &file.display().to_string()]);
    assert_eq!(called.status, 0, "{}", called.stderr);
    assert!(called.stdout.starts_with(&format!("{}  ", file.display())), "{}", called.stdout);
    let report = std::fs::read_to_string(&file).unwrap();
    assert!(report.starts_with("<!doctype html>") && report.contains(CHECKOUT_ID));
    assert_eq!(call(&path, &["report", "-o", "-"]).stdout, report);
}

#[test]
fn what_cannot_be_written_is_told_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let called = call(&checkout(folder.path()), &["export", "--format", "json", "-o", "/nonexistent/run.json"]);
    assert_eq!(called.status, 1);
    assert!(called.stderr.starts_with("locust-telemetry: cannot write /nonexistent/run.json: "), "{}", called.stderr);
}

#[test]
fn parquet_is_not_thrown_at_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let called = call_with(&checkout(folder.path()), &["export", "--format", "parquet"], "", TERMINAL);
    assert_eq!((called.status, called.stdout.as_str(), called.stderr.lines().count()), (2, "", 1));
}

#[test]
fn a_note_stands_where_it_was_asked_for_and_by_default_at_the_end_of_a_run_that_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    let noted = call(&path, &["annotate", "@1", "cache cleared", "--at", "1m5s"]);
    assert_eq!(noted.stdout, "noted at 2026-01-02 03:05:10 UTC in run 7f3a91c2\n");
    assert_eq!(call(&path, &["annotate", "@1", "done"]).stdout, "noted at 2026-01-02 03:05:34 UTC in run 7f3a91c2\n");
    let page = call(&path, &["show"]).stdout;
    assert!(page.contains("03:05:10 UTC “cache cleared”") && page.contains("03:05:34 UTC “done”"), "{page}");
    assert_eq!(call(&path, &["annotate", "@1", "too late", "--at", "2h"]).status, 2);
}

#[test]
fn deleting_asks_and_takes_only_yes_for_yes() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    let kept = call_with(&path, &["delete", "@1"], "n\n", TERMINAL);
    assert_eq!(kept.status, 1);
    assert_eq!(kept.stderr, "  7f3a91c2 checkout-load (1 087 requests)\nDelete 1 run? [y/N] ");
    assert_eq!(call_with(&path, &["delete", "@1"], "", TERMINAL).status, 1);
    let deleted = call_with(&path, &["delete", "@1", "checkout-load"], "y\n", TERMINAL);
    assert_eq!((deleted.status, deleted.stdout.as_str()), (0, "deleted 1 run\n"));
    assert_eq!(call(&path, &["runs"]).status, 1);
}

#[test]
fn deleting_without_a_terminal_needs_yes_and_finds_all_runs_before_any_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    recorded(&path, "a1b2c3d4", "search", [window(100, &key("GET", "/", Some(200), None), &[9_000_000])]);
    assert_eq!(call(&path, &["delete", "@1"]).status, 2);
    assert_eq!(call(&path, &["delete", "@1", "nope", "--yes"]).status, 2);
    assert!(call(&path, &["runs"]).stdout.contains("a1b2c3d4"), "nothing went");
    assert_eq!(call(&path, &["delete", "@1", "@2", "--yes"]).stdout, "deleted 2 runs\n");
}

#[test]
fn a_run_without_requests_is_shown_and_exported_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    recorded(&path, "e0", "idle", [locust_telemetry_core::Window { start_s: START_S, users: 3, ..Default::default() }]);
    let shown = call(&path, &["show"]);
    assert!(shown.status == 0 && shown.stdout.contains("  no requests\n"), "{}", shown.stdout);
    for format in ["csv", "json", "parquet", "markdown", "svg"] {
        let output = folder.path().join(format);
        let called = call(&path, &["export", "--format", format, "-o", &output.display().to_string()]);
        assert_eq!(called.status, 0, "{format}: {}", called.stderr);
    }
    assert_eq!(call(&path, &["report", "-o", "-"]).status, 0);
}

#[test]
fn a_run_that_was_cut_off_has_all_that_was_written_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    cut_off(&path, "c0", (0..70).map(|offset| window(offset, &key("GET", "/", Some(200), None), &[9_000_000])));
    let shown = call(&path, &["show"]).stdout;
    assert!(shown.contains("The run was cut off") && shown.contains("  total           70"), "{shown}");
    assert!(call(&path, &["runs"]).stdout.contains("cut off"));
    let json: serde_json::Value =
        serde_json::from_str(&call(&path, &["export", "--format", "json", "--range", "50..65"]).stdout).unwrap();
    assert_eq!((&json["run"]["state"], &json["total"]["requests"]), (&"cut off".into(), &15.into()));
}

#[test]
fn the_page_is_served_where_it_says_until_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut answer = String::new();
    let ask = &mut || {
        let mut stream = TcpStream::connect(free).unwrap();
        write!(stream, "GET /api/runs HTTP/1.1\r\nHost: {free}\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_to_string(&mut answer).unwrap();
    };
    let words = ["serve", "--port", &free.port().to_string()];
    let served = call_until(&path, &words, "", Terminals::default(), ask);
    assert_eq!((served.status, served.stdout), (0, format!("http://{free}/\n")));
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(CHECKOUT_ID), "{answer}");
    assert!(TcpStream::connect(free).is_err(), "it has ended");
}

#[test]
fn a_page_for_other_machines_needs_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let refused = call(&checkout(folder.path()), &["serve", "--host", "0.0.0.0", "--port", "0"]);
    assert_eq!((refused.status, refused.stdout.as_str(), refused.stderr.lines().count()), (2, "", 1));
    assert!(refused.stderr.contains("token"), "{}", refused.stderr);
}
