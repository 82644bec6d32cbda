//! A batch of whole lines, and what each of them carries.

use locust_telemetry_pipeline::Load;
use std::ops::Range;

/// Lines in one buffer, each with its [`Load`].
#[derive(Debug, Clone, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    /// For each line, where it ends in `bytes` and what it carries.
    ends: Vec<(usize, Load)>,
}

impl Lines {
    /// Appends `line`, which ends in its only `\n` and carries `load`.
    pub fn push(&mut self, line: &[u8], load: Load) {
        debug_assert_eq!(line.iter().position(|&byte| byte == b'\n'), line.len().checked_sub(1));
        self.bytes.extend_from_slice(line);
        self.ends.push((self.bytes.len(), load));
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All lines, one after the other.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the lines from number `from` on, as many as fit into `room` bytes but at least one,
    /// and the number of the line after them. `from` must be below [`len`](Self::len).
    pub(crate) fn fitting(&self, from: usize, room: u64) -> (&[u8], usize) {
        let start = self.start(from);
        let fits = |end: usize| u64::try_from(end - start).is_ok_and(|bytes| bytes <= room);
        let to = from + self.ends[from..].partition_point(|(end, _)| fits(*end));
        let to = to.max(from + 1);
        (&self.bytes[start..self.start(to)], to)
    }

    /// The number of the line after those whose ends are within `bytes` bytes from line `from` on.
    pub(crate) fn whole_within(&self, from: usize, bytes: usize) -> usize {
        let start = self.start(from);
        from + self.ends[from..].partition_point(|(end, _)| end - start <= bytes)
    }

    /// The length of line `number` in bytes.
    pub(crate) fn line_bytes(&self, number: usize) -> u64 {
        (self.start(number + 1) - self.start(number)) as u64
    }

    /// What the lines of `range` carry together.
    pub(crate) fn load(&self, range: Range<usize>) -> Load {
        self.ends[range].iter().fold(Load::NONE, |sum, (_, load)| Load {
            requests: sum.requests + load.requests,
            records: sum.records + load.records,
        })
    }

    fn start(&self, number: usize) -> usize {
        number.checked_sub(1).map_or(0, |before| self.ends[before].0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Lines {
        let mut lines = Lines::default();
        for (line, requests) in [("a\n", 1), ("bcd\n", 10), ("e\n", 100)] {
            lines.push(line.as_bytes(), Load::requests(requests));
        }
        lines
    }

    #[test]
    fn as_many_lines_as_fit_are_given_and_never_none() {
        let lines = three();
        assert_eq!(lines.fitting(0, 100), (&b"a\nbcd\ne\n"[..], 3));
        assert_eq!(lines.fitting(0, 7), (&b"a\nbcd\n"[..], 2));
        assert_eq!(lines.fitting(1, 0), (&b"bcd\n"[..], 2));
    }

    #[test]
    fn a_line_counts_as_whole_with_its_last_byte() {
        let lines = three();
        assert_eq!([0, 1, 2, 5, 6, 8].map(|bytes| lines.whole_within(0, bytes)), [0, 0, 1, 1, 2, 3]);
        assert_eq!([0, 3, 4].map(|bytes| lines.whole_within(1, bytes)), [1, 1, 2]);
    }

    #[test]
    fn loads_add_up() {
        assert_eq!(three().load(1..3), Load::requests(110));
        assert_eq!(three().load(3..3), Load::NONE);
    }
}
