//! The command, called as people call it.

#![allow(dead_code, reason = "each test crate uses its share")]

use locust_telemetry_cli::{Console, Outcome, Terminals, Zone, main};
use std::path::Path;

/// What a call came to.
pub(crate) struct Called {
    pub(crate) status: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Calls the command with the store at `path`; the answer to a question, and what is at the ends of the streams.
pub(crate) fn call_with(path: &Path, words: &[&str], answer: &str, terminals: Terminals) -> Called {
    call_until(path, words, answer, terminals, &mut || {})
}

/// The same; what goes on until it is stopped does so until `until_stopped` returns.
pub(crate) fn call_until(
    path: &Path,
    words: &[&str],
    answer: &str,
    terminals: Terminals,
    until_stopped: &mut dyn FnMut(),
) -> Called {
    let mut arguments: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    arguments.extend(["--store".to_owned(), path.display().to_string()]);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let (stdin, zone) = (&mut answer.as_bytes(), Zone::utc());
    let mut console = Console { stdout: &mut stdout, stderr: &mut stderr, stdin, terminals, zone, until_stopped };
    let Outcome::Exit(status) = main(&arguments, &mut console) else { panic!("Locust is to be run") };
    Called { status, stdout: String::from_utf8(stdout).unwrap(), stderr: String::from_utf8(stderr).unwrap() }
}

/// The same without a terminal.
pub(crate) fn call(path: &Path, words: &[&str]) -> Called {
    call_with(path, words, "", Terminals::default())
}
