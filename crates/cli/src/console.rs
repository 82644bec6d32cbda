//! The streams of the process, as the command is handed them.

use crate::zone::Zone;
use clap::builder::styling::Style;
use std::ffi::OsStr;
use std::io::{self, BufRead, IsTerminal, Write};

/// The streams, and which of them are terminals.
pub struct Console<'a> {
    /// What was asked for goes here.
    pub stdout: &'a mut dyn Write,
    /// Complaints, questions and progress go here.
    pub stderr: &'a mut dyn Write,
    /// Answers come from here.
    pub stdin: &'a mut dyn BufRead,
    /// What is at the other ends.
    pub terminals: Terminals,
    /// In which zone times are shown and read.
    pub zone: Zone,
    /// Returns when something that goes on until it is stopped shall end.
    pub until_stopped: &'a mut dyn FnMut(),
}

/// What is at the other ends of the streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terminals {
    /// Somebody may answer.
    pub stdin: bool,
    /// The output is read by a person.
    pub stdout: bool,
    /// Progress may be drawn.
    pub stderr: bool,
    /// Standard output may be coloured.
    pub colours: bool,
    /// The terminal at standard output does nothing but print.
    pub is_dumb: bool,
}

impl Terminals {
    /// As the process has them. Colours are only for a terminal that is not `TERM=dumb`, and not where `NO_COLOR` is
    /// set (<https://no-color.org>).
    #[must_use]
    pub fn of_process() -> Self {
        let stdout = io::stdout().is_terminal();
        let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").as_deref() == Some(OsStr::new("dumb"));
        Self {
            stdin: io::stdin().is_terminal(),
            stdout,
            stderr: io::stderr().is_terminal(),
            colours: stdout && !is_refused && !is_dumb,
            is_dumb,
        }
    }

    /// Whether something can be drawn over what was there.
    pub(crate) const fn is_drawable(self) -> bool {
        self.stdout && !self.is_dumb
    }

    /// `text` in `style`, where there are colours.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.colours && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

impl Console<'_> {
    /// Writes to standard output and gives the status to end with: `status` if that went well. A reader that closes
    /// the stream early is no fault.
    pub(crate) fn print(&mut self, bytes: impl AsRef<[u8]>, status: u8) -> u8 {
        match self.stdout.write_all(bytes.as_ref()).and_then(|()| self.stdout.flush()) {
            Ok(()) => status,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Err(error) => {
                self.complain(&format!("cannot write the output: {error}"));
                1
            }
        }
    }

    /// Writes one line about a fault to standard error.
    pub(crate) fn complain(&mut self, fault: &str) {
        self.tell(&format!("{}: {fault}\n", crate::arguments::PROGRAM));
    }

    /// Writes to standard error as it is; there is nowhere to tell that this failed.
    pub(crate) fn tell(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes()).and_then(|()| self.stderr.flush());
    }

    /// Whether there is somebody to ask.
    pub(crate) fn may_ask(&self) -> bool {
        self.terminals.stdin && self.terminals.stderr
    }

    /// Asks a question that is answered by yes or no. No answer is no.
    pub(crate) fn confirms(&mut self, question: &str) -> bool {
        self.tell(&format!("{question} [y/N] "));
        let mut answer = String::new();
        let was_read = self.stdin.read_line(&mut answer).is_ok();
        was_read && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
    }
}
