//! What a series has gained, on its way to the backend: cumulative or delta.
//!
//! Cumulative data heals by itself: whatever was lost on the way is in the next total. Delta data has what was taken
//! for sending *in flight* until the backend has it; what it did not take is merged into the next delta, so that
//! the spans of time follow each other without a gap.

use crate::send_clock::MILLISECOND_NS;

/// What can be added up.
pub(crate) trait Gain: Default {
    /// Adds what `other` holds.
    fn gain(&mut self, other: &Self);
    /// Whether nothing was gained.
    fn is_nothing(&self) -> bool;
}

/// How a backend wants totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// Since the start of the series.
    Cumulative,
    /// Since the last point.
    Delta,
}

/// A series' gains.
#[derive(Debug, Clone)]
pub(crate) struct Flow<T> {
    span: Span,
    /// Cumulative: everything. Delta: what came since it was last taken.
    gained: T,
    /// Delta only.
    in_flight: Option<T>,
    /// Cumulative: the birth of the series, for ever. Delta: the end of what the backend has.
    start_ns: u64,
    taken_ns: u64,
    /// Whether the backend has a point of this series.
    is_born: bool,
}

impl<T: Gain> Flow<T> {
    /// A series that begins at `start_ns`.
    pub(crate) fn new(span: Span, start_ns: u64) -> Self {
        Self { span, gained: T::default(), in_flight: None, start_ns, taken_ns: start_ns, is_born: false }
    }

    /// Where gains go.
    pub(crate) fn gained(&mut self) -> &mut T {
        &mut self.gained
    }

    /// Whether a zero point must go before the next one: cumulative totals whose first value would else be taken for
    /// no increase at all.
    pub(crate) fn wants_zero_point(&self) -> bool {
        self.span == Span::Cumulative && !self.is_born
    }

    /// What to send, and since when it counts; `None` where a delta has nothing.
    pub(crate) fn take(&mut self, now_ns: u64) -> Option<(&T, u64)> {
        if self.span == Span::Cumulative {
            return Some((&self.gained, self.start_ns));
        }
        if !self.gained.is_nothing() {
            let gained = std::mem::take(&mut self.gained);
            self.in_flight.get_or_insert_default().gain(&gained);
        }
        self.taken_ns = now_ns.max(self.start_ns + MILLISECOND_NS);
        self.in_flight.as_ref().map(|in_flight| (in_flight, self.start_ns))
    }

    /// The backend has what was taken last, or will never have it.
    pub(crate) fn settle(&mut self, is_delivered: bool) {
        self.is_born |= is_delivered;
        if self.in_flight.take().is_some() {
            self.start_ns = self.taken_ns;
        }
    }

    /// When the point that was taken now ends: a span has a length that backends can tell.
    pub(crate) fn end_ns(&self, now_ns: u64) -> u64 {
        if self.span == Span::Delta { self.taken_ns } else { now_ns.max(self.start_ns + MILLISECOND_NS) }
    }

    /// When the present point of the series began.
    pub(crate) const fn start_ns(&self) -> u64 {
        self.start_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = MILLISECOND_NS;

    impl Gain for u64 {
        fn gain(&mut self, other: &Self) {
            *self += other;
        }
        fn is_nothing(&self) -> bool {
            *self == 0
        }
    }

    fn flow(span: Span) -> Flow<u64> {
        Flow::new(span, 100 * MS)
    }

    #[test]
    fn cumulative_totals_count_from_the_same_start_for_ever() {
        let mut flow = flow(Span::Cumulative);
        *flow.gained() += 2;
        assert_eq!(flow.take(200 * MS), Some((&2, 100 * MS)));
        flow.settle(true);
        *flow.gained() += 3;
        assert_eq!(flow.take(300 * MS), Some((&5, 100 * MS)));
    }

    #[test]
    fn deltas_follow_each_other_without_gap_or_overlap() {
        let mut flow = flow(Span::Delta);
        *flow.gained() += 2;
        assert_eq!(flow.take(200 * MS), Some((&2, 100 * MS)));
        *flow.gained() += 7;
        flow.settle(true);
        assert_eq!(flow.take(300 * MS), Some((&7, 200 * MS)));
        flow.settle(true);
        assert_eq!(flow.take(400 * MS), None);
        *flow.gained() += 1;
        assert_eq!(flow.take(500 * MS), Some((&1, 300 * MS)));
    }

    #[test]
    fn a_delta_that_the_backend_did_not_get_is_in_the_next() {
        let mut flow = flow(Span::Delta);
        *flow.gained() += 2;
        flow.take(200 * MS);
        *flow.gained() += 3;
        assert_eq!(flow.take(300 * MS), Some((&5, 100 * MS)));
    }

    #[test]
    fn a_delta_that_the_backend_refused_is_not() {
        let mut flow = flow(Span::Delta);
        *flow.gained() += 2;
        flow.take(200 * MS);
        flow.settle(false);
        *flow.gained() += 3;
        assert_eq!(flow.take(300 * MS), Some((&3, 200 * MS)));
    }

    #[test]
    fn only_cumulative_series_that_the_backend_does_not_know_want_a_zero_point() {
        let mut cumulative = flow(Span::Cumulative);
        assert!(cumulative.wants_zero_point() && !flow(Span::Delta).wants_zero_point());
        cumulative.settle(false);
        assert!(cumulative.wants_zero_point());
        cumulative.settle(true);
        assert!(!cumulative.wants_zero_point());
    }
}
