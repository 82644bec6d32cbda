//! What all subjects of one kind gained in one window.

use crate::error::DecodeError;
use crate::gain::{Gain, GainReader, GainWriter};
use crate::rice::Context;

/// The bytes of these gains: each its subject's id, ascending.
#[must_use]
pub fn encode(gains: &[(u32, Gain)]) -> Vec<u8> {
    let mut writer = GainWriter::new();
    let mut gaps = Context::new(1);
    writer.bits.number(gains.len() as u128);
    let mut next = 0;
    for (subject, gain) in gains {
        gaps.put(&mut writer.bits, u64::from(*subject).saturating_sub(next));
        writer.put(gain);
        next = u64::from(*subject) + 1;
    }
    writer.bits.finish()
}

/// The gains by their subjects' ids, ascending.
///
/// # Errors
/// When the bytes are none of [`encode`].
pub fn decode(bytes: &[u8]) -> Result<Vec<(u32, Gain)>, DecodeError> {
    let mut reader = GainReader::new(bytes);
    let mut gaps = Context::new(1);
    let count = reader.bits.count()?;
    let mut gains = Vec::new();
    let mut next = 0;
    for _ in 0..count {
        let gap = gaps.take(&mut reader.bits)?;
        let Some(subject) = gap.checked_add(next).and_then(|subject| u32::try_from(subject).ok()) else {
            return Err(DecodeError::Contradictory { what: "a subject has no such number" });
        };
        gains.push((subject, reader.take()?));
        next = u64::from(subject) + 1;
    }
    reader.bits.end()?;
    Ok(gains)
}
