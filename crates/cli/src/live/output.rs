//! What Locust writes: passed on, or kept while the view has the screen.

use super::terminal;
use std::collections::VecDeque;
use std::io::{self, Write};

/// How many lines are kept for the time after the view, the newest.
const MAX_KEPT: usize = 10_000;

/// How the run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// On a screen of its own.
    Drawn,
    /// By a line now and then.
    Told,
}

/// Where a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// The lines of the process that is watched, and who has the screen.
#[derive(Debug, Default)]
pub(super) struct Output {
    is_drawn: bool,
    /// The oldest first.
    kept: VecDeque<(Stream, String)>,
    left_out: u64,
}

impl Output {
    /// Takes a line: written as it is, or kept.
    pub(super) fn take_line(&mut self, stream: Stream, line: String) {
        if !self.is_drawn {
            return write(stream, &line);
        }
        if self.kept.len() == MAX_KEPT {
            self.kept.pop_front();
            self.left_out += 1;
        }
        self.kept.push_back((stream, line));
    }

    /// The newest lines of those that are kept, the oldest first, empty ones left out.
    pub(super) fn newest(&self, count: usize) -> Vec<String> {
        let lines = self.kept.iter().rev().map(|(_, line)| line).filter(|line| !line.trim().is_empty());
        let mut newest: Vec<String> = lines.take(count).cloned().collect();
        newest.reverse();
        newest
    }

    /// Draws a frame on a terminal of so many lines; takes the screen first if need be. A terminal that is gone is
    /// nobody's loss.
    pub(super) fn draw(&mut self, frame: &[String], lines: usize) {
        let mut out = io::stdout().lock();
        if !self.is_drawn {
            self.is_drawn = terminal::enter(&mut out).is_ok();
        }
        let _ = terminal::draw(&mut out, frame, lines);
    }

    /// Gives the screen back and writes what was kept, each line to where it was meant to go.
    pub(super) fn leave(&mut self) {
        if !self.is_drawn {
            return;
        }
        self.is_drawn = false;
        let _ = terminal::leave(&mut io::stdout().lock());
        if self.left_out > 0 {
            write(Stream::Error, &format!("({} earlier lines are left out)", self.left_out));
            self.left_out = 0;
        }
        self.kept.drain(..).for_each(|(stream, line)| write(stream, &line));
    }
}

fn write(stream: Stream, line: &str) {
    // That nobody reads it any more is no fault of the test.
    let _ = match stream {
        Stream::Output => writeln!(io::stdout().lock(), "{line}"),
        Stream::Error => writeln!(io::stderr().lock(), "{line}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_while_the_screen_is_taken_and_the_oldest_give_way() {
        let mut output = Output { is_drawn: true, ..Output::default() };
        (0..MAX_KEPT + 3).for_each(|number| output.take_line(Stream::Error, number.to_string()));
        assert_eq!((output.kept.len(), output.left_out), (MAX_KEPT, 3));
        assert_eq!(output.newest(2), [(MAX_KEPT + 1).to_string(), (MAX_KEPT + 2).to_string()]);
        assert_eq!(output.kept.front().unwrap().1, "3");
    }

    #[test]
    fn empty_lines_take_no_room_on_the_screen() {
        let mut output = Output { is_drawn: true, ..Output::default() };
        ["a", "", "b", " "].iter().for_each(|line| output.take_line(Stream::Output, (*line).to_owned()));
        assert_eq!(output.newest(5), ["a", "b"]);
        assert_eq!(output.kept.len(), 4);
    }
}
