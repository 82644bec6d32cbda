//! Lines of a file, one at a time and of bounded length.

use std::io::{self, BufRead};

/// The longest line that is kept. A record of one interval has some kilobytes.
pub(crate) const MAX_LINE_BYTES: usize = 8 << 20;

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// The line.
    Whole(&'a [u8]),
    /// It was longer than allowed and is skipped.
    TooLong,
}

/// Reads lines; holds one at a time.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    max_bytes: usize,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `reader`, those above `max_bytes` left out.
    pub(crate) fn new(reader: R, max_bytes: usize) -> Self {
        Self { reader, line: Vec::new(), max_bytes }
    }

    /// The next line, or `None` at the end.
    ///
    /// # Errors
    /// When the reader fails; no more lines will come.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let mut too_long = false;
        let mut begun = false;
        loop {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if buffer.is_empty() {
                break;
            }
            begun = true;
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            too_long |= self.line.len() + part.len() > self.max_bytes;
            if !too_long {
                self.line.extend_from_slice(part);
            }
            let taken = part.len() + usize::from(end.is_some());
            self.reader.consume(taken);
            if end.is_some() {
                break;
            }
        }
        Ok(match (begun, too_long) {
            (false, _) => None,
            (true, true) => Some(Line::TooLong),
            (true, false) => Some(Line::Whole(&self.line)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &[u8], max_bytes: usize, buffer: usize) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::new(io::BufReader::with_capacity(buffer, text), max_bytes);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push(match line {
                Line::Whole(line) => Some(line.to_vec()),
                Line::TooLong => None,
            });
        }
        all
    }

    #[test]
    fn an_unfinished_last_line_is_a_line_and_an_empty_file_has_none() {
        assert_eq!(split(b"a\nb", 9, 1), [Some(b"a".to_vec()), Some(b"b".to_vec())]);
        assert_eq!(split(b"a\n", 9, 1), [Some(b"a".to_vec())]);
        assert!(split(b"", 9, 1).is_empty());
    }

    #[test]
    fn a_line_over_the_limit_is_skipped_and_the_next_one_is_read() {
        assert_eq!(split(b"abcd\nabc\nabcde", 3, 2), [None, Some(b"abc".to_vec()), None]);
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_text_whatever_the_buffer(text in "[ab\n]{0,60}", max_bytes in 0_usize..8, buffer in 1_usize..9) {
            let mut expected: Vec<&str> = text.split('\n').collect();
            if expected.last() == Some(&"") {
                expected.pop();
            }
            let expected: Vec<_> =
                expected.into_iter().map(|line| (line.len() <= max_bytes).then(|| line.as_bytes().to_vec())).collect();
            prop_assert_eq!(split(text.as_bytes(), max_bytes, buffer), expected);
        }
    }
}
