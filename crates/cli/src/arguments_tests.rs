use super::*;

fn of(line: &str) -> Result<Command, Reply> {
    parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}

fn refused(line: &str) -> String {
    match of(line) {
        Err(Reply::Refuse(text)) => text,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn everything_after_run_belongs_to_locust() {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for line in ["", "--help", "--version", "-f a.py -- x --", "summary --run 1", "-- --headless"] {
        assert_eq!(of(&format!("run {line}")), Ok(Command::Run { arguments: words(line) }));
    }
}

#[test]
fn a_summary_has_files_and_perhaps_a_run() {
    let files = vec!["a.jsonl".to_owned(), "a.jsonl.1".to_owned()];
    let expected = SummaryOptions { files, run_id: Some("7f3a".to_owned()), after_ramp_up: false };
    assert_eq!(of("summary a.jsonl --run 7f3a a.jsonl.1"), Ok(Command::Summary(expected)));
}

#[test]
fn a_summary_may_leave_the_ramp_up_out() {
    let expected = SummaryOptions { files: vec!["a".to_owned()], run_id: None, after_ramp_up: true };
    assert_eq!(of("summary a --after-ramp-up"), Ok(Command::Summary(expected)));
}

#[test]
fn complaints_are_one_line_that_names_the_fault() {
    for (line, fault) in [
        ("summarise x", "'summarise'"),
        ("--headless", "'--headless'"),
        ("summary", "<FILE>"),
        ("summary a --run", "--run"),
        ("summary a --fast", "'--fast'"),
    ] {
        let text = refused(line);
        assert!(text.contains(fault), "{line}: {text}");
        assert_eq!(text.matches('\n').count(), 1, "{line}: {text}");
    }
}

#[test]
fn help_and_version_are_said_and_no_argument_is_refused_with_help() {
    let Err(Reply::Say(help)) = of("--help") else { panic!("no help") };
    assert!(help.contains("summary") && help.contains("run"), "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    assert_eq!(of("--version"), Err(Reply::Say(format!("locust-telemetry {}\n", env!("CARGO_PKG_VERSION")))));
    assert!(refused("").contains("Usage: locust-telemetry"));
}

#[test]
fn the_command_line_is_well_formed() {
    <CommandLine as clap::CommandFactory>::command().debug_assert();
}
