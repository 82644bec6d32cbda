//! Reads the files, a line at a time.

use crate::error::ReadFileError;
use crate::lines::{Line, Lines, MAX_LINE_BYTES};
use crate::runs::Runs;
use locust_telemetry_json::read::{Entry, parse_line};
use std::collections::BTreeSet;
use std::fs::{File, canonicalize};
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

/// How much is read at a time.
const BUFFER_BYTES: usize = 1 << 18;

/// How the reading went.
#[derive(Debug, Default)]
pub(crate) struct FilesRead {
    /// How many were read to their end.
    pub(crate) whole_files: usize,
    /// Which could not be.
    pub(crate) failures: Vec<ReadFileError>,
    /// Lines that could not be read, by file.
    pub(crate) unread_lines: Vec<(String, u64)>,
}

/// Adds the entries of all files to `runs`. A file that is given twice is read once.
pub(crate) fn read_files(paths: &[String], runs: &mut Runs) -> FilesRead {
    let mut result = FilesRead::default();
    let mut known = BTreeSet::<PathBuf>::new();
    for path in paths {
        if canonicalize(path).is_ok_and(|path| !known.insert(path)) {
            continue;
        }
        let mut unread_lines = 0;
        let read = File::open(path).and_then(|file| {
            read_lines(BufReader::with_capacity(BUFFER_BYTES, file), runs, parse_line, &mut unread_lines)
        });
        match read {
            Ok(()) => result.whole_files += 1,
            Err(source) => result.failures.push(ReadFileError { path: path.clone(), source }),
        }
        if unread_lines > 0 {
            result.unread_lines.push((path.clone(), unread_lines));
        }
    }
    result
}

/// Adds the entries of one file to `runs` and counts the lines that hold none.
fn read_lines<E>(
    reader: impl BufRead,
    runs: &mut Runs,
    parse: impl Fn(&[u8]) -> Result<Entry, E>,
    unread_lines: &mut u64,
) -> io::Result<()> {
    let mut lines = Lines::new(reader, MAX_LINE_BYTES);
    while let Some(line) = lines.next_line()? {
        let read = match line {
            Line::Whole(line) => match line.trim_ascii() {
                [] => true,
                line => parse(line).is_ok_and(|entry| runs.add(entry).is_ok()),
            },
            Line::TooLong => false,
        };
        *unread_lines += u64::from(!read);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::interval;

    fn read(text: &[u8]) -> (Runs, u64) {
        let mut runs = Runs::new(None, false);
        let mut unread_lines = 0;
        let parse = |line: &[u8]| match line {
            b"good" => Ok(interval("r", "local", 1_000, "/", 5)),
            _ => Err(()),
        };
        read_lines(text, &mut runs, parse, &mut unread_lines).unwrap();
        (runs, unread_lines)
    }

    #[test]
    fn lines_that_hold_no_entry_are_counted_and_empty_ones_are_not() {
        let (runs, unread_lines) = read(b"good\n\n  \nbad\ngood\r\n{\"cut");
        assert_eq!(unread_lines, 2);
        assert_eq!(runs.choose().unwrap().total.requests, 10);
    }

    #[test]
    fn a_line_beyond_the_limit_is_counted_and_the_next_is_read() {
        let mut text = vec![b'x'; MAX_LINE_BYTES + 1];
        text.extend_from_slice(b"\ngood\n");
        let (runs, unread_lines) = read(&text);
        assert_eq!(unread_lines, 1);
        assert_eq!(runs.choose().unwrap().total.requests, 5);
    }

    #[test]
    fn what_is_no_file_is_named() {
        let paths = ["/nonexistent/a.jsonl".to_owned(), "/".to_owned()];
        let read = read_files(&paths, &mut Runs::new(None, false));
        assert_eq!(read.whole_files, 0);
        let texts: Vec<String> = read.failures.iter().map(ToString::to_string).collect();
        assert!(texts[0].starts_with("cannot read /nonexistent/a.jsonl: "), "{texts:?}");
        assert!(texts[1].starts_with("cannot read /: "), "{texts:?}");
    }
}
