//! The books of one recorder: what it was offered, what it delivered, what it dropped and why.
//!
//! At any moment offered = delivered + queued + dropped, for requests and for records apart.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// What a recorder is offered: requests (inside of windows) and single records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Requests counted in windows.
    pub requests: u64,
    /// Records of their own: events, samples, statistics.
    pub records: u64,
}

impl Load {
    /// Nothing.
    pub const NONE: Self = Self { requests: 0, records: 0 };

    /// `count` requests.
    #[must_use]
    pub const fn requests(count: u64) -> Self {
        Self { requests: count, records: 0 }
    }

    /// One record.
    pub const RECORD: Self = Self { requests: 0, records: 1 };

    fn plus(self, other: Self) -> Self {
        Self { requests: self.requests + other.requests, records: self.records + other.records }
    }

    /// The difference, never below zero: the counters of a ledger are read one after the other.
    fn minus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(other.requests),
            records: self.records.saturating_sub(other.records),
        }
    }
}

#[derive(Debug, Default)]
struct Counter {
    requests: AtomicU64,
    records: AtomicU64,
}

impl Counter {
    fn add(&self, load: Load) {
        self.requests.fetch_add(load.requests, Relaxed);
        self.records.fetch_add(load.records, Relaxed);
    }

    fn get(&self) -> Load {
        Load { requests: self.requests.load(Relaxed), records: self.records.load(Relaxed) }
    }
}

/// Counts what becomes of everything that one recorder is offered. Shared by its lane and the recorder.
#[derive(Debug, Default)]
pub struct Ledger {
    offered: Counter,
    delivered: Counter,
    dropped: Counter,
    reasons: Mutex<BTreeMap<String, Load>>,
    notices: Mutex<Vec<String>>,
}

/// How many unread notices are kept; later ones are left out, since the counts tell the rest.
const MAX_NOTICES: usize = 32;

/// How many distinct reasons for drops are kept.
const MAX_REASONS: usize = 16;

impl Ledger {
    /// Something was put before the recorder.
    pub fn offered(&self, load: Load) {
        self.offered.add(load);
    }

    /// The recorder has passed it on.
    pub fn delivered(&self, load: Load) {
        self.delivered.add(load);
    }

    /// It is lost, for `reason` (a few words, the same each time).
    pub fn dropped(&self, load: Load, reason: &str) {
        if load == Load::NONE {
            return;
        }
        self.dropped.add(load);
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = if reasons.len() < MAX_REASONS || reasons.contains_key(reason) { reason } else { "other" };
        let sum = reasons.entry(reason.to_owned()).or_default();
        sum.requests += load.requests;
        sum.records += load.records;
    }

    /// Tells the user something once: the Python side logs it as a warning.
    pub fn notice(&self, text: String) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.len() < MAX_NOTICES {
            notices.push(text);
        }
    }

    /// The notices that nobody has taken yet.
    #[must_use]
    pub fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The books as they are.
    #[must_use]
    pub fn balance(&self) -> Balance {
        Balance {
            // Delivered and dropped first: what is offered meanwhile shows as queued, never as negative.
            delivered: self.delivered.get(),
            dropped: self.dropped.get(),
            offered: self.offered.get(),
            reasons: self.reasons.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// A reading of a [`Ledger`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Balance {
    /// Everything put before the recorder.
    pub offered: Load,
    /// What it passed on.
    pub delivered: Load,
    /// What is lost.
    pub dropped: Load,
    /// What is lost, by reason.
    pub reasons: BTreeMap<String, Load>,
}

impl Balance {
    /// What came since `before`. What still waited then counts as offered since, so that the books of a
    /// run balance although the last one left something over.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let settled = before.delivered.plus(before.dropped);
        let reasons = self.reasons.iter().map(|(reason, load)| {
            (reason.clone(), load.minus(before.reasons.get(reason).copied().unwrap_or_default()))
        });
        Self {
            offered: self.offered.minus(settled),
            delivered: self.delivered.minus(before.delivered),
            dropped: self.dropped.minus(before.dropped),
            reasons: reasons.filter(|(_, load)| *load != Load::NONE).collect(),
        }
    }

    /// What still waits.
    #[must_use]
    pub fn queued(&self) -> Load {
        self.offered.minus(self.delivered).minus(self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_delivered_nor_dropped_is_queued() {
        let ledger = Ledger::default();
        ledger.offered(Load::requests(10));
        ledger.offered(Load::RECORD);
        ledger.delivered(Load::requests(4));
        ledger.dropped(Load::requests(1), "disk full");
        let balance = ledger.balance();
        assert_eq!(balance.queued(), Load { requests: 5, records: 1 });
        assert_eq!(balance.reasons["disk full"], Load::requests(1));
    }

    #[test]
    fn the_books_of_a_later_span_balance_with_what_was_left_over() {
        let ledger = Ledger::default();
        ledger.offered(Load::requests(10));
        ledger.delivered(Load::requests(6));
        ledger.dropped(Load::requests(1), "disk full");
        let before = ledger.balance();
        ledger.offered(Load::requests(5));
        ledger.delivered(Load::requests(8));
        let since = ledger.balance().since(&before);
        assert_eq!(since.offered, Load::requests(8), "5 new ones and 3 that waited");
        assert_eq!((since.delivered, since.queued()), (Load::requests(8), Load::NONE));
        assert!(since.reasons.is_empty());
    }

    #[test]
    fn reasons_and_notices_are_bounded() {
        let ledger = Ledger::default();
        for number in 0..1_000 {
            ledger.dropped(Load::RECORD, &number.to_string());
            ledger.notice(number.to_string());
        }
        let balance = ledger.balance();
        assert_eq!(balance.reasons.len(), MAX_REASONS + 1);
        assert_eq!(balance.reasons.values().map(|load| load.records).sum::<u64>(), 1_000);
        assert_eq!(ledger.take_notices().len(), MAX_NOTICES);
    }
}
