//! How this process's clock stands to the master's, from exchanges of messages.
//!
//! The rule is NTP's (RFC 5905, section 8): of four times of one exchange follow an offset and how far it can be off,
//! half the round trip. The exchange with the smallest bound wins; a bound grows with age, since clocks drift apart.

use locust_telemetry_core::ClockOffset;

/// How much two ordinary clocks drift apart, in parts per million: 50 for each quartz.
const DRIFT_PPM: i128 = 100;

/// The four times of one exchange, in nanoseconds since the Unix epoch of the clock that took them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// When this process asked, by its own clock.
    pub sent_ns: i64,
    /// When the question reached the master, by the master's clock.
    pub received_ns: i64,
    /// When the master answered, by the master's clock.
    pub replied_ns: i64,
    /// When the answer was here, by this process's own clock.
    pub returned_ns: i64,
}

impl Exchange {
    /// The offset and its bound; `None` where the times contradict each other, as when a clock was set meanwhile.
    fn offset(&self) -> Option<ClockOffset> {
        let [sent, received, replied, returned] =
            [self.sent_ns, self.received_ns, self.replied_ns, self.returned_ns].map(i128::from);
        let (away, at_master) = (returned - sent, replied - received);
        if away < 0 || at_master < 0 || at_master > away {
            return None;
        }
        // Both halves are rounded, so the bound has one nanosecond more than half the round trip.
        let offset_ns = i64::try_from((received - sent + replied - returned) / 2).ok()?;
        Some(ClockOffset { offset_ns, error_ns: u64::try_from((away - at_master) / 2 + 1).ok()? })
    }
}

/// The best estimate so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClockEstimate {
    /// The best exchange's result, and when it was (own clock, Unix nanoseconds).
    best: Option<(ClockOffset, i64)>,
}

impl ClockEstimate {
    /// Takes one exchange; returns the estimate as it is now.
    ///
    /// An exchange that contradicts the best one means that a clock was set: it then replaces it, however wide.
    pub fn add(&mut self, exchange: &Exchange) -> Option<ClockOffset> {
        let now_ns = exchange.returned_ns;
        if let Some(new) = exchange.offset() {
            let is_better = self.at(now_ns).is_none_or(|old| new.error_ns <= old.error_ns || contradict(new, old));
            if is_better {
                self.best = Some((new, now_ns));
            }
        }
        self.at(now_ns)
    }

    /// The estimate at a moment of this process's clock (Unix nanoseconds), with what the clocks may have drifted.
    #[must_use]
    pub fn at(&self, now_ns: i64) -> Option<ClockOffset> {
        self.best.map(|(best, then_ns)| {
            let drift_ns = i128::from(now_ns.abs_diff(then_ns)) * DRIFT_PPM / 1_000_000;
            let error_ns = best.error_ns.saturating_add(u64::try_from(drift_ns).unwrap_or(u64::MAX));
            ClockOffset { error_ns, ..best }
        })
    }
}

/// Whether no offset fits both.
fn contradict(a: ClockOffset, b: ClockOffset) -> bool {
    a.offset_ns.abs_diff(b.offset_ns) > a.error_ns.saturating_add(b.error_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: i64 = 1_000_000;

    /// An exchange with a master whose clock is `offset_ns` ahead, over a way that takes `there` and `back`.
    fn exchange(sent_ns: i64, offset_ns: i64, there_ns: i64, at_master_ns: i64, back_ns: i64) -> Exchange {
        let received_ns = sent_ns + there_ns + offset_ns;
        let replied_ns = received_ns + at_master_ns;
        Exchange { sent_ns, received_ns, replied_ns, returned_ns: replied_ns - offset_ns + back_ns }
    }

    proptest! {
        #[test]
        fn the_true_offset_is_within_the_bound_however_lopsided_the_ways_are(
            offset_ns in -2_000_000_000_000_i64..2_000_000_000_000,
            exchanges in prop::collection::vec((0..50 * MS, 0..50 * MS, 0..50 * MS, 0..5_000 * MS), 1..20),
        ) {
            let mut estimate = ClockEstimate::default();
            let mut now_ns = 1_700_000_000_000_000_000;
            for (there_ns, at_master_ns, back_ns, pause_ns) in exchanges {
                now_ns += pause_ns;
                let exchange = exchange(now_ns, offset_ns, there_ns, at_master_ns, back_ns);
                now_ns = exchange.returned_ns;
                let now = estimate.add(&exchange).unwrap();
                prop_assert!(now.offset_ns.abs_diff(offset_ns) <= now.error_ns);
            }
        }
    }

    #[test]
    fn the_shortest_round_trip_wins() {
        let mut estimate = ClockEstimate::default();
        estimate.add(&exchange(0, 700 * MS, 9 * MS, 0, MS));
        let better = estimate.add(&exchange(20 * MS, 700 * MS, MS, 0, MS)).unwrap();
        assert_eq!(better, ClockOffset { offset_ns: 700 * MS, error_ns: MS as u64 + 1 });
        let after_worse = estimate.add(&exchange(40 * MS, 700 * MS, 30 * MS, 0, MS)).unwrap();
        assert_eq!(after_worse.offset_ns, 700 * MS);
    }

    #[test]
    fn a_bound_grows_with_age_until_a_new_exchange_is_better() {
        let mut estimate = ClockEstimate::default();
        let fresh = estimate.add(&exchange(0, 0, MS, 0, MS)).unwrap();
        let hour_ns = 3_600_000_000_000;
        assert_eq!(estimate.at(2 * MS + hour_ns).unwrap().error_ns, fresh.error_ns + 360_000_000);
        let renewed = estimate.add(&exchange(hour_ns, 0, 5 * MS, 0, 5 * MS)).unwrap();
        assert_eq!(renewed.error_ns, 5 * MS as u64 + 1);
    }

    #[test]
    fn a_clock_that_was_set_is_noticed_at_the_next_exchange() {
        let mut estimate = ClockEstimate::default();
        estimate.add(&exchange(0, 0, MS, 0, MS));
        let after = estimate.add(&exchange(100 * MS, -3_000 * MS, 8 * MS, 0, 8 * MS)).unwrap();
        assert_eq!(after.offset_ns, -3_000 * MS);
    }

    #[test]
    fn times_that_contradict_each_other_are_left_out() {
        let mut estimate = ClockEstimate::default();
        let backwards = Exchange { sent_ns: 10, received_ns: 0, replied_ns: 0, returned_ns: 5 };
        let longer_there_than_away = Exchange { sent_ns: 0, received_ns: 0, replied_ns: 20, returned_ns: 10 };
        let far = Exchange { sent_ns: i64::MIN, received_ns: i64::MAX, replied_ns: i64::MAX, returned_ns: i64::MIN };
        for odd in [backwards, longer_there_than_away, far] {
            assert_eq!(estimate.add(&odd), None, "{odd:?}");
        }
    }
}
