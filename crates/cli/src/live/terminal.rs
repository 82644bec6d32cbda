//! The terminal while a view is drawn on it: another screen, so that what was there before comes back.

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen,
};
use std::io::{self, Write};

/// Where nobody can tell.
const USUAL_SIZE: (usize, usize) = (80, 24);

/// Columns and lines of the terminal.
pub(super) fn size() -> (usize, usize) {
    terminal::size()
        .ok()
        .filter(|(columns, lines)| *columns > 0 && *lines > 0)
        .map_or(USUAL_SIZE, |(columns, lines)| (usize::from(columns), usize::from(lines)))
}

/// Whether this process is in the foreground: what others draw there would be in the shell's way.
#[cfg(unix)]
pub(super) fn is_ours() -> bool {
    // No terminal of ours: nobody is in the way.
    rustix::termios::tcgetpgrp(io::stdout()).map_or(true, |group| group == rustix::process::getpgrp())
}

/// There is no background.
#[cfg(not(unix))]
pub(super) fn is_ours() -> bool {
    true
}

/// Takes the screen.
pub(super) fn enter(out: &mut impl Write) -> io::Result<()> {
    // Lines that are too long for a terminal which is getting narrower must not push others out of place.
    queue!(out, EnterAlternateScreen, Hide, DisableLineWrap)?;
    out.flush()
}

/// Draws a frame over the last one on a terminal of so many lines. All of it, so that what somebody else wrote meanwhile
/// goes; shown at once by terminals that can, and without an empty moment by the others.
pub(super) fn draw(out: &mut impl Write, frame: &[String], lines: usize) -> io::Result<()> {
    let mut bytes = Vec::new();
    queue!(bytes, BeginSynchronizedUpdate)?;
    for (row, line) in (0_u16..).zip(frame) {
        queue!(bytes, MoveTo(0, row))?;
        bytes.write_all(line.as_bytes())?;
        queue!(bytes, Clear(ClearType::UntilNewLine))?;
    }
    // Below the last line there is nothing, and whoever goes there stays on it.
    if frame.len() < lines {
        let below = u16::try_from(frame.len()).unwrap_or(u16::MAX);
        queue!(bytes, MoveTo(0, below), Clear(ClearType::FromCursorDown))?;
    }
    queue!(bytes, EndSynchronizedUpdate)?;
    out.write_all(&bytes)?;
    out.flush()
}

/// Gives the screen back as it was.
pub(super) fn leave(out: &mut impl Write) -> io::Result<()> {
    queue!(out, EnableLineWrap, Show, LeaveAlternateScreen)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is below the frame is cleared, beginning with this line.
    fn cleared_from(frame: &[&str], lines: usize) -> Option<String> {
        let frame: Vec<String> = frame.iter().map(|line| (*line).to_owned()).collect();
        let mut bytes = Vec::new();
        draw(&mut bytes, &frame, lines).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (before, _) = text.split_once("\u{1b}[J")?;
        let (_, place) = before.rsplit_once("\u{1b}[")?;
        Some(place.to_owned())
    }

    #[test]
    fn what_is_below_the_frame_goes_and_the_last_line_stays() {
        assert_eq!(cleared_from(&["a", "b"], 4).as_deref(), Some("3;1H"));
        assert_eq!(cleared_from(&["a", "b"], 3).as_deref(), Some("3;1H"));
        assert_eq!(cleared_from(&["a", "b"], 2), None);
    }
}
