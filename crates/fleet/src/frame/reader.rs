//! The primitives of a frame, read. Nothing here trusts a length before it has been held against what is left.

use crate::frame::decode::DecodeError;

/// What is left of a frame, or of a section of it.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// The error of content that no sender can have meant.
pub(super) const fn contradictory<T>(what: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError::Contradictory { what })
}

const CUT_SHORT: &str = "a part ends early";

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// That nothing is left.
    pub(super) const fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { contradictory("a part is longer than its content") }
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, DecodeError> {
        let Some((byte, rest)) = self.rest.split_first() else { return contradictory(CUT_SHORT) };
        self.rest = rest;
        Ok(*byte)
    }

    /// The next `length` bytes.
    #[inline]
    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else { return contradictory(CUT_SHORT) };
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else { return contradictory(CUT_SHORT) };
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u64_le(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn f64_le(&mut self) -> Result<f64, DecodeError> {
        self.array().map(f64::from_le_bytes)
    }

    /// An unsigned number in its only spelling: no byte more than it needs.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64, DecodeError> {
        match self.rest {
            // Most numbers of a frame.
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        for (place, byte) in self.rest.iter().enumerate().take(10) {
            let bits = u64::from(byte & 0x7F);
            value |= bits << (7 * place);
            if *byte < 0x80 {
                if bits == 0 || (place == 9 && bits > 1) {
                    return contradictory("a number is spelled too long");
                }
                self.rest = &self.rest[place + 1..];
                return Ok(value);
            }
        }
        contradictory("a number does not end")
    }

    /// An unsigned number up to `limit`; beyond, `what` is said to be wrong.
    #[inline]
    pub(super) fn at_most(&mut self, limit: u64, what: &'static str) -> Result<u64, DecodeError> {
        let value = self.varint()?;
        if value > limit { contradictory(what) } else { Ok(value) }
    }

    /// A signed number.
    #[inline]
    pub(super) fn signed(&mut self) -> Result<i64, DecodeError> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A signed number at most `limit` from zero; beyond, `what` is said to be wrong.
    pub(super) fn signed_at_most(&mut self, limit: u64, what: &'static str) -> Result<i64, DecodeError> {
        let value = self.signed()?;
        if value.unsigned_abs() > limit { contradictory(what) } else { Ok(value) }
    }

    /// How many items of at least `least_bytes` follow: never more than what is left can hold, so that room may be
    /// made for them.
    pub(super) fn count(&mut self, least_bytes: usize) -> Result<usize, DecodeError> {
        let fitting = (self.left() / least_bytes) as u64;
        Ok(self.at_most(fitting, "a count is beyond what the frame holds")? as usize)
    }

    /// A text of at most `limit` bytes.
    pub(super) fn text(&mut self, limit: usize) -> Result<&'a str, DecodeError> {
        let length = self.at_most(limit as u64, "a text is too long")?;
        let bytes = self.bytes(length as usize)?;
        std::str::from_utf8(bytes).or(contradictory("a text is not UTF-8"))
    }

    /// A number of `bits` bits, at most 128, in as few bytes as hold them; the bits that fill up the last byte must be
    /// zero.
    #[inline]
    pub(super) fn packed(&mut self, bits: u32) -> Result<u128, DecodeError> {
        let length = bits.div_ceil(8) as usize;
        let mut value = match self.rest.first_chunk() {
            Some(bytes) => u128::from_le_bytes(*bytes),
            None => {
                let mut bytes = [0; 16];
                let last = self.rest.len().min(length);
                bytes[..last].copy_from_slice(&self.rest[..last]);
                u128::from_le_bytes(bytes)
            }
        };
        self.bytes(length)?;
        let mask = |bits: u32| u128::MAX.checked_shr(u128::BITS - bits).unwrap_or(0);
        value &= mask(8 * length as u32);
        if value & !mask(bits) != 0 {
            return contradictory("a number is filled up with bits of nothing");
        }
        Ok(value)
    }
}
