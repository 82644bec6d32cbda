//! What the command line asks for.

mod number;
mod range;
mod refusal;

pub(crate) use range::{Moment, RangeWish};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use locust_telemetry_report::{Format, Subject};
use std::path::PathBuf;

/// The program's name, as people type it.
pub(crate) const PROGRAM: &str = "locust-telemetry";

/// The option of the live view, and the variable that stands for it.
const LIVE_NAME: &str = "lt-live";
const LIVE_FLAG: &str = "--lt-live";
const LIVE_VARIABLE: &str = "LOCUST_TELEMETRY_LIVE";
/// Locust's option that makes the process a worker, and its variable.
const WORKER_FLAG: &str = "--worker";
const WORKER_VARIABLE: &str = "LOCUST_MODE_WORKER";

/// The option that may stand before `run`.
const UTC_FLAG: &str = "--utc";

const AFTER_HELP: &str = "\
RUN is the beginning of a run's id, @1 (the newest), @2 (the one before), or the name of a test plan (its newest run).

Examples:
  locust-telemetry run -f locustfile.py --headless -u 50 -t 5m -H https://shop.test
  locust-telemetry run --lt-live -f locustfile.py --headless -u 50 -t 5m -H https://shop.test
  locust-telemetry runs
  locust-telemetry show @1
  locust-telemetry report @1 -o report.html
  locust-telemetry export @1 --format csv --range 60..240";

/// A flight recorder for load tests run by Locust.
#[derive(Parser, Debug)]
#[command(name = PROGRAM, version, after_help = AFTER_HELP, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    /// Show and read times in UTC instead of your time zone (which TZ sets for one call).
    #[arg(long, global = true)]
    utc: bool,
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// What to do.
    pub(crate) command: Command,
    /// Whether times are in UTC.
    pub(crate) is_utc: bool,
}

/// What to do.
#[derive(Subcommand, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Run Locust with telemetry on; all that follows is passed to Locust. With --lt-live the terminal shows the run.
    #[command(disable_help_flag = true)]
    Run {
        /// Show the run in the terminal while it is on: figures, charts, slowest endpoints, workers, Locust's newest lines.
        #[arg(long = LIVE_NAME)]
        is_live: bool,
        /// Locust's own arguments.
        #[arg(value_name = "LOCUST ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Try it without a test of your own: a small shop under load, with one endpoint that gets slow.
    Demo {
        /// Length of the run, in seconds.
        #[arg(short, long, value_name = "SECONDS", default_value_t = 60, value_parser = number::between::<u32>(1..=3_600))]
        seconds: u32,
        /// Simulated users.
        #[arg(short, long, value_name = "COUNT", default_value_t = 30, value_parser = number::between::<u32>(1..=200))]
        users: u32,
        /// Show the run in the terminal while it is on.
        #[arg(long = LIVE_NAME)]
        is_live: bool,
    },
    /// List the recorded runs, the newest first.
    Runs(RunsOptions),
    /// Show a run in the terminal: figures, errors, and charts over time.
    Show(Selection),
    /// Write a run's report: one HTML file that opens anywhere, without a server.
    Report(ReportOptions),
    /// Write a run's figures as CSV, JSON, Parquet, Markdown or SVG.
    Export(ExportOptions),
    /// Serve the page of all recorded runs, until Ctrl-C.
    Serve(ServeOptions),
    /// Add a note to a moment of a run; the page and the report draw it on every chart.
    Annotate(AnnotateOptions),
    /// Delete runs from the store.
    Delete(DeleteOptions),
    /// Summarise one run from the files that the json recorder wrote.
    Summary(SummaryOptions),
    /// Print what makes a shell complete this command.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// Where the runs are.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct StoreOptions {
    /// The file that holds the runs [default: runs.db in your data directory].
    #[arg(long = "store", value_name = "PATH", env = "LOCUST_TELEMETRY_STORE")]
    pub(crate) path: Option<PathBuf>,
}

/// A run, or a part of it.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The run: the beginning of its id, @1 for the newest, or a test plan's name.
    #[arg(value_name = "RUN", default_value = "@1")]
    pub(crate) run: String,
    /// Only this part: seconds since the start, or times in your time zone; either end may be left out.
    ///
    /// For example 60..240, 1m30s..5m, 30s.., 12:01:07..12:03:30, or dates with a time, also with an offset from UTC:
    /// 2026-01-02T12:01..2026-01-02T12:03, 2026-01-02T12:01:07+01:00.. (the end itself is not in the range).
    #[arg(long, value_name = "FROM..TO", value_parser = RangeWish::parse, allow_hyphen_values = true)]
    pub(crate) range: Option<RangeWish>,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Options of `runs`.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct RunsOptions {
    /// Only runs whose id, test plan, labels or notes hold this text.
    #[arg(value_name = "SEARCH")]
    pub(crate) search: Option<String>,
    /// Only runs of this test plan.
    #[arg(long, value_name = "NAME")]
    pub(crate) testplan: Option<String>,
    /// List at most this many; 0 lists all.
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = number::between::<usize>(0..=1_000_000))]
    pub(crate) limit: usize,
    /// Print JSON, for programs.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Options of `report`.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct ReportOptions {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// The file to write, '-' for standard output [default: TESTPLAN-RUN.html in this directory].
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
}

