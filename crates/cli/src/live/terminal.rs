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

/// Takes the screen.
pub(super) fn enter(out: &mut impl Write) -> io::Result<()> {
    // Lines that are too long for a terminal which is getting narrower must not push others out of place.
    queue!(out, EnterAlternateScreen, Hide, DisableLineWrap)?;
    out.flush()
}

/// Draws a frame over the last one. All of it, so that what somebody else wrote meanwhile goes; shown at once by
/// terminals that can, and without an empty moment by the others.
pub(super) fn draw(out: &mut impl Write, lines: &[String]) -> io::Result<()> {
    let mut bytes = Vec::new();
    queue!(bytes, BeginSynchronizedUpdate)?;
    for (row, line) in (0_u16..).zip(lines) {
        queue!(bytes, MoveTo(0, row))?;
        bytes.write_all(line.as_bytes())?;
        queue!(bytes, Clear(ClearType::UntilNewLine))?;
    }
    let below = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    queue!(bytes, MoveTo(0, below), Clear(ClearType::FromCursorDown), EndSynchronizedUpdate)?;
    out.write_all(&bytes)?;
    out.flush()
}

/// Gives the screen back as it was.
pub(super) fn leave(out: &mut impl Write) -> io::Result<()> {
    queue!(out, EnableLineWrap, Show, LeaveAlternateScreen)?;
    out.flush()
}
