//! The file of lines: appended to, rotated by size, and accounted for line by line.
//!
//! A line counts as delivered once the system has taken it whole: it survives the end of the process,
//! not the loss of power.

use crate::append::AppendFile;
use crate::error::OpenFileError;
use crate::lines::Lines;
use crate::rotation;
use locust_telemetry_pipeline::Load;
use std::io;
use std::path::{Path, PathBuf};

/// What became of the lines of one [`LineFile::write`].
#[derive(Debug, Default)]
pub struct Written {
    /// What the lines in the file carry.
    pub delivered: Load,
    /// What the lost lines carry.
    pub dropped: Load,
    /// How many lines are lost; above zero exactly if there is an error.
    pub dropped_lines: u64,
    /// Why lines are lost.
    pub error: Option<io::Error>,
}

/// A file of lines with old ones beside it: `run.jsonl`, `run.jsonl.1` (the newest of the old), ….
#[derive(Debug)]
pub struct LineFile {
    path: PathBuf,
    max_bytes: u64,
    keep: u32,
    /// `None` between a rotation and the next write.
    file: Option<AppendFile>,
    /// Whether a rotation failed. Until it works nothing is written, so that the file does not fill up
    /// with whatever happens to fit.
    rotation_due: bool,
    rotated_away_files: u64,
}

impl LineFile {
    /// Opens or creates the file at `path`, never truncating it. If it ends in half a line, as after a
    /// kill, that line is ended first. Its directory must exist.
    ///
    /// The file and each of the `keep` old ones hold at most `max_bytes` bytes, or one line if that is
    /// longer. A device such as `/dev/stdout` has no size and is never rotated.
    ///
    /// # Errors
    /// When the file cannot be opened for reading and appending.
    pub fn open(path: &Path, max_bytes: u64, keep: u32) -> Result<Self, OpenFileError> {
        let file =
            AppendFile::open(path).map_err(|source| OpenFileError::Unopenable { path: path.to_owned(), source })?;
        Ok(Self {
            path: path.to_owned(),
            max_bytes,
            keep,
            file: Some(file),
            rotation_due: false,
            rotated_away_files: 0,
        })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many files rotation has deleted since the file was opened.
    #[must_use]
    pub fn rotated_away_files(&self) -> u64 {
        self.rotated_away_files
    }

    /// Appends `lines`, rotating between them where the file would become too large.
    ///
    /// On the first failure (disk full, rotation impossible) the rest of the lines is lost, and only
    /// whole lines are in the file. The next call tries again.
    pub fn write(&mut self, lines: &Lines) -> Written {
        let mut from = 0;
        let mut error = None;
        while from < lines.len() && error.is_none() {
            (from, error) = match self.write_some(lines, from) {
                Ok(to) => (to, None),
                Err((to, error)) => (to, Some(error)),
            };
        }
        Written {
            delivered: lines.load(0..from),
            dropped: lines.load(from..lines.len()),
            dropped_lines: (lines.len() - from) as u64,
            error,
        }
    }

    /// Writes the lines from `from` on that go into one file. Returns, in either case, the number of the
    /// first line that is not in it.
    fn write_some(&mut self, lines: &Lines, from: usize) -> Result<usize, (usize, io::Error)> {
        let max_bytes = self.max_bytes;
        let (file, size) = self.file_with_room(lines.line_bytes(from)).map_err(|error| (from, error))?;
        let (bytes, to) = lines.fitting(from, max_bytes.saturating_sub(size));
        match file.append(bytes) {
            Ok(()) => Ok(to),
            Err(error) => Err((lines.whole_within(from, error.whole_bytes), error.source)),
        }
    }

    /// The file, after a rotation if a line of `line_bytes` would make it too large, and its size.
    fn file_with_room(&mut self, line_bytes: u64) -> io::Result<(&mut AppendFile, u64)> {
        if self.file.as_ref().is_some_and(AppendFile::is_deleted) {
            self.file = None;
        }
        let size = self.opened()?.1;
        self.rotation_due |= size > 0 && size.saturating_add(line_bytes) > self.max_bytes;
        if self.rotation_due {
            rotation::rotate(&self.path, self.keep, &mut self.rotated_away_files)?;
            self.rotation_due = false;
            self.file = None;
        }
        self.opened()
    }

    fn opened(&mut self) -> io::Result<(&mut AppendFile, u64)> {
        let file = match self.file.take() {
            Some(file) => file,
            None => AppendFile::open(&self.path)?,
        };
        let file = self.file.insert(file);
        // Asked anew each time: somebody may have emptied the file.
        let size = file.size()?;
        Ok((file, size))
    }
}
