//! What the command line asks for.

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Run Locust with these arguments.
    Run(Vec<String>),
    /// Summarise a run.
    Summary(SummaryOptions),
    /// Print this (help, version) and succeed.
    Say(String),
    /// Print this to standard error and fail with status 2.
    Refuse(String),
}

/// A flight recorder for load tests run by Locust.
#[derive(Parser)]
#[command(name = "locust-telemetry", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Run Locust with telemetry on; all that follows is passed to Locust as it is.
    #[command(disable_help_flag = true)]
    Run {
        /// Locust's own arguments.
        #[arg(value_name = "LOCUST ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Summarise one run from the files that the json recorder wrote.
    Summary(SummaryOptions),
}

/// Options of `summary`.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct SummaryOptions {
    /// Files of the json recorder, one per process; rotated ones (x.jsonl.1) too.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,
    /// The run to summarise [default: the one that began last].
    #[arg(long = "run", value_name = "RUN_ID")]
    pub(crate) run_id: Option<String>,
    /// Leave out what happened before all users were spawned.
    #[arg(long)]
    pub(crate) after_ramp_up: bool,
}

/// Reads the arguments (without the program's name).
pub(crate) fn parse(arguments: &[String]) -> Command {
    // Ahead of clap, which would keep `--help` and the first `--` from Locust.
    if let Some((first, rest)) = arguments.split_first()
        && first == "run"
    {
        return Command::Run(rest.to_vec());
    }
    let words = std::iter::once("locust-telemetry").chain(arguments.iter().map(String::as_str));
    match CommandLine::try_parse_from(words) {
        Ok(CommandLine { command: Subcommands::Run { arguments } }) => Command::Run(arguments),
        Ok(CommandLine { command: Subcommands::Summary(options) }) => Command::Summary(options),
        Err(error) => refusal(&error),
    }
}

/// What clap has to say: help as it is, complaints in one line.
fn refusal(error: &clap::Error) -> Command {
    let text = error.to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Command::Say(text),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Command::Refuse(text),
        _ => {
            // The first paragraph names the fault; tips and usage follow.
            let fault = text.split("\n\n").next().unwrap_or_default();
            let fault = fault.split_whitespace().collect::<Vec<_>>().join(" ");
            let fault = fault.strip_prefix("error: ").unwrap_or(&fault);
            Command::Refuse(format!("locust-telemetry: {fault} (see locust-telemetry --help)\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Command {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn refused(line: &str) -> String {
        match of(line) {
            Command::Refuse(text) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn everything_after_run_belongs_to_locust() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for line in ["", "--help", "--version", "-f a.py -- x --", "summary --run 1", "-- --headless"] {
            assert_eq!(of(&format!("run {line}")), Command::Run(words(line)));
        }
    }

    #[test]
    fn a_summary_has_files_and_perhaps_a_run() {
        let files = vec!["a.jsonl".to_owned(), "a.jsonl.1".to_owned()];
        let expected = SummaryOptions { files, run_id: Some("7f3a".to_owned()), after_ramp_up: false };
        assert_eq!(of("summary a.jsonl --run 7f3a a.jsonl.1"), Command::Summary(expected));
    }

    #[test]
    fn a_summary_may_leave_the_ramp_up_out() {
        let expected = SummaryOptions { files: vec!["a".to_owned()], run_id: None, after_ramp_up: true };
        assert_eq!(of("summary a --after-ramp-up"), Command::Summary(expected));
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
        let Command::Say(help) = of("--help") else { panic!("no help") };
        assert!(help.contains("summary") && help.contains("run"), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        assert_eq!(of("--version"), Command::Say(format!("locust-telemetry {}\n", env!("CARGO_PKG_VERSION"))));
        assert!(refused("").contains("Usage: locust-telemetry"));
    }

    #[test]
    fn the_command_line_is_well_formed() {
        <CommandLine as clap::CommandFactory>::command().debug_assert();
    }
}
