//! Which frames of a worker have come, which are missing, and when to ask for them again.

use std::collections::BTreeMap;

/// Nanoseconds between two requests for the same frame.
const ASK_AGAIN_NS: i64 = 2_000_000_000;

/// How often a frame is asked for before it is given up.
const MAX_ASKS: u8 = 3;

/// The largest gap that is believed: a worker keeps no more frames than that.
const MAX_GAP: u64 = 10_000;

/// What a sequence number turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The next one, or one ahead of a gap.
    New,
    /// It fills a gap; `asked` says whether it was asked for.
    Late { asked: bool },
    /// It had come before, or was given up: not to be counted.
    Replayed,
    /// Too far ahead to be believed.
    Absurd,
}

/// A frame that has not come though a later one has.
#[derive(Debug, Clone, Copy, Default)]
struct Missing {
    asks: u8,
    asked_at_ns: i64,
}

/// The frames of one run of one process, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    /// Behind the highest number that has come.
    next: u64,
    missing: BTreeMap<u64, Missing>,
    /// What each frame behind the first gap said it has closed, by its number.
    ahead: BTreeMap<u64, i64>,
    closed_until_s: i64,
    lost: u64,
}

impl Sequence {
    /// Takes the number of a frame that says its worker has closed every second before `closed_until_s`.
    pub(crate) fn take(&mut self, sequence: u64, closed_until_s: i64) -> Arrival {
        if sequence >= self.next.saturating_add(MAX_GAP) {
            return Arrival::Absurd;
        }
        let arrival = if sequence >= self.next {
            self.missing.extend((self.next..sequence).map(|number| (number, Missing::default())));
            self.next = sequence + 1;
            Arrival::New
        } else if let Some(missing) = self.missing.remove(&sequence) {
            Arrival::Late { asked: missing.asks > 0 }
        } else {
            return Arrival::Replayed;
        };
        self.ahead.insert(sequence, closed_until_s);
        self.settle();
        arrival
    }

    /// The number behind the highest that has come.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Whether nothing is missing below the highest number that has come.
    pub(crate) fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    /// Every second before this one is complete, or lost.
    pub(crate) fn closed_until_s(&self) -> i64 {
        self.closed_until_s
    }

    /// How many frames were given up.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// The ranges to ask for now (both ends included). Gives up what was asked for too often.
    pub(crate) fn ask(&mut self, now_ns: i64) -> Vec<(u64, u64)> {
        let is_due =
            |missing: &Missing| missing.asks == 0 || now_ns.abs_diff(missing.asked_at_ns) >= ASK_AGAIN_NS as u64;
        let given_up: Vec<u64> =
            self.missing.iter().filter(|(_, m)| m.asks >= MAX_ASKS && is_due(m)).map(|(number, _)| *number).collect();
        self.give_up(&given_up);
        let mut ranges = Vec::<(u64, u64)>::new();
        for (&number, missing) in self.missing.iter_mut().filter(|(_, missing)| is_due(missing)) {
            *missing = Missing { asks: missing.asks + 1, asked_at_ns: now_ns };
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == number => *last = number,
                _ => ranges.push((number, number)),
            }
        }
        ranges
    }

    /// Takes everything that is missing as lost.
    pub(crate) fn give_up_all(&mut self) {
        let missing: Vec<u64> = self.missing.keys().copied().collect();
        self.give_up(&missing);
    }

    fn give_up(&mut self, numbers: &[u64]) {
        for number in numbers {
            self.missing.remove(number);
        }
        self.lost += numbers.len() as u64;
        self.settle();
    }

    /// Moves on over what has come without a gap.
    fn settle(&mut self) {
        let whole_below = self.missing.first_key_value().map_or(self.next, |(&first, _)| first);
        let later = self.ahead.split_off(&whole_below);
        for closed_until_s in std::mem::replace(&mut self.ahead, later).into_values() {
            self.closed_until_s = self.closed_until_s.max(closed_until_s);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_gap_is_asked_for_once_in_ranges_and_again_after_a_while() {
        let mut sequence = Sequence::default();
        for number in [0, 4, 6] {
            sequence.take(number, 10 + number as i64);
        }
        assert_eq!(sequence.closed_until_s(), 10, "nothing behind the gap counts yet");
        assert_eq!(sequence.ask(0), [(1, 3), (5, 5)]);
        assert!(sequence.ask(ASK_AGAIN_NS - 1).is_empty());
        assert_eq!(sequence.take(5, 15), Arrival::Late { asked: true });
        assert_eq!(sequence.ask(ASK_AGAIN_NS), [(1, 3)]);
    }

    #[test]
    fn what_comes_behind_a_later_one_without_being_asked_for_is_late_and_then_a_replay() {
        let mut sequence = Sequence::default();
        sequence.take(1, 2);
        assert_eq!(sequence.take(0, 1), Arrival::Late { asked: false });
        assert_eq!((sequence.is_whole(), sequence.closed_until_s()), (true, 2));
        assert_eq!([sequence.take(0, 1), sequence.take(1, 2)], [Arrival::Replayed; 2]);
    }

    #[test]
    fn what_never_comes_is_given_up_after_three_requests_and_counts_as_lost() {
        let mut sequence = Sequence::default();
        sequence.take(2, 30);
        for ask in 0..3 {
            assert_eq!(sequence.ask(ask * ASK_AGAIN_NS), [(0, 1)]);
        }
        assert!(sequence.ask(3 * ASK_AGAIN_NS).is_empty());
        assert_eq!((sequence.lost(), sequence.is_whole(), sequence.closed_until_s()), (2, true, 30));
        assert_eq!(sequence.take(0, 10), Arrival::Replayed, "given up is given up: nothing is counted twice");
    }

    #[test]
    fn a_number_far_ahead_is_not_believed() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.take(MAX_GAP, 1), Arrival::Absurd);
        assert_eq!(sequence.take(u64::MAX, 1), Arrival::Absurd);
        assert_eq!(sequence.take(0, 1), Arrival::New);
    }

    proptest! {
        #[test]
        fn each_number_is_taken_exactly_once_in_any_order_with_any_doubles(
            numbers in prop::collection::vec(0_u64..30, 0..200),
        ) {
            let mut sequence = Sequence::default();
            let mut taken = std::collections::BTreeSet::new();
            for number in numbers {
                let arrival = sequence.take(number, number as i64 + 1);
                prop_assert_eq!(arrival == Arrival::Replayed, !taken.insert(number));
                let without_gap = (0..).take_while(|number| taken.contains(number)).count();
                prop_assert_eq!(sequence.closed_until_s(), without_gap as i64);
                prop_assert_eq!(sequence.is_whole(), taken.len() as u64 == sequence.next());
            }
        }
    }
}
