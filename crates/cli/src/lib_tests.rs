use super::*;
use std::io::{self, Write};

/// Runs the command with these streams, none of which is a terminal.
fn main_with(arguments: &[String], stdout: &mut dyn Write, stderr: &mut dyn Write) -> Outcome {
    let (stdin, terminals, until_stopped) = (&mut io::empty(), Terminals::default(), &mut || {});
    main(arguments, &mut Console { stdout, stderr, stdin, terminals, zone: Zone::utc(), until_stopped })
}

fn run(words: &[&str]) -> (Outcome, String, String) {
    let arguments: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let outcome = main_with(&arguments, &mut stdout, &mut stderr);
    (outcome, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn input(name: &str) -> String {
    format!("{}/tests/input/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A stream that fails in one way.
struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn run_hands_everything_to_locust() {
    let (outcome, stdout, stderr) = run(&["run", "-f", "a.py", "--help"]);
    assert_eq!(outcome, Outcome::RunLocust(vec!["-f".to_owned(), "a.py".to_owned(), "--help".to_owned()]));
    assert_eq!((stdout, stderr), (String::new(), String::new()));
}

fn watch(words: &[&str]) -> Outcome {
    Outcome::Watch(words.iter().map(|word| (*word).to_owned()).collect())
}

#[test]
fn a_run_that_is_to_be_shown_is_run_in_another_process() {
    let expected = watch(&["run", "-f", "a.py", "-u", "5"]);
    assert_eq!(run(&["run", "-f", "a.py", "--lt-live", "-u", "5"]).0, expected);
    assert_eq!(run(&["run", "--lt-live", "-f", "a.py", "-u", "5"]).0, expected);
    assert_eq!(run(&["demo", "--lt-live"]).0, watch(&["demo", "--seconds", "60", "--users", "30"]));
}

#[test]
fn help_is_not_shown_behind_a_view_and_what_follows_two_dashes_is_no_option() {
    let locust = |words: &[&str]| Outcome::RunLocust(words.iter().map(|word| (*word).to_owned()).collect());
    assert_eq!(run(&["run", "--lt-live", "--help"]).0, locust(&["--help"]));
    assert_eq!(run(&["run", "--", "--lt-live"]).0, locust(&["--", "--lt-live"]));
}

#[test]
fn the_demo_is_left_to_python_within_its_bounds() {
    assert_eq!(run(&["demo"]).0, Outcome::RunDemo { seconds: 60, users: 30 });
    assert_eq!(run(&["demo", "--seconds", "5", "-u", "2"]).0, Outcome::RunDemo { seconds: 5, users: 2 });
    assert_eq!(run(&["demo", "--users", "0"]).0, Outcome::Exit(2));
}

#[test]
fn help_goes_to_standard_output_and_a_wrong_call_to_standard_error() {
    let (outcome, stdout, stderr) = run(&["--help"]);
    assert!(outcome == Outcome::Exit(0) && stdout.contains("Usage") && stderr.is_empty());
    let (outcome, stdout, stderr) = run(&[]);
    assert!(outcome == Outcome::Exit(2) && stdout.is_empty() && stderr.contains("Usage"));
    let (outcome, stdout, stderr) = run(&["explode"]);
    assert!(outcome == Outcome::Exit(2) && stdout.is_empty() && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn a_rotated_file_and_its_successor_are_one_run() {
    let (current, rotated) = (input("worker-3.jsonl"), input("worker-3.jsonl.1"));
    let (outcome, page, stderr) = run(&["summary", &current, &rotated, &current]);
    assert_eq!((outcome, stderr.as_str()), (Outcome::Exit(0), ""));
    assert!(page.starts_with("checkout · run r1 · 1 min 31 s · 1 worker · 9 users\n"), "{page}");
    assert!(page.contains("GET  /cart/[id]") && page.contains("POST say \"käse\""), "{page}");
    assert!(page.contains("1  HTTPError 404           GET /cart/[id]"), "{page}");
    assert!(page.contains("1 line could not be read in"), "{page}");
}

#[test]
fn a_masters_file_as_it_is_written_tells_of_its_workers_and_of_the_difference() {
    let written = |name: &str| input(&format!("../../../json/tests/golden/{name}.jsonl"));
    let (outcome, page, stderr) = run(&["summary", &written("late_workers"), &written("reconciliation")]);
    assert_eq!((outcome, stderr.as_str()), (Outcome::Exit(0), ""));
    assert!(page.contains("             worker-0         3       98%  2.50 ms      1 s\n"), "{page}");
    // Of which nothing came: no word of trust.
    assert!(page.contains("             worker-1         0         -        -        -\n"), "{page}");
    assert!(page.contains("  confidence suspect in 1 of 1 s · process cpu\n"), "{page}");
    assert!(page.contains("  difference 2 requests came when Locust took no more reports\n"), "{page}");
    assert!(page.contains("             worker-0 lost 2 frames from 03:04:05 UTC to 03:04:07 UTC\n"), "{page}");
    assert!(!page.contains("could not be read"), "{page}");
}

#[test]
fn an_unreadable_file_among_others_is_named_and_ends_with_1() {
    let (outcome, page, stderr) = run(&["summary", "/nonexistent.jsonl", &input("worker-3.jsonl")]);
    assert_eq!(outcome, Outcome::Exit(1));
    assert!(page.contains("run r1"), "{page}");
    assert!(stderr.starts_with("locust-telemetry: cannot read /nonexistent.jsonl: "), "{stderr}");
    assert_eq!(stderr.lines().count(), 1);
}

#[test]
fn nothing_but_unreadable_files_ends_with_2() {
    let (outcome, page, stderr) = run(&["summary", "/nonexistent.jsonl"]);
    assert_eq!((outcome, page.as_str(), stderr.lines().count()), (Outcome::Exit(2), "", 1));
}

#[test]
fn no_run_ends_with_1_and_one_line() {
    let (outcome, page, stderr) = run(&["summary", &input("worker-3.jsonl"), "--run", "r2"]);
    assert_eq!((outcome, page.as_str()), (Outcome::Exit(1), ""));
    assert_eq!(stderr, "locust-telemetry: no run r2 in these files; they have r1 (1 line could not be read)\n");
}

#[test]
fn a_closed_output_ends_quietly_and_another_fault_is_told() {
    let arguments = ["summary".to_owned(), input("worker-3.jsonl")];
    let mut stderr = Vec::new();
    assert_eq!(main_with(&arguments, &mut Broken(io::ErrorKind::BrokenPipe), &mut stderr), Outcome::Exit(0));
    assert!(stderr.is_empty());
    assert_eq!(main_with(&arguments, &mut Broken(io::ErrorKind::StorageFull), &mut stderr), Outcome::Exit(1));
    assert!(String::from_utf8(stderr).unwrap().contains("cannot write the output"));
}

#[test]
fn a_broken_standard_error_does_no_harm() {
    let mut stderr = Broken(io::ErrorKind::BrokenPipe);
    assert_eq!(main_with(&["explode".to_owned()], &mut Vec::new(), &mut stderr), Outcome::Exit(2));
}
