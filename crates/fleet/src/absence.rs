//! Which seconds a worker was to tell of and has not: those that lack its part for good, as far as is known.

use std::collections::BTreeSet;
use std::ops::Range;

/// So many seconds are remembered at most, whatever a worker claims of its time.
const MAX_SECONDS: usize = 10_000;

/// The seconds of one worker that are missing.
#[derive(Debug, Default)]
pub(crate) struct Absence {
    /// Seconds that it has told of although it lacks earlier ones.
    told_s: BTreeSet<i64>,
    /// Seconds that are missing, of which no window has said so yet.
    missing_s: BTreeSet<i64>,
    /// Every second before this one was told of, or is in `missing_s` or was; 0 until it has told of any.
    judged_until_s: i64,
    /// How many users all workers had in the last second that it told of.
    users_with_it: Option<u64>,
    /// Whether others have taken its users over since.
    is_made_up: bool,
}

impl Absence {
    /// It has told of a second, and of every one before `whole_until_s`.
    pub(crate) fn told(&mut self, start_s: i64, whole_until_s: i64) {
        if self.judged_until_s == 0 {
            // It joined then: nothing was to be told of the seconds before.
            self.judged_until_s = start_s;
        }
        if start_s >= whole_until_s && self.told_s.len() < MAX_SECONDS {
            self.told_s.insert(start_s);
        }
    }

    /// Every second before this one is told of, or noted as missing.
    pub(crate) fn whole_until(&mut self, second: i64) {
        self.told_s = self.told_s.split_off(&second);
        self.judged_until_s = self.judged_until_s.max(second);
    }

    /// It is there again: it is missed anew where it goes once more.
    pub(crate) fn returned(&mut self) {
        self.is_made_up = false;
    }

    /// Nothing of the seconds before this one is missing but what was noted.
    pub(crate) fn pass(&mut self, until_s: i64) {
        self.judged_until_s = self.judged_until_s.max(until_s);
    }

    /// It will not tell of these seconds any more, but of those that it has told of.
    pub(crate) fn note(&mut self, seconds: Range<i64>) {
        let (from_s, until_s) = (seconds.start.max(self.judged_until_s), seconds.end);
        self.judged_until_s = self.judged_until_s.max(until_s);
        if !self.is_made_up {
            let room = MAX_SECONDS.saturating_sub(self.missing_s.len());
            let untold = (from_s..until_s).take(MAX_SECONDS).filter(|second| !self.told_s.contains(second));
            self.missing_s.extend(untold.take(room));
        }
    }

    /// Whether a second that is being closed without it lacks it.
    pub(crate) fn takes(&mut self, start_s: i64) -> bool {
        self.missing_s.remove(&start_s)
    }

    /// The missing seconds before this one that no window has told of.
    pub(crate) fn take_before(&mut self, second: i64) -> BTreeSet<i64> {
        let later = self.missing_s.split_off(&second);
        std::mem::replace(&mut self.missing_s, later)
    }

    /// All workers have so many users in a second that it told of.
    pub(crate) fn users_with_it(&mut self, users: u64) {
        self.users_with_it = Some(users);
    }

    /// The others have so many users in a second without it, of which Locust knew that it is missing. Where these are as
    /// many as all had before, they have taken its users over: nothing is missing from there on.
    pub(crate) fn users_without_it(&mut self, users: u64) {
        self.is_made_up |= self.users_with_it.is_some_and(|before| users >= before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(absence: &mut Absence) -> Vec<i64> {
        absence.take_before(i64::MAX).into_iter().collect()
    }

    #[test]
    fn what_it_told_of_ahead_of_a_gap_is_not_missing() {
        let mut absence = Absence::default();
        absence.told(9, 10);
        absence.whole_until(10);
        [12, 13].into_iter().for_each(|second| absence.told(second, 10));
        absence.note(10..15);
        assert_eq!(taken(&mut absence), [10, 11, 14]);
    }

    #[test]
    fn who_joined_late_does_not_lack_the_seconds_before() {
        let mut absence = Absence::default();
        absence.told(12, 0);
        absence.note(5..15);
        assert_eq!(taken(&mut absence), [13, 14]);
    }

    #[test]
    fn each_second_is_found_missing_once() {
        let mut absence = Absence::default();
        absence.note(10..12);
        assert!(absence.takes(11) && !absence.takes(11));
        absence.note(10..13);
        assert_eq!(taken(&mut absence), [10, 12]);
        absence.note(10..13);
        assert_eq!(taken(&mut absence), []);
    }

    #[test]
    fn it_is_not_missed_once_others_have_its_users_and_is_missed_anew_when_it_goes_again() {
        let mut absence = Absence::default();
        absence.users_with_it(20);
        absence.users_without_it(19);
        absence.note(10..12);
        absence.users_without_it(20);
        absence.note(12..13);
        assert_eq!(taken(&mut absence), [10, 11]);
        absence.returned();
        absence.users_with_it(30);
        absence.users_without_it(20);
        absence.note(20..21);
        assert_eq!(taken(&mut absence), [20]);
    }

    #[test]
    fn no_claim_of_a_wrong_clock_fills_the_memory() {
        let mut absence = Absence::default();
        absence.note(0..i64::MAX);
        assert_eq!(taken(&mut absence).len(), MAX_SECONDS);
    }
}