/// Options of `export`.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct ExportOptions {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// In which format.
    #[arg(short, long, value_enum)]
    pub(crate) format: FormatName,
    /// What the rows of CSV or Parquet are; the other formats have everything.
    #[arg(long, value_enum, default_value_t = TableName::Endpoints)]
    pub(crate) table: TableName,
    /// The file to write [default: standard output].
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
}

/// The formats of `export`.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormatName {
    /// Comma-separated values, for spreadsheets and scripts.
    Csv,
    /// Everything in one JSON object.
    Json,
    /// For pandas, DuckDB and the like.
    Parquet,
    /// A summary for a pull request.
    Markdown,
    /// The main charts as a picture.
    Svg,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Csv => Self::Csv,
            FormatName::Json => Self::Json,
            FormatName::Parquet => Self::Parquet,
            FormatName::Markdown => Self::Markdown,
            FormatName::Svg => Self::Svg,
        }
    }
}

/// The tables of `export`.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableName {
    /// One row for each method and name.
    Endpoints,
    /// One row for each second, over all endpoints.
    Intervals,
    /// One row for each error of an endpoint.
    Errors,
}

impl From<TableName> for Subject {
    fn from(name: TableName) -> Self {
        match name {
            TableName::Endpoints => Self::Endpoints,
            TableName::Intervals => Self::Intervals,
            TableName::Errors => Self::Errors,
        }
    }
}

/// Options of `serve`.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct ServeOptions {
    /// The port; if it is taken, the next free one.
    #[arg(long, value_name = "PORT", default_value_t = 8090, value_parser = number::between::<u16>(0..=65_535))]
    pub(crate) port: u16,
    /// The address to listen on; anything but this machine's own needs --token.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// What a browser must know to see the page: at least 16 letters, digits, '-', '.', '_' or '~'.
    #[arg(long, value_name = "TOKEN", env = "LOCUST_TELEMETRY_WEB_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Options of `annotate`.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct AnnotateOptions {
    /// The run: the beginning of its id, @1 for the newest, or a test plan's name.
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// What to note.
    #[arg(value_name = "TEXT")]
    pub(crate) text: String,
    /// When: seconds since the start (90, 1m30s), a time of day in your time zone (12:03:10), or a date with a time, also
    /// with an offset from UTC (2026-01-02T12:03:10+01:00) [default: now, or the end of a run that is over].
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    pub(crate) at: Option<Moment>,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Options of `delete`.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct DeleteOptions {
    /// The runs: beginnings of their ids, @1 for the newest, or test plans' names (their newest run).
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<String>,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
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

/// Why there is nothing to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Print this (help, version) and succeed.
    Say(String),
    /// Print this to standard error and fail with status 2.
    Refuse(String),
}

/// Reads the arguments (without the program's name).
///
/// # Errors
/// When there is only something to be said: help, the version, or what is wrong with the arguments.
pub(crate) fn parse(arguments: &[String]) -> Result<Call, Reply> {
    // Ahead of clap, which would keep `--help` and the first `--` from Locust, and leave it an option of ours.
    let before = arguments.iter().take_while(|argument| argument.as_str() == UTC_FLAG).count();
    if let Some((first, rest)) = arguments[before..].split_first()
        && first == "run"
    {
        return Ok(Call { command: run(rest, is_set(LIVE_VARIABLE), is_set(WORKER_VARIABLE))?, is_utc: before > 0 });
    }
    let words = std::iter::once(PROGRAM).chain(arguments.iter().map(String::as_str));
    let line = CommandLine::try_parse_from(words).map_err(|error| refusal::reply(&error, arguments))?;
    Ok(Call { command: line.command, is_utc: line.utc })
}

/// Whether a variable says yes.
fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes"))
}

/// Takes the option of the live view out of Locust's arguments. Variables may ask for the view as well (`is_live`), or make
/// the process a worker (`is_worker`), which has nothing to show.
fn run(rest: &[String], is_live: bool, is_worker: bool) -> Result<Command, Reply> {
    let options = rest.iter().position(|argument| argument == "--").unwrap_or(rest.len());
    let is_asked = rest[..options].iter().any(|argument| argument == LIVE_FLAG);
    let is_kept = |(place, argument): &(usize, &String)| *place >= options || argument.as_str() != LIVE_FLAG;
    let arguments = rest.iter().enumerate().filter(is_kept).map(|(_, argument)| argument.clone()).collect();
    // Whoever asks for help wants to read it.
    let is_help = rest[..options].iter().any(|argument| matches!(argument.as_str(), "-h" | "--help"));
    let is_worker = is_worker || rest[..options].iter().any(|argument| argument == WORKER_FLAG);
    if is_asked && is_worker && !is_help {
        let fault = format!("a worker keeps no run that {LIVE_FLAG} could show; its master does: give it to that one");
        return Err(Reply::Refuse(format!("{PROGRAM}: {fault} (see {PROGRAM} --help)\n")));
    }
    Ok(Command::Run { is_live: (is_asked || is_live) && !is_help && !is_worker, arguments })
}

/// What makes a shell complete the command.
pub(crate) fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), PROGRAM, &mut script);
    script
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
