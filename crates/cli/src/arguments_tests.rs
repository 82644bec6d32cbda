use super::*;
use std::path::Path;

fn called(line: &str) -> Result<Call, Reply> {
    parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}

fn of(line: &str) -> Result<Command, Reply> {
    called(line).map(|call| call.command)
}

#[test]
fn times_are_in_utc_where_that_is_asked_for_before_or_after_the_command() {
    for (line, is_utc) in [("show", false), ("show --utc", true), ("--utc runs", true)] {
        assert_eq!(called(line).map(|call| call.is_utc), Ok(is_utc), "{line}");
    }
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
        assert_eq!(of(&format!("run {line}")), Ok(Command::Run { is_live: false, arguments: words(line) }));
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

#[test]
fn what_was_probably_meant_is_suggested() {
    for (line, meant) in [
        ("shwo", "did you mean show?"),
        ("show --rang 1..2", "did you mean --range?"),
        ("export --format markdwn", "did you mean markdown?"),
    ] {
        let text = refused(line);
        assert!(text.contains(meant), "{line}: {text}");
    }
}

#[test]
fn a_complaint_names_the_help_that_has_the_answer() {
    assert!(refused("export").ends_with("(see locust-telemetry export --help)\n"), "{}", refused("export"));
    assert!(refused("explode").ends_with("(see locust-telemetry --help)\n"), "{}", refused("explode"));
}

#[test]
fn a_range_that_is_none_is_refused_with_an_example() {
    let text = refused("show --range 10-20");
    assert!(text.contains("a range is FROM..TO, such as 60..240") && text.matches('\n').count() == 1, "{text}");
}

#[test]
fn a_number_that_is_none_is_refused_in_one_line_that_says_what_would_be_one() {
    for (line, option, bounds) in [
        ("serve --port", "--port <PORT>", "0 to 65535"),
        ("runs --limit", "--limit <COUNT>", "0 to 1000000"),
        ("demo --seconds", "--seconds <SECONDS>", "1 to 3600"),
        ("demo --users", "--users <COUNT>", "1 to 200"),
    ] {
        for value in ["abc", "99999999999999999999999", "1.5"] {
            let expected =
                format!("invalid value '{value}' for '{option}': it takes a whole number from {bounds} (see ");
            let text = refused(&format!("{line} {value}"));
            assert!(text.contains(&expected) && text.matches('\n').count() == 1, "{text}");
        }
    }
}

#[test]
fn the_live_view_is_ours_wherever_utc_stands() {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let command = Command::Run { is_live: true, arguments: words("-f a.py --headless") };
    assert_eq!(called("--utc run -f a.py --lt-live --headless"), Ok(Call { command, is_utc: true }));
    let command = Command::Run { is_live: false, arguments: words("--help -- x") };
    assert_eq!(called("--utc run --help -- x"), Ok(Call { command, is_utc: true }));
}

#[test]
fn a_worker_has_nothing_to_show() {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let text = refused("run -f a.py --worker --lt-live");
    assert!(
        text.contains("--lt-live") && text.contains("its master does") && text.matches('\n').count() == 1,
        "{text}"
    );
    assert!(run(&words("-f a.py --lt-live"), false, true).is_err());
    let of_a_variable = run(&words("-f a.py --worker"), true, false);
    assert_eq!(of_a_variable, Ok(Command::Run { is_live: false, arguments: words("-f a.py --worker") }));
    let both_of_variables = run(&words("-f a.py"), true, true);
    assert_eq!(both_of_variables, Ok(Command::Run { is_live: false, arguments: words("-f a.py") }));
    let master = run(&words("-f a.py --master"), true, false);
    assert_eq!(master, Ok(Command::Run { is_live: true, arguments: words("-f a.py --master") }));
    let options_end = run(&words("--lt-live -- --worker"), false, false);
    assert_eq!(options_end, Ok(Command::Run { is_live: true, arguments: words("-- --worker") }));
}

#[test]
fn without_a_run_it_is_the_newest() {
    let Ok(Command::Show(selection)) = of("show --store runs.db") else { panic!("no selection") };
    assert_eq!((selection.run.as_str(), selection.range), ("@1", None));
    assert_eq!(selection.store.path.as_deref(), Some(Path::new("runs.db")));
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in Shell::value_variants() {
        let script = String::from_utf8(completions(*shell)).unwrap();
        assert!(script.contains("annotate") && script.contains("range"), "{shell}");
    }
}

#[test]
fn the_help_of_every_command_fits_a_page() {
    for command in CommandLine::command().get_subcommands() {
        let Err(Reply::Say(help)) = of(&format!("{} --help", command.get_name())) else {
            assert_eq!(command.get_name(), "run", "only Locust has its own help");
            continue;
        };
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    }
}
