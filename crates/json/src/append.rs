//! One open file that is only ever appended to, and holds whole lines.
//!
//! One process writes to a file. Should another one append to it as well, neither cuts the other's
//! lines, but sizes and rotation are then nobody's.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;

/// A write that failed.
#[derive(Debug)]
pub(crate) struct AppendError {
    /// How many bytes of whole lines are in the file nevertheless.
    pub(crate) whole_bytes: usize,
    /// Why not all.
    pub(crate) source: io::Error,
}

/// A file of whole lines.
#[derive(Debug)]
pub(crate) struct AppendFile {
    file: File,
    /// Whether the file ends in half a line that could not be cut off or ended yet.
    torn: bool,
}

impl AppendFile {
    /// Opens or creates the file at `path`. If it ends in half a line, as after a kill, ends that line.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut this = Self { file, torn: false };
        if this.size()? > 0 {
            let mut last = [0];
            this.file.seek(SeekFrom::End(-1))?;
            this.file.read_exact(&mut last)?;
            this.torn = last != *b"\n";
        }
        // On a full disk this fails now and is done before the first write that does not.
        let _ = this.end_torn_line();
        Ok(this)
    }

    /// The size in bytes; 0 for what is no regular file.
    pub(crate) fn size(&self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }

    /// Whether nobody can see the file any more, because it was deleted.
    #[cfg(unix)]
    pub(crate) fn is_deleted(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        self.file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
    }

    #[cfg(not(unix))]
    pub(crate) fn is_deleted(&self) -> bool {
        false
    }

    /// Appends `bytes`, whole lines. Of those that do not fit, none leaves a part behind.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), AppendError> {
        let nothing = |source| AppendError { whole_bytes: 0, source };
        self.end_torn_line().map_err(nothing)?;
        let before = self.size().map_err(nothing)?;
        let (taken, result) = write_counting(&mut self.file, bytes);
        let Err(source) = result else {
            return Ok(());
        };
        let whole_bytes = whole_bytes(&bytes[..taken]);
        if whole_bytes < taken {
            self.torn = !self.cut(before + taken as u64, before + whole_bytes as u64);
        }
        Err(AppendError { whole_bytes, source })
    }

    /// Shortens the file to `whole` bytes, unless it grew beyond `present` through somebody else.
    fn cut(&self, present: u64, whole: u64) -> bool {
        self.size().is_ok_and(|size| size == present) && self.file.set_len(whole).is_ok()
    }

    fn end_torn_line(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.write_all(b"\n")?;
            self.torn = false;
        }
        Ok(())
    }
}

/// Writes `bytes` as far as possible, and tells how far that was.
fn write_counting(out: &mut impl Write, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut taken = 0;
    while taken < bytes.len() {
        match out.write(&bytes[taken..]) {
            Ok(0) => return (taken, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => taken += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (taken, Err(error)),
        }
    }
    (taken, Ok(()))
}

/// How many of `bytes` belong to lines that end within them.
fn whole_bytes(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// Answers each write as told.
    struct Script(VecDeque<io::Result<usize>>);

    impl Write for Script {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            self.0.pop_front().unwrap()
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn write_to(answers: impl IntoIterator<Item = io::Result<usize>>) -> (usize, io::Result<()>) {
        write_counting(&mut Script(answers.into_iter().collect()), b"0123456789")
    }

    #[test]
    fn short_and_interrupted_writes_go_on() {
        let (taken, result) = write_to([Ok(3), Err(io::ErrorKind::Interrupted.into()), Ok(7)]);
        assert_eq!(taken, 10);
        result.unwrap();
    }

    #[test]
    fn a_failure_tells_how_much_was_taken() {
        let (taken, result) = write_to([Ok(3), Err(io::ErrorKind::StorageFull.into())]);
        assert_eq!((taken, result.unwrap_err().kind()), (3, io::ErrorKind::StorageFull));
        assert_eq!(write_to([Ok(4), Ok(0)]).1.unwrap_err().kind(), io::ErrorKind::WriteZero);
    }

    #[test]
    fn half_a_line_is_no_whole_line() {
        assert_eq!([&b""[..], b"ab", b"ab\n", b"ab\nc", b"\n\n"].map(whole_bytes), [0, 0, 3, 3, 2]);
    }

    #[test]
    fn a_tail_is_cut_but_never_what_somebody_else_appended() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.jsonl");
        let mut file = AppendFile::open(&path).unwrap();
        file.append(b"one\ntwo\n").unwrap();
        assert!(!file.cut(6, 4), "eight bytes are there, not six");
        assert!(file.cut(8, 4));
        assert_eq!(std::fs::read(&path).unwrap(), b"one\n");
    }
}
