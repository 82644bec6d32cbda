//! Strips on their way to a page: each with its subject and its beginning, one after the other.

use crate::bits::{unzigzag, zigzag};
use crate::error::DecodeError;

/// A strip as it is in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed<'a> {
    /// The id of the series or worker; 0 for the total.
    pub subject: u32,
    /// Where its first slot begins, in seconds since the Unix epoch.
    pub start_s: i64,
    /// The strip itself; see [`strip`](crate::strip).
    pub strip: &'a [u8],
}

/// Appends one strip.
pub fn put(out: &mut Vec<u8>, packed: &Packed<'_>) {
    put_varint(out, u64::from(packed.subject));
    put_varint(out, zigzag(packed.start_s));
    put_varint(out, packed.strip.len() as u64);
    out.extend_from_slice(packed.strip);
}

/// The strips of a container, in their order.
///
/// # Errors
/// When the bytes are none of [`put`].
pub fn read(bytes: &[u8]) -> Result<Vec<Packed<'_>>, DecodeError> {
    let mut rest = bytes;
    let mut strips = Vec::new();
    while !rest.is_empty() {
        let Ok(subject) = u32::try_from(take_varint(&mut rest)?) else {
            return Err(DecodeError::Contradictory { what: "a subject has no such number" });
        };
        let start_s = unzigzag(take_varint(&mut rest)?);
        let length = usize::try_from(take_varint(&mut rest)?).or(Err(DecodeError::CutShort))?;
        let (strip, behind) = rest.split_at_checked(length).ok_or(DecodeError::CutShort)?;
        strips.push(Packed { subject, start_s, strip });
        rest = behind;
    }
    Ok(strips)
}

/// LEB128: seven bits to a byte, the lowest first; all bytes but the last have bit 7 set.
fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_varint(rest: &mut &[u8]) -> Result<u64, DecodeError> {
    let mut value = 0;
    for place in 0..10 {
        let Some((byte, behind)) = rest.split_first() else { return Err(DecodeError::CutShort) };
        *rest = behind;
        let bits = u64::from(byte & 0x7F);
        value |= bits << (7 * place);
        if *byte < 0x80 {
            return if place == 9 && bits > 1 { Err(TOO_LONG) } else { Ok(value) };
        }
    }
    Err(TOO_LONG)
}

const TOO_LONG: DecodeError = DecodeError::Contradictory { what: "a number is too long" };

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_put_comes_back(strips in prop::collection::vec((any::<u32>(), any::<i64>(), prop::collection::vec(any::<u8>(), 0..200)), 0..8)) {
            let mut bytes = Vec::new();
            let packed: Vec<_> = strips.iter().map(|(subject, start_s, strip)| Packed { subject: *subject, start_s: *start_s, strip }).collect();
            packed.iter().for_each(|packed| put(&mut bytes, packed));
            prop_assert_eq!(read(&bytes), Ok(packed));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = read(&bytes);
        }
    }
}
