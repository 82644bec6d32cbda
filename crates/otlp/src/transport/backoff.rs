//! When to try again: exponential backoff with jitter, so that many senders do not come back at the same moment.

use std::time::Duration;

/// The first wait is at most this.
const FIRST: Duration = Duration::from_secs(1);

/// No wait of our own choice is longer.
const LONGEST: Duration = Duration::from_secs(30);

/// A backend's wish beyond this is cut: a date of a wrong clock must not silence an exporter for good.
const LONGEST_ASKED: Duration = Duration::from_secs(600);

/// The waits of one way to a backend. Pure: randomness is passed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// The longest next wait, unless the backend wishes more.
    ceiling: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

impl Backoff {
    /// Before the first failure.
    #[must_use]
    pub fn new() -> Self {
        Self { ceiling: FIRST }
    }

    /// How long to wait after one more failure.
    ///
    /// Without a wish: between half the ceiling and the ceiling, which is a second at first and doubles up to 30. A
    /// wish (`asked`, 10 minutes at most) is waited for and up to half of it more; the waits after it begin there.
    /// `random` is from 0 to 1, both included.
    pub fn next(&mut self, asked: Option<Duration>, random: f64) -> Duration {
        let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
        match asked.map(|asked| asked.min(LONGEST_ASKED)).filter(|asked| !asked.is_zero()) {
            Some(asked) => {
                self.ceiling = self.ceiling.max(asked).min(LONGEST);
                asked + asked.mul_f64(random / 2.0)
            }
            None => {
                let ceiling = self.ceiling;
                self.ceiling = (ceiling * 2).min(LONGEST);
                ceiling / 2 + (ceiling / 2).mul_f64(random)
            }
        }
    }

    /// After a message that was answered for good.
    pub fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let mut backoff = Backoff::new();
        let waits: Vec<u64> = (0..7).map(|_| backoff.next(None, 1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn after_a_reset_waits_begin_anew() {
        let mut backoff = Backoff::new();
        for _ in 0..5 {
            backoff.next(None, 1.0);
        }
        backoff.reset();
        assert_eq!(backoff.next(None, 1.0), FIRST);
    }

    #[test]
    fn a_wish_seeds_the_waits_after_it() {
        let mut backoff = Backoff::new();
        assert_eq!(backoff.next(Some(Duration::from_secs(12)), 0.0), Duration::from_secs(12));
        assert_eq!(backoff.next(None, 1.0), Duration::from_secs(12));
        assert_eq!(backoff.next(None, 1.0), Duration::from_secs(24));
    }

    #[test]
    fn randomness_spreads_the_waits() {
        let (mut early, mut late) = (Backoff::new(), Backoff::new());
        assert_eq!(early.next(None, 0.0), Duration::from_millis(500));
        assert_eq!(late.next(None, 1.0), Duration::from_secs(1));
    }

    proptest! {
        #[test]
        fn every_wait_is_within_its_bounds(
            asked in prop::collection::vec(prop::option::of(0u64..100_000_000), 1..40),
            random in prop::collection::vec(prop_oneof![0.0f64..=1.0, any::<f64>()], 40),
        ) {
            let mut backoff = Backoff::new();
            for (asked, random) in asked.into_iter().zip(random) {
                let asked = asked.map(Duration::from_millis).filter(|asked| !asked.is_zero());
                let ceiling = backoff.ceiling;
                let wait = backoff.next(asked, random);
                match asked.map(|asked| asked.min(LONGEST_ASKED)) {
                    Some(asked) => prop_assert!(wait >= asked && wait <= asked * 3 / 2 + Duration::from_nanos(1)),
                    None => prop_assert!(wait >= ceiling / 2 && wait <= ceiling),
                }
                prop_assert!(backoff.ceiling >= FIRST && backoff.ceiling <= LONGEST);
            }
        }
    }
}
