//! Which level of strips to read for which part of a range: the coarsest that fits.

use crate::strip::LEVELS_S;
use std::ops::Range;

/// Parts of `range`, in their order, each with the length of its slots; each begins and ends where slots do.
pub(crate) fn cover(range: Range<i64>) -> Vec<(i64, Range<i64>)> {
    cover_within(range, LEVELS_S[LEVELS_S.len() - 1])
}

/// The same, of slots that are each within one of `slot_s` seconds, at least 1.
pub(crate) fn cover_within(range: Range<i64>, slot_s: i64) -> Vec<(i64, Range<i64>)> {
    let mut parts = Vec::new();
    let level = LEVELS_S.iter().rposition(|level_s| slot_s % level_s == 0).unwrap_or(0);
    add(range, level, &mut parts);
    parts
}

fn add(range: Range<i64>, level: usize, parts: &mut Vec<(i64, Range<i64>)>) {
    if range.is_empty() {
        return;
    }
    let slot_s = LEVELS_S[level];
    let Some(finer) = level.checked_sub(1) else {
        parts.push((slot_s, range));
        return;
    };
    let from = range.start.div_euclid(slot_s) + i64::from(range.start.rem_euclid(slot_s) > 0);
    let whole = from * slot_s..range.end.div_euclid(slot_s) * slot_s;
    if whole.is_empty() {
        add(range, finer, parts);
        return;
    }
    add(range.start..whole.start, finer, parts);
    parts.push((slot_s, whole.clone()));
    add(whole.end..range.end, finer, parts);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_hours_and_minutes_are_read_as_such() {
        assert_eq!(cover(0..7_200), [(3_600, 0..7_200)]);
        assert_eq!(cover(59..3_600), [(1, 59..60), (60, 60..3_600)]);
        assert_eq!(
            cover(3_539..10_861),
            [(1, 3_539..3_540), (60, 3_540..3_600), (3_600, 3_600..10_800), (60, 10_800..10_860), (1, 10_860..10_861)]
        );
        assert_eq!(cover(61..119), [(1, 61..119)]);
        assert_eq!(cover(5..5), []);
    }

    #[test]
    fn no_slot_is_longer_than_what_it_is_to_be_within() {
        assert_eq!(cover_within(0..7_200, 1_800), [(60, 0..7_200)]);
        assert_eq!(cover_within(0..7_200, 90), [(1, 0..7_200)]);
        assert_eq!(cover_within(0..7_201, 7_200), [(3_600, 0..7_200), (1, 7_200..7_201)]);
    }

    proptest! {
        #[test]
        fn the_parts_follow_each_other_and_are_whole_slots(start in -100_000..100_000_i64, length in 0..50_000_i64) {
            let mut next = start;
            for (slot_s, part) in cover(start..start + length) {
                prop_assert_eq!(part.start, next);
                prop_assert!(!part.is_empty() && part.start % slot_s == 0 && part.end % slot_s == 0);
                next = part.end;
            }
            prop_assert_eq!(next, start + length);
        }
    }
}
