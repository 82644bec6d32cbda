//! What subjects gained, put into slots of any length: the strips of a report, and the points of a chart.

use locust_telemetry_core::SeriesStats;
use locust_telemetry_store::Gain;
use locust_telemetry_store::RunRow;
use locust_telemetry_store::container::{self, Packed};
use locust_telemetry_store::strip::{self, LEVELS_S, SLOTS};
use std::collections::BTreeMap;
use std::ops::Range;

/// The lengths of slots that are chosen from, in seconds, ascending; each of them divides an hour or is whole hours.
pub(crate) const LENGTHS_S: [i64; 16] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400, 604_800];

/// The shortest length with which `length_s` seconds take at most `points` slots, one more for where they begin amid
/// one. The longest there is, for a range that no length is enough for.
pub(crate) fn length_for(length_s: i64, points: i64) -> i64 {
    let fits = |slot_s: &i64| length_s / slot_s < points;
    LENGTHS_S.into_iter().find(fits).unwrap_or(LENGTHS_S[LENGTHS_S.len() - 1])
}

/// The shortest slots that the store still has for a range, in seconds: minutes where the run was compacted.
pub(crate) fn finest_of(run: &RunRow, range: &Range<i64>) -> i64 {
    let is_compacted = run.compacted_until_s.is_some_and(|until_s| range.start < until_s);
    if is_compacted { LEVELS_S[1] } else { LEVELS_S[0] }
}

/// A usual length of slots that is at least `slot_s` and a multiple of `finest_s`.
pub(crate) fn at_least(slot_s: i64, finest_s: i64) -> i64 {
    let fits = |length_s: &i64| *length_s >= slot_s && length_s % finest_s == 0;
    LENGTHS_S.into_iter().find(fits).unwrap_or(LENGTHS_S[LENGTHS_S.len() - 1])
}

/// Gains by subject and slot. A slot begins at a multiple of its length since the Unix epoch.
#[derive(Debug)]
pub(crate) struct Slots {
    slot_s: i64,
    subjects: BTreeMap<u32, BTreeMap<i64, SeriesStats>>,
}

impl Slots {
    /// Empty slots of `slot_s` seconds, at least 1.
    pub(crate) fn new(slot_s: i64) -> Self {
        Self { slot_s: slot_s.max(1), subjects: BTreeMap::new() }
    }

    /// Adds what a subject gained in a second, or in a shorter slot that begins with it.
    pub(crate) fn add(&mut self, subject: u32, second: i64, gain: &Gain) {
        let slots = self.subjects.entry(subject).or_default();
        gain.add_to(slots.entry(second.div_euclid(self.slot_s)).or_default());
    }

    /// What a subject gained in the slot that begins with `start_s`.
    pub(crate) fn at(&self, subject: u32, start_s: i64) -> Option<&SeriesStats> {
        self.subjects.get(&subject)?.get(&start_s.div_euclid(self.slot_s))
    }

    /// Appends the strips of all subjects to a container.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let slots_of_strip = SLOTS.cast_signed();
        for (subject, slots) in &self.subjects {
            let mut slots = slots.iter().peekable();
            while let Some((first, _)) = slots.peek() {
                let block = first.div_euclid(slots_of_strip);
                let mut content = Vec::new();
                while let Some((slot, stats)) = slots.next_if(|(slot, _)| slot.div_euclid(slots_of_strip) == block) {
                    content.push((slot.rem_euclid(slots_of_strip) as u8, Gain::of(stats)));
                }
                let start_s = block.saturating_mul(slots_of_strip).saturating_mul(self.slot_s);
                container::put(out, &Packed { subject: *subject, start_s, strip: &strip::encode(&content) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gain(times_ms: &[u64]) -> Gain {
        let mut stats = SeriesStats { requests: times_ms.len() as u64, ..SeriesStats::default() };
        times_ms.iter().for_each(|ms| stats.latency.record(ms * 1_000_000));
        Gain::of(&stats)
    }

    #[test]
    fn the_length_of_slots_follows_the_points_that_there_is_room_for() {
        assert_eq!([59, 60, 3_600, i64::MAX].map(|length_s| length_for(length_s, 60)), [1, 2, 120, 604_800]);
    }

    #[test]
    fn a_slot_holds_what_its_seconds_gained() {
        let mut slots = Slots::new(10);
        for second in [19, 20, 29, 30] {
            slots.add(7, second, &gain(&[second.unsigned_abs()]));
        }
        assert_eq!(
            slots.at(7, 20),
            Some(&{
                let mut both = gain(&[20]).stats();
                gain(&[29]).add_to(&mut both);
                both
            })
        );
        assert_eq!(slots.at(8, 20), None);
    }

    proptest! {
        #[test]
        fn strips_hold_all_that_was_added_at_its_slot(
            gains in prop::collection::vec((0_u32..4, -5_000_i64..5_000, prop::collection::vec(0_u64..9_000, 0..6)), 0..60),
            slot_s in prop::sample::select(&LENGTHS_S[..8]),
        ) {
            let (mut slots, mut expected) = (Slots::new(slot_s), BTreeMap::<(u32, i64), SeriesStats>::new());
            for (subject, second, times_ms) in &gains {
                slots.add(*subject, *second, &gain(times_ms));
                let start_s = second.div_euclid(slot_s) * slot_s;
                gain(times_ms).add_to(expected.entry((*subject, start_s)).or_default());
            }
            let mut bytes = Vec::new();
            slots.encode(&mut bytes);
            let mut found = BTreeMap::new();
            for packed in container::read(&bytes).unwrap() {
                prop_assert_eq!(packed.start_s.rem_euclid(60 * slot_s), 0);
                for (slot, gain) in strip::decode(packed.strip).unwrap() {
                    found.insert((packed.subject, packed.start_s + i64::from(slot) * slot_s), gain.stats());
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
