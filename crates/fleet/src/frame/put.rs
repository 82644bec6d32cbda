//! The primitives of a frame, written: varints, signed numbers, texts.

/// Appends an unsigned number, seven bits to a byte, the lowest first (LEB128).
#[inline]
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a length or a place in a list.
pub(super) fn size(out: &mut Vec<u8>, size: usize) {
    varint(out, size as u64);
}

/// A signed number as an unsigned one, small where it is near zero: 0, -1, 1, -2 … become 0, 1, 2, 3 …
#[inline]
pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Appends a signed number.
pub(super) fn signed(out: &mut Vec<u8>, value: i64) {
    varint(out, zigzag(value));
}

/// Appends a text: its length in bytes, then its UTF-8.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    size(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// Appends the `bits` lowest bits of `value` in as few bytes as hold them, the lowest first; the other bits of `value`
/// must be zero.
#[inline]
pub(super) fn packed(out: &mut Vec<u8>, value: u128, bits: u32) {
    out.extend_from_slice(&value.to_le_bytes()[..bits.div_ceil(8) as usize]);
}
