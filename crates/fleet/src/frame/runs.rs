//! Which keys of the table a window has: runs of neighbours. In a steady test that is one run of them all.

use crate::frame::decode::DecodeError;
use crate::frame::put;
use crate::frame::reader::{Reader, contradictory};
use std::ops::Range;

/// Appends the `places`, which ascend.
pub(super) fn put_runs(out: &mut Vec<u8>, places: &[usize]) {
    let runs = || places.chunk_by(|place, next| place + 1 == *next);
    put::size(out, runs().count());
    let mut after = 0;
    for run in runs() {
        put::size(out, run[0] - after);
        put::size(out, run.len());
        after = run[0] + run.len();
    }
}

/// The runs of one window; checked, so that going through them cannot fail.
#[derive(Debug)]
pub(super) struct Runs {
    runs: Vec<Range<u32>>,
}

impl Runs {
    /// Reads the runs of a window into a table of `keys` keys.
    pub(super) fn take(reader: &mut Reader<'_>, keys: usize) -> Result<Self, DecodeError> {
        const BEYOND: &str = "a key beyond the table";
        let mut left = keys as u64;
        let count = reader.count(2)?;
        let mut runs = Vec::with_capacity(count);
        for number in 0..count {
            let gap = reader.at_most(left, BEYOND)?;
            let length = reader.at_most(left - gap, BEYOND)?;
            if length == 0 || (gap == 0 && number > 0) {
                return contradictory("a run of keys that is none of its own");
            }
            let start = (keys as u64 - left + gap) as u32;
            runs.push(start..start + length as u32);
            left -= gap + length;
        }
        Ok(Self { runs })
    }

    /// How many keys there are in all runs.
    pub(super) fn keys(&self) -> usize {
        self.runs.iter().map(ExactSizeIterator::len).sum()
    }

    /// The places of the keys, ascending.
    pub(super) fn places(self) -> impl Iterator<Item = u32> {
        self.runs.into_iter().flatten()
    }
}
