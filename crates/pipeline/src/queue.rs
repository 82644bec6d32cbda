//! The bounded queue before each recorder.
//!
//! Bounded by weight (a window weighs as much as the series and messages in it), because a thousand windows may be a
//! kilobyte or a gigabyte. A full queue refuses; it never blocks the one who offers.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How much may wait: windows count 1 and 1 more for each series and each message in them, records count 1.
///
/// With a usual spread of latencies a series takes about 500 bytes, so this is some 50 MB; messages take less.
pub(crate) const MAX_WEIGHT: usize = 100_000;

#[derive(Debug)]
struct Inner<T> {
    items: VecDeque<(usize, T)>,
    weight: usize,
    closed: bool,
}

/// A queue with many producers and one consumer.
#[derive(Debug)]
pub(crate) struct BoundedQueue<T> {
    inner: Mutex<Inner<T>>,
    arrived: Condvar,
    max_weight: usize,
}

impl<T> BoundedQueue<T> {
    /// An empty queue that takes items up to `max_weight` in sum.
    #[must_use]
    pub(crate) fn new(max_weight: usize) -> Self {
        let inner = Inner { items: VecDeque::new(), weight: 0, closed: false };
        Self { inner: Mutex::new(inner), arrived: Condvar::new(), max_weight }
    }

    /// Appends `item`, or gives it back if it does not fit or the queue is closed.
    ///
    /// An empty queue takes an item of any weight, so that a single huge one is not refused for ever; an
    /// item of no weight always fits.
    ///
    /// # Errors
    /// The item, when refused.
    pub(crate) fn offer(&self, weight: usize, item: T) -> Result<(), T> {
        let mut inner = self.lock();
        let fits = weight == 0 || inner.weight + weight <= self.max_weight || inner.items.is_empty();
        if inner.closed || !fits {
            return Err(item);
        }
        inner.weight += weight;
        inner.items.push_back((weight, item));
        self.arrived.notify_one();
        Ok(())
    }

    /// The oldest item, waiting for at most `timeout`; `None` when there is none by then, or when the
    /// queue is closed and empty.
    pub(crate) fn take(&self, timeout: Duration) -> Option<T> {
        let deadline = Instant::now() + timeout;
        let mut inner = self.lock();
        loop {
            if let Some((weight, item)) = inner.items.pop_front() {
                inner.weight -= weight;
                return Some(item);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if inner.closed || left.is_zero() {
                return None;
            }
            inner = self.arrived.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Refuses everything from now on and wakes the consumer.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Whether the queue is closed and nothing is left in it.
    #[must_use]
    pub(crate) fn is_finished(&self) -> bool {
        let inner = self.lock();
        inner.closed && inner.items.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(1);

    #[test]
    fn items_come_out_in_order() {
        let queue = BoundedQueue::new(10);
        queue.offer(1, 'a').unwrap();
        queue.offer(1, 'b').unwrap();
        assert_eq!((queue.take(SOON), queue.take(SOON), queue.take(SOON)), (Some('a'), Some('b'), None));
    }

    #[test]
    fn a_full_queue_refuses_and_takes_again_after_a_take() {
        let queue = BoundedQueue::new(10);
        queue.offer(8, 'a').unwrap();
        assert_eq!(queue.offer(3, 'b'), Err('b'));
        queue.take(SOON);
        queue.offer(3, 'b').unwrap();
    }

    #[test]
    fn an_empty_queue_takes_even_what_is_over_the_limit() {
        let queue = BoundedQueue::new(10);
        queue.offer(1_000, 'a').unwrap();
        assert_eq!(queue.offer(1, 'b'), Err('b'));
    }

    #[test]
    fn a_closed_queue_hands_out_what_it_has_and_refuses_more() {
        let queue = BoundedQueue::new(10);
        queue.offer(1, 'a').unwrap();
        queue.close();
        assert_eq!(queue.offer(1, 'b'), Err('b'));
        assert!(!queue.is_finished());
        assert_eq!(queue.take(Duration::from_secs(60)), Some('a'));
        assert_eq!(queue.take(Duration::from_secs(60)), None);
        assert!(queue.is_finished());
    }
}
