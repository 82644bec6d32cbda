//! Network traffic since a base reading, from counters per interface that may reset or vanish. Pure.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};

/// Bytes that all interfaces moved since the first call of [`Traffic::advance`]. Only grows.
///
/// Loopback counts as an interface. A packet that crosses two interfaces of this namespace (a bridge
/// and its port, say) counts on both.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Kept for interfaces that vanished too: one that returns with its old counters must not count
    /// again.
    last: HashMap<OsString, Bytes>,
    has_base: bool,
    total: Bytes,
}

/// A pair of byte counters.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes {
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Traffic {
    /// Takes the present counters of each interface and returns the bytes since the first call.
    ///
    /// An interface that appears later counts from zero: what it moved, it moved since the start.
    pub(crate) fn advance<'a>(&mut self, interfaces: impl IntoIterator<Item = (&'a OsStr, Bytes)>) -> Bytes {
        let mut has_read = false;
        for (name, now) in interfaces {
            has_read = true;
            match self.last.get_mut(name) {
                Some(last) => {
                    self.total.sent += gained(&mut last.sent, now.sent);
                    self.total.received += gained(&mut last.received, now.received);
                }
                None => {
                    if self.has_base {
                        self.total.sent += now.sent;
                        self.total.received += now.received;
                    }
                    self.last.insert(name.to_owned(), now);
                }
            }
        }
        // Where nothing could be read, the next reading is the base.
        self.has_base |= has_read;
        self.total
    }
}

/// What a counter gained since `last`, which moves along. After a reset that is the counter itself.
///
/// A fall to exactly zero is no news: sysinfo reports an unreadable counter so (a process out of file
/// descriptors meets this), and its return to the old value must not count as new traffic.
fn gained(last: &mut u64, now: u64) -> u64 {
    if now == 0 {
        return 0;
    }
    let gain = if now >= *last { now - *last } else { now };
    *last = now;
    gain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(sent: u64, received: u64) -> Bytes {
        Bytes { sent, received }
    }

    fn read(name: &str, sent: u64, received: u64) -> (&OsStr, Bytes) {
        (OsStr::new(name), bytes(sent, received))
    }

    #[test]
    fn the_first_reading_is_the_base() {
        let mut traffic = Traffic::default();
        assert_eq!(traffic.advance([read("lo", 500, 600)]), bytes(0, 0));
        assert_eq!(traffic.advance([read("lo", 510, 620)]), bytes(10, 20));
    }

    #[test]
    fn a_first_reading_that_failed_is_no_base() {
        let mut traffic = Traffic::default();
        assert_eq!(traffic.advance([]), bytes(0, 0));
        assert_eq!(traffic.advance([read("lo", 500, 600)]), bytes(0, 0));
        assert_eq!(traffic.advance([read("lo", 510, 620)]), bytes(10, 20));
    }

    #[test]
    fn interfaces_add_up_and_a_late_one_counts_in_full() {
        let mut traffic = Traffic::default();
        traffic.advance([read("lo", 5, 5)]);
        let total = traffic.advance([read("lo", 6, 7), read("eth0", 100, 200)]);
        assert_eq!(total, bytes(101, 202));
    }

    #[test]
    fn a_reset_counts_from_zero() {
        let mut traffic = Traffic::default();
        traffic.advance([read("eth0", 1_000, 1_000)]);
        assert_eq!(traffic.advance([read("eth0", 30, 1_001)]), bytes(30, 1));
    }

    #[test]
    fn an_interface_that_vanishes_takes_nothing_away_and_may_return() {
        let mut traffic = Traffic::default();
        traffic.advance([read("eth0", 1_000, 1_000)]);
        traffic.advance([read("eth0", 1_500, 1_000)]);
        assert_eq!(traffic.advance([]), bytes(500, 0));
        assert_eq!(traffic.advance([read("eth0", 1_501, 1_000)]), bytes(501, 0));
    }

    #[test]
    fn an_unreadable_counter_does_not_count_again_when_it_returns() {
        let mut traffic = Traffic::default();
        traffic.advance([read("eth0", 9_000, 9_000)]);
        assert_eq!(traffic.advance([read("eth0", 0, 0)]), bytes(0, 0));
        assert_eq!(traffic.advance([read("eth0", 9_002, 9_003)]), bytes(2, 3));
    }
}
