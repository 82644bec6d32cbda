//! The `locust-telemetry` command.
//!
//! Start at [`main`]. `arguments` says what was asked for. The commands on recorded runs are in `stored`. `summary` is of
//! files of the json recorder: `files` reads records, `runs` and `run_tally` add them up, `books` says whose count,
//! `run_summary` has the figures of one run, `render` writes them down. Text is put into columns by `table` and `text`;
//! numbers are put into words by the report crate.
//!
//! The process is Python: nothing here exits, panics or touches the process's own streams.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arguments;
mod books;
mod chart;
mod confidence;
mod console;
mod cross_check;
mod delivery;
mod error;
mod files;
mod lines;
mod live;
mod note;
mod oddities;
mod output;
mod render;
mod run_summary;
mod run_tally;
mod runs;
mod source;
mod stored;
mod summary;
mod table;
#[cfg(test)]
mod testing;
mod text;
mod worker;
mod zone;

pub use console::{Console, Terminals};
pub use live::{LiveView, Stream};
pub use zone::Zone;

use arguments::{Call, Command, Reply};

/// What is left to do after [`main`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Python shall run Locust with these arguments, telemetry on.
    RunLocust(Vec<String>),
    /// Python shall call this command with these arguments in a process of its own, and show its runs in a [`LiveView`].
    Watch(Vec<String>),
    /// Python shall run Locust against the demo's shop.
    RunDemo {
        /// Length of the run, in seconds.
        seconds: u32,
        /// Simulated users.
        users: u32,
    },
    /// All is done; end with this status.
    Exit(u8),
}

/// Does what `arguments` (without the program's name) ask for.
///
/// Status 0 is success, 1 something that could not be done or is incomplete, 2 a wrong call or nothing to read. A
/// reader that closes standard output early ends it with 0. What cannot be written to standard error is lost.
pub fn main(arguments: &[String], console: &mut Console<'_>) -> Outcome {
    let Call { command, is_utc } = match arguments::parse(arguments) {
        Ok(call) => call,
        Err(Reply::Say(text)) => return Outcome::Exit(console.print(text, 0)),
        Err(Reply::Refuse(text)) => {
            console.tell(&text);
            return Outcome::Exit(2);
        }
    };
    if is_utc {
        console.zone = Zone::utc();
    }
    let done = match command {
        Command::Run { is_live: true, arguments } => return Outcome::Watch(words(&["run"], arguments)),
        Command::Run { is_live: false, arguments } => return Outcome::RunLocust(arguments),
        Command::Demo { seconds, users, is_live: true } => {
            let (seconds, users) = (seconds.to_string(), users.to_string());
            return Outcome::Watch(words(&["demo", "--seconds", &seconds, "--users", &users], Vec::new()));
        }
        Command::Demo { seconds, users, is_live: false } => return Outcome::RunDemo { seconds, users },
        Command::Runs(options) => stored::list::print(&options, console),
        Command::Show(selection) => stored::show::print(&selection, console),
        Command::Report(options) => stored::export::report(&options, console),
        Command::Export(options) => stored::export::export(&options, console),
        Command::Serve(options) => stored::serve::serve(&options, console),
        Command::Annotate(options) => stored::annotate::add(&options, console),
        Command::Delete(options) => stored::delete::delete(&options, console),
        Command::Summary(options) => Ok(summary::print(&options, console)),
        Command::Completions { shell } => Ok(console.print(arguments::completions(shell), 0)),
    };
    Outcome::Exit(done.unwrap_or_else(|fault| {
        console.complain(&fault.line());
        fault.status()
    }))
}

/// A call of this command.
fn words(first: &[&str], rest: Vec<String>) -> Vec<String> {
    first.iter().map(|word| (*word).to_owned()).chain(rest).collect()
}

#[cfg(test)]
#[path = "lib_tests.rs"]
mod tests;
