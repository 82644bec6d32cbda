//! How often each error came in each second of a minute, as bytes.

use crate::bits::{BitReader, BitWriter};
use crate::error::DecodeError;
use crate::rice::Context;
use crate::strip::SLOTS;
use std::collections::BTreeMap;

/// By id of the error and second within the minute (0 to 59).
pub(crate) type ErrorCounts = BTreeMap<(u32, u8), u64>;

/// The bytes of `counts`, none of which is 0.
///
/// `number` of rows; for each `rice(error, id - id before)`; `rice(slot, slot - slot before - 1)` for the same error, or
/// `rice(slot, slot)` for another one; `rice(count, count - 1)`. Contexts begin at 1, 1 and 1, ids at 0.
pub(crate) fn encode(counts: &ErrorCounts) -> Vec<u8> {
    let mut bits = BitWriter::default();
    let [mut errors, mut slots, mut amounts] = contexts();
    bits.number(counts.len() as u128);
    let (mut id_before, mut next) = (0, 0);
    for ((id, slot), count) in counts {
        errors.put(&mut bits, u64::from(id - id_before));
        next = if *id == id_before { next } else { 0 };
        slots.put(&mut bits, u64::from(slot.saturating_sub(next)));
        amounts.put(&mut bits, count.saturating_sub(1));
        (id_before, next) = (*id, slot + 1);
    }
    bits.finish()
}

/// The way back from [`encode`].
pub(crate) fn decode(bytes: &[u8]) -> Result<ErrorCounts, DecodeError> {
    const BEYOND: DecodeError = DecodeError::Contradictory { what: "a number is too long" };
    let mut bits = BitReader::new(bytes);
    let [mut errors, mut slots, mut amounts] = contexts();
    let (mut id_before, mut next) = (0, 0);
    let mut counts = ErrorCounts::new();
    for _ in 0..bits.count()? {
        let gap = u32::try_from(errors.take(&mut bits)?).or(Err(BEYOND))?;
        next = if gap == 0 { next } else { 0 };
        let id = gap.checked_add(id_before).ok_or(BEYOND)?;
        let slot = slots.take(&mut bits)?.checked_add(next).filter(|slot| *slot < SLOTS).ok_or(BEYOND)?;
        let count = amounts.take(&mut bits)?.checked_add(1).ok_or(BEYOND)?;
        counts.insert((id, slot as u8), count);
        (id_before, next) = (id, slot + 1);
    }
    bits.end()?;
    Ok(counts)
}

fn contexts() -> [Context; 3] {
    [Context::new(1), Context::new(1), Context::new(1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_comes_back(
            counts in prop::collection::btree_map((prop_oneof![0..5_u32, any::<u32>()], 0..60_u8), 1..=u64::MAX, 0..50),
        ) {
            prop_assert_eq!(decode(&encode(&counts)), Ok(counts));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = decode(&bytes);
        }
    }
}
