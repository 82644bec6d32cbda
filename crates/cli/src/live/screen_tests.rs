use super::*;
use crate::text::columns;
use locust_telemetry_report::Missing;
use support::{CHECKOUT_ID, CHECKOUT_SECONDS, START_S, checkout};

#[path = "../../../report/tests/support/mod.rs"]
mod support;

const COLOURS: Terminals = Terminals { stdin: true, stdout: true, stderr: true, colours: true, is_dumb: false };

/// The run of two workers with failures in its middle and suspect seconds at its end, as on a terminal of this width.
fn snapshot(columns: usize) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    Snapshot::read(&checkout(folder.path()), CHECKOUT_ID, columns).unwrap().unwrap()
}

fn frame(snapshot: &Snapshot, columns: usize, lines: usize) -> Vec<String> {
    let output = ["first", "second"].map(str::to_owned);
    Screen { snapshot, trouble: None, output: &output, columns, lines }.frame(Terminals::default())
}

#[test]
fn the_screen_shows_state_figures_charts_endpoints_workers_and_output() {
    let text = frame(&snapshot(80), 80, 40).join("\n");
    for part in [
        "checkout-load · run 7f3a91c2 · ended",
        "40 users · 2 workers",
        "Confidence in the last minute: suspect in 5 of 60 s",
        "hub lag in 5 s",
        "1 087 requests",
        "last 10 s",
        "█",
        "POST /cart",
        "503",
        "worker-1",
        "second",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

#[test]
fn its_figures_are_those_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = checkout(folder.path());
    let snapshot = Snapshot::read(&path, CHECKOUT_ID, 80).unwrap().unwrap();
    let store = locust_telemetry_store::Store::open(&path).unwrap();
    let run = store.run(CHECKOUT_ID).unwrap().unwrap();
    let end = START_S + CHECKOUT_SECONDS;
    let text = frame(&snapshot, 80, 40).join("\n");
    for seconds in [10_u16, 60] {
        let range = end - i64::from(seconds)..end;
        let figures = locust_telemetry_report::Figures::read(&run, Some(range)).unwrap();
        let expected = five(&figures.total, figures.length);
        let line = text.lines().find(|line| line.contains(&format!("last {seconds} s"))).unwrap();
        assert!(expected.iter().all(|figure| line.contains(figure.as_str())), "{line}: {expected:?}");
    }
}

#[test]
fn what_fails_stands_above_what_is_slow() {
    let text = frame(&snapshot(80), 80, 40).join("\n");
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is missing:\n{text}"));
    assert!(place("POST /cart") < place("GET  /pay") && place("GET  /pay") < place("GET  /\u{20}"));
}

#[test]
fn no_size_of_a_terminal_is_too_small() {
    for width in [1, 20, 40, 60, 80, 233] {
        let snapshot = snapshot(width);
        for height in [1, 5, 12, 24, 60] {
            let lines = frame(&snapshot, width, height);
            assert!(lines.len() <= height, "{width} x {height}: {} lines", lines.len());
            let widest = lines.iter().map(|line| columns(line)).max().unwrap_or(0);
            // Figures of a table are not cut: below this they are beyond the edge.
            assert!(widest <= width.max(60), "{width} x {height}: {widest} columns");
        }
    }
}

#[test]
fn sixty_columns_hold_every_figure_and_a_part_of_each_name() {
    let lines = frame(&snapshot(60), 60, 30);
    let text = lines.join("\n");
    assert!(lines.iter().all(|line| columns(line) <= 60), "{text}");
    assert!(text.contains("POST /cart") && text.contains("p99") && text.contains("rate"), "{text}");
}

#[test]
fn colours_are_for_terminals_that_have_them() {
    let snapshot = snapshot(80);
    let screen = Screen { snapshot: &snapshot, trouble: Some("no room"), output: &[], columns: 80, lines: 40 };
    let (plain, coloured) = (screen.frame(Terminals::default()).join("\n"), screen.frame(COLOURS).join("\n"));
    assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}[36m"), "the rate is cyan");
    assert!(plain.contains("Not up to date: no room"));
}

#[test]
fn a_lost_worker_is_named_with_its_moment_of_the_run_and_what_that_means() {
    let mut snapshot = snapshot(60);
    let from_s = START_S + 70;
    let missing = Missing {
        worker: "worker-1".into(),
        from_s,
        to_s: from_s + 20,
        is_for_good: true,
        is_taken_over: false,
        users: Some(20),
        requests_at_most: 24,
    };
    snapshot.recent.missing = vec![missing];
    let text = frame(&snapshot, 60, 30).join(" ");
    let told =
        "worker-1 was lost at 1 min 10 s; its 20 users stopped making load, up to 24 requests may not be recorded";
    assert!(text.contains(told), "{text}");
}

#[test]
fn where_nothing_can_be_drawn_a_line_says_how_it_stands() {
    let line = snapshot(80).line();
    assert!(line.starts_with("1 min 29 s  40 users  "), "{line}");
    assert!(line.contains("0.0% failed  p50 ") && line.contains("suspect in 5 of 60 s"), "{line}");
}
