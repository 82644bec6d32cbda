//! A strip: what one subject gained in up to 60 slots of time that follow each other.

use crate::bits::BitReader;
use crate::error::DecodeError;
use crate::gain::{Gain, GainReader, GainWriter};
use crate::rice::Context;

/// How many slots a strip has room for.
pub const SLOTS: u64 = 60;

/// The lengths of a slot in seconds, ascending. A slot of one is a strip of the one before.
pub const LEVELS_S: [i64; 3] = [1, 60, 3_600];

/// The table of the strips with slots of this length.
pub(crate) const fn table(slot_s: i64) -> &'static str {
    if slot_s == LEVELS_S[0] { "strip" } else { "coarse_strip" }
}

/// The strip without a slot.
pub const EMPTY: &[u8] = &[0];

/// The bytes of a strip of these slots: each its place (0 to 59), ascending, and its gain.
#[must_use]
pub fn encode(slots: &[(u8, Gain)]) -> Vec<u8> {
    let mut writer = GainWriter::new();
    let mut gaps = Context::new(0);
    writer.bits.number(slots.len() as u128);
    let mut next = 0;
    for (slot, gain) in slots {
        // Of a full strip there is nothing to tell.
        if slots.len() < SLOTS as usize {
            gaps.put(&mut writer.bits, u64::from(slot.saturating_sub(next)));
        }
        writer.put(gain);
        next = slot + 1;
    }
    writer.bits.finish()
}

/// The slots of a strip, ascending.
///
/// # Errors
/// When the bytes are none of [`encode`].
pub fn decode(bytes: &[u8]) -> Result<Vec<(u8, Gain)>, DecodeError> {
    let mut reader = GainReader::new(bytes);
    let mut gaps = Context::new(0);
    let count = reader.bits.count()?;
    if count > SLOTS as usize {
        return Err(DecodeError::Contradictory { what: "a strip has too many slots" });
    }
    let mut slots = Vec::with_capacity(count);
    let mut next = 0;
    for _ in 0..count {
        let gap = if count < SLOTS as usize { gaps.take(&mut reader.bits)? } else { 0 };
        let Some(slot) = gap.checked_add(next).filter(|slot| *slot < SLOTS) else {
            return Err(DecodeError::Contradictory { what: "a slot is beyond the strip" });
        };
        slots.push((slot as u8, reader.take()?));
        next = slot + 1;
    }
    reader.bits.end()?;
    Ok(slots)
}

/// How many slots the strip of these bytes has, without reading them.
///
/// # Errors
/// When the bytes are none of [`encode`].
pub fn slots(bytes: &[u8]) -> Result<usize, DecodeError> {
    BitReader::new(bytes).count()
}
