//! Numbers as bits: the lowest bit of a byte comes first, and so does the lowest bit of a number.

use crate::error::DecodeError;

/// The most bits that are put or taken at once.
const MAX_BITS: u32 = 56;

/// How many bits tell the length of a number.
const LENGTH_BITS: u32 = 7;

/// Writes bits.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that do not fill a byte yet.
    pending: u64,
    /// How many they are, below 8.
    filled: u32,
}

impl BitWriter {
    /// Appends the `bits` (at most 56) lowest bits of `value`; those above must be zero.
    #[inline]
    pub(crate) fn put(&mut self, value: u64, bits: u32) {
        self.pending |= value << self.filled;
        self.filled += bits;
        while self.filled >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.filled -= 8;
        }
    }

    /// Appends a number of unknown size, below 2^127: its length in bits, then its bits.
    pub(crate) fn number(&mut self, value: u128) {
        let mut left = u128::BITS - value.leading_zeros();
        let mut rest = value;
        self.put(u64::from(left), LENGTH_BITS);
        while left > 0 {
            let bits = left.min(MAX_BITS);
            self.put(rest as u64 & ((1 << bits) - 1), bits);
            rest >>= bits;
            left -= bits;
        }
    }

    /// The bytes; what is missing of the last one is zeros.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes
    }
}

/// Reads bits. Behind the end there are none.
#[derive(Debug, Clone)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    /// The next bit.
    position: usize,
}

impl<'a> BitReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// How many bits are left.
    pub(crate) const fn left(&self) -> usize {
        self.bytes.len() * 8 - self.position
    }

    /// The next bits, at least 57 of them; behind the end they are zeros.
    #[inline]
    pub(crate) fn peek(&self) -> u64 {
        let rest = &self.bytes[self.position / 8..];
        let word = match rest.first_chunk() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => {
                let mut bytes = [0; 8];
                bytes[..rest.len()].copy_from_slice(rest);
                u64::from_le_bytes(bytes)
            }
        };
        word >> (self.position % 8)
    }

    /// Goes on by `bits`.
    #[inline]
    pub(crate) fn skip(&mut self, bits: u32) -> Result<(), DecodeError> {
        let position = self.position + bits as usize;
        if position > self.bytes.len() * 8 {
            return Err(DecodeError::CutShort);
        }
        self.position = position;
        Ok(())
    }

    /// A number of `bits` bits, at most 56.
    #[inline]
    pub(crate) fn take(&mut self, bits: u32) -> Result<u64, DecodeError> {
        let value = self.peek() & ((1 << bits) - 1);
        self.skip(bits)?;
        Ok(value)
    }

    /// A number of unknown size.
    pub(crate) fn number(&mut self) -> Result<u128, DecodeError> {
        let length = self.take(LENGTH_BITS)? as u32;
        let (mut value, mut taken) = (0, 0);
        while taken < length {
            let bits = (length - taken).min(MAX_BITS);
            value |= u128::from(self.take(bits)?) << taken;
            taken += bits;
        }
        Ok(value)
    }

    /// A number of unknown size, below 2^64.
    pub(crate) fn short_number(&mut self) -> Result<u64, DecodeError> {
        u64::try_from(self.number()?).or(Err(DecodeError::Contradictory { what: "a number is too long" }))
    }

    /// How many items of at least one bit each follow: never more than what is left can hold, so that room may be made
    /// for them.
    pub(crate) fn count(&mut self) -> Result<usize, DecodeError> {
        let count = self.number()?;
        if count > self.left() as u128 {
            return Err(DecodeError::Contradictory { what: "a count is beyond what is there" });
        }
        Ok(count as usize)
    }

    /// That nothing is left but what fills up the last byte.
    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        if self.left() < 8 && self.peek() == 0 {
            Ok(())
        } else {
            Err(DecodeError::Contradictory { what: "there is more than was announced" })
        }
    }
}

/// A signed number as an unsigned one, small where it is near zero: 0, -1, 1, -2 … become 0, 1, 2, 3 …
#[inline]
pub(crate) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The way back from [`zigzag`].
#[inline]
pub(crate) const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// [`zigzag`] for the widest numbers.
#[inline]
pub(crate) const fn zigzag_wide(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)) as u128
}

/// The way back from [`zigzag_wide`].
#[inline]
pub(crate) const fn unzigzag_wide(value: u128) -> i128 {
    (value >> 1) as i128 ^ -((value & 1) as i128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_lowest_bit_comes_first() {
        let mut out = BitWriter::default();
        out.put(1, 1);
        out.put(0b10, 2);
        out.put(0xABC, 12);
        assert_eq!(out.finish(), [0b1110_0101, 0x55]);
    }

    #[test]
    fn a_number_tells_its_length_first() {
        let mut out = BitWriter::default();
        out.number(0);
        out.number(5);
        // Seven zeros, 3 in seven bits, 101.
        assert_eq!(out.finish(), [0b1000_0000, 0b0100_0001, 1]);
    }

    #[test]
    fn behind_the_end_is_nothing() {
        let mut reader = BitReader::new(&[0xFF]);
        assert_eq!(reader.take(8), Ok(0xFF));
        assert_eq!(reader.take(1), Err(DecodeError::CutShort));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn what_fills_up_the_last_byte_is_zeros() {
        let mut reader = BitReader::new(&[0b100]);
        reader.skip(1).unwrap();
        assert!(matches!(reader.end(), Err(DecodeError::Contradictory { .. })));
        reader.skip(2).unwrap();
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn a_count_is_held_against_what_is_left() {
        let mut out = BitWriter::default();
        out.number(1_000);
        assert!(BitReader::new(&out.finish()).count().is_err());
    }

    proptest! {
        #[test]
        fn what_is_put_comes_back(values in prop::collection::vec((any::<u64>(), 0..=56_u32), 0..50)) {
            let masked = values.iter().map(|(value, bits)| (value & ((1 << bits) - 1), *bits));
            let values: Vec<_> = masked.collect();
            let mut out = BitWriter::default();
            values.iter().for_each(|(value, bits)| out.put(*value, *bits));
            let bytes = out.finish();
            let mut reader = BitReader::new(&bytes);
            for (value, bits) in values {
                prop_assert_eq!(reader.take(bits), Ok(value));
            }
            prop_assert_eq!(reader.end(), Ok(()));
        }

        #[test]
        fn numbers_of_any_size_come_back(value in any::<u128>(), shift in 1..128_u32, before in 0..9_u32) {
            let value = value >> shift;
            let mut out = BitWriter::default();
            out.put(0, before);
            out.number(value);
            let bytes = out.finish();
            let mut reader = BitReader::new(&bytes);
            reader.skip(before).unwrap();
            prop_assert_eq!(reader.number(), Ok(value));
        }

        #[test]
        fn signed_numbers_come_back(value in any::<i64>(), wide in any::<i128>()) {
            prop_assert_eq!(unzigzag(zigzag(value)), value);
            prop_assert_eq!(unzigzag_wide(zigzag_wide(wide)), wide);
        }
    }
}
