//! At which times points are sent.
//!
//! Prometheus refuses a whole request if one point of a resource is older than what it has of that resource (its
//! `target_info` would go back in time), or stands at the time of another value. So each request of cumulative data is later than
//! the one before, by more than a millisecond, which is what backends tell apart. Deltas keep their times: their spans
//! must meet.

/// The step that every backend tells apart.
pub(crate) const MILLISECOND_NS: u64 = 1_000_000;

/// How far back a series' zero may stand: backends refuse what is much older.
const OLDEST_ZERO_NS: u64 = 60_000_000_000;

/// The times of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SendTimes {
    /// No point is earlier: zeros whose series began before stand here.
    pub(crate) earliest_ns: u64,
    /// When values stand.
    pub(crate) values_ns: u64,
    /// When end markers stand.
    pub(crate) ends_ns: u64,
}

/// Gives each request its times, later than those of all before, whatever the clock does.
#[derive(Debug, Default)]
pub(crate) struct SendClock {
    sent_until_ns: u64,
}

impl SendClock {
    /// The time of an export: the clock's, but later than everything sent.
    pub(crate) fn now(&self, now_ns: u64) -> u64 {
        now_ns.max(self.sent_until_ns + 2 * MILLISECOND_NS)
    }

    pub(crate) fn next(&mut self, now_ns: u64) -> SendTimes {
        let earliest_ns = (self.sent_until_ns + MILLISECOND_NS).max(now_ns.saturating_sub(OLDEST_ZERO_NS));
        let values_ns = now_ns.max(earliest_ns + MILLISECOND_NS);
        let ends_ns = values_ns + MILLISECOND_NS;
        self.sent_until_ns = ends_ns;
        SendTimes { earliest_ns, values_ns, ends_ns }
    }
}

impl SendClock {
    /// A point was sent that stands at this time.
    pub(crate) fn sent(&mut self, time_ns: u64) {
        self.sent_until_ns = self.sent_until_ns.max(time_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000 * MILLISECOND_NS;

    #[test]
    fn each_request_is_later_than_the_one_before_even_if_the_clock_is_not() {
        let mut clock = SendClock::default();
        let times: Vec<_> = [100 * S, 100 * S, 50 * S, 101 * S].map(|now_ns| clock.next(now_ns)).into();
        assert!(times.iter().all(|at| at.earliest_ns < at.values_ns && at.values_ns < at.ends_ns), "{times:?}");
        assert!(times.windows(2).all(|pair| pair[0].ends_ns < pair[1].earliest_ns), "{times:?}");
        assert_eq!((times[0].values_ns, times[3].values_ns), (100 * S, 101 * S));
    }

    #[test]
    fn a_zero_stands_no_further_back_than_backends_take() {
        assert_eq!(SendClock::default().next(7_200 * S).earliest_ns, 7_140 * S);
    }
}
