//! Numbers in as few bits as their like took so far: Golomb–Rice codes whose parameter follows the mean.
//!
//! Steps between the times of a request, counts, deviations: all of them have distributions that fall off about
//! geometrically, for which this code is within some percent of the best possible, without a table. The rule for the
//! parameter is that of JPEG-LS (ITU-T T.87, A.5.1), with three quarters of the mean instead of the whole.

use crate::bits::{BitReader, BitWriter};
use crate::error::DecodeError;

/// So many zeros say that the number is told by its length instead.
const ESCAPE: u32 = 16;

/// At so many numbers the past counts half.
const FORGET_AT: u64 = 32;

/// No number weighs more than this in the mean.
const MAX_WEIGHT: u64 = 1 << 40;

/// What is known of the size of one kind of number.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    sum: u64,
    count: u64,
}

impl Context {
    /// A context in which `expected` was seen once.
    pub(crate) const fn new(expected: u64) -> Self {
        Self { sum: expected, count: 1 }
    }

    /// The smallest k with 2^k at or above three quarters of the mean.
    #[inline]
    fn parameter(&self) -> u32 {
        let (four, three) = (4 * self.count, 3 * self.sum);
        let bits = four.leading_zeros().saturating_sub(three.leading_zeros());
        bits + u32::from(four << bits < three)
    }

    #[inline]
    fn learn(&mut self, value: u64) {
        self.sum += value.min(MAX_WEIGHT);
        self.count += 1;
        if self.count == FORGET_AT {
            self.sum /= 2;
            self.count /= 2;
        }
    }

    /// Appends `value`.
    #[inline]
    pub(crate) fn put(&mut self, out: &mut BitWriter, value: u64) {
        self.put_wide(out, u128::from(value));
    }

    /// Appends `value`, below 2^127.
    #[inline]
    pub(crate) fn put_wide(&mut self, out: &mut BitWriter, value: u128) {
        let bits = self.parameter();
        let quotient = value >> bits;
        if quotient < u128::from(ESCAPE) {
            let quotient = quotient as u32;
            out.put(1 << quotient, quotient + 1);
            out.put(value as u64 & ((1 << bits) - 1), bits);
        } else {
            out.put(1 << ESCAPE, ESCAPE + 1);
            out.number(value);
        }
        self.learn(u64::try_from(value).unwrap_or(u64::MAX));
    }

    /// The next number.
    #[inline]
    pub(crate) fn take(&mut self, reader: &mut BitReader<'_>) -> Result<u64, DecodeError> {
        let value = self.take_wide(reader)?;
        u64::try_from(value).or(Err(DecodeError::Contradictory { what: "a number is too long" }))
    }

    /// The next number, where it may be a long one.
    #[inline]
    pub(crate) fn take_wide(&mut self, reader: &mut BitReader<'_>) -> Result<u128, DecodeError> {
        let bits = self.parameter();
        let quotient = reader.peek().trailing_zeros();
        let value = if quotient < ESCAPE {
            reader.skip(quotient + 1)?;
            u128::from(u64::from(quotient) << bits | reader.take(bits)?)
        } else if quotient == ESCAPE {
            reader.skip(ESCAPE + 1)?;
            reader.number()?
        } else if reader.left() <= ESCAPE as usize {
            return Err(DecodeError::CutShort);
        } else {
            return Err(DecodeError::Contradictory { what: "a number does not begin" });
        };
        self.learn(u64::try_from(value).unwrap_or(u64::MAX));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_parameter_is_the_smallest_that_reaches_three_quarters_of_the_mean() {
        for count in 1..FORGET_AT {
            for sum in (0..5_000).chain([MAX_WEIGHT * count - 1, MAX_WEIGHT * count]) {
                let expected = (0..).find(|bits| (4 * u128::from(count)) << bits >= 3 * u128::from(sum)).unwrap();
                assert_eq!(Context { sum, count }.parameter(), expected, "{sum} / {count}");
            }
        }
    }

    #[test]
    fn numbers_as_expected_take_little_more_than_their_bits() {
        let mut context = Context::new(0);
        let mut out = BitWriter::default();
        (0..1_000_u64).for_each(|step| context.put(&mut out, step * 7 % 64));
        assert!(out.finish().len() < 1_000 * 8 / 8, "six bits each, and the sign of how many");
    }

    proptest! {
        #[test]
        fn what_is_put_comes_back(
            expected in 0..1_u64 << 24,
            values in prop::collection::vec(prop_oneof![0..50_u128, any::<u64>().prop_map(u128::from), any::<u128>().prop_map(|v| v >> 1)], 0..120),
        ) {
            let mut out = BitWriter::default();
            let mut context = Context::new(expected);
            values.iter().for_each(|value| context.put_wide(&mut out, *value));
            let bytes = out.finish();
            let (mut reader, mut context) = (BitReader::new(&bytes), Context::new(expected));
            for value in values {
                prop_assert_eq!(context.take_wide(&mut reader), Ok(value));
            }
            prop_assert_eq!(reader.end(), Ok(()));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let (mut reader, mut context) = (BitReader::new(&bytes), Context::new(1));
            while context.take(&mut reader).is_ok() {}
        }
    }
}
