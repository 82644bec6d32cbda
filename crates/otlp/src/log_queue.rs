//! Log records that wait for the backend: bounded; what does not fit is dropped and counted.

use locust_telemetry_pipeline::{Ledger, Load};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Why the queue drops.
const QUEUE_FULL: &str = "log queue full";

#[derive(Debug, Default)]
struct Waiting {
    records: VecDeque<LogRecord>,
    /// In the hands of whoever sends, and not yet delivered or dropped.
    taken: usize,
    ledger: Option<Arc<Ledger>>,
    /// Dropped before there were books.
    dropped_before: u64,
}

/// A queue with many producers and one sender.
#[derive(Debug)]
pub(crate) struct LogQueue {
    waiting: Mutex<Waiting>,
    max_records: usize,
    max_batch: usize,
    /// Told when a whole batch waits.
    full_batch: Notify,
}

impl LogQueue {
    pub(crate) fn new(max_records: usize, max_batch: usize) -> Self {
        let (waiting, full_batch) = (Mutex::default(), Notify::new());
        Self { waiting, max_records: max_records.max(1), max_batch: max_batch.max(1), full_batch }
    }

    /// From now on what becomes of records is in these books, those that wait already included.
    pub(crate) fn keep_books(&self, ledger: &Arc<Ledger>) {
        let mut waiting = self.waiting();
        if waiting.ledger.is_none() {
            let dropped = std::mem::take(&mut waiting.dropped_before);
            let held = (waiting.records.len() + waiting.taken) as u64;
            ledger.offered(Load { requests: 0, records: held + dropped });
            ledger.dropped(Load { requests: 0, records: dropped }, QUEUE_FULL);
            waiting.ledger = Some(Arc::clone(ledger));
        }
    }

    /// Queues a record, or counts it as dropped. Never waits.
    pub(crate) fn push(&self, record: LogRecord) {
        let mut waiting = self.waiting();
        let ledger = waiting.ledger.clone();
        if let Some(ledger) = &ledger {
            ledger.offered(Load::RECORD);
        }
        if waiting.records.len() + waiting.taken >= self.max_records {
            match &ledger {
                Some(ledger) => ledger.dropped(Load::RECORD, QUEUE_FULL),
                None => waiting.dropped_before += 1,
            }
            return;
        }
        waiting.records.push_back(record);
        if waiting.records.len() >= self.max_batch {
            self.full_batch.notify_one();
        }
    }

    /// The oldest records, one batch; they count as waiting until they are settled.
    pub(crate) fn take(&self) -> Vec<LogRecord> {
        let mut waiting = self.waiting();
        let count = waiting.records.len().min(self.max_batch);
        waiting.taken += count;
        waiting.records.drain(..count).collect()
    }

    /// Puts records back that were taken and not sent.
    pub(crate) fn give_back(&self, records: Vec<LogRecord>) {
        let mut waiting = self.waiting();
        waiting.taken = waiting.taken.saturating_sub(records.len());
        records.into_iter().rev().for_each(|record| waiting.records.push_front(record));
    }

    /// Takes what became of records that were taken: how many the backend has, and the others are dropped for `reason`.
    pub(crate) fn settle(&self, delivered: usize, dropped: usize, reason: &str) {
        let mut waiting = self.waiting();
        waiting.taken = waiting.taken.saturating_sub(delivered + dropped);
        if let Some(ledger) = &waiting.ledger {
            ledger.delivered(Load { requests: 0, records: delivered as u64 });
            ledger.dropped(Load { requests: 0, records: dropped as u64 }, reason);
        }
    }

    /// Waits until a whole batch is there.
    pub(crate) async fn full_batch(&self) {
        self.full_batch.notified().await;
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(records: usize) -> (LogQueue, Arc<Ledger>) {
        let (queue, ledger) = (LogQueue::new(records, 2), Arc::new(Ledger::default()));
        queue.keep_books(&ledger);
        (queue, ledger)
    }

    fn records(ledger: &Ledger) -> (u64, u64, u64, u64) {
        let balance = ledger.balance();
        (balance.offered.records, balance.delivered.records, balance.dropped.records, balance.queued().records)
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let (queue, ledger) = queue(3);
        (0..5).for_each(|_| queue.push(LogRecord::default()));
        assert_eq!(records(&ledger), (5, 0, 2, 3));
    }

    #[test]
    fn what_is_being_sent_still_takes_room_and_counts_as_waiting() {
        let (queue, ledger) = queue(3);
        (0..3).for_each(|_| queue.push(LogRecord::default()));
        assert_eq!(queue.take().len(), 2);
        queue.push(LogRecord::default());
        assert_eq!(records(&ledger), (4, 0, 1, 3));
        queue.settle(1, 1, "refused");
        queue.push(LogRecord::default());
        assert_eq!(records(&ledger), (5, 1, 2, 2));
    }

    #[test]
    fn records_from_before_the_books_are_in_them() {
        let (queue, ledger) = (LogQueue::new(1, 2), Arc::new(Ledger::default()));
        (0..3).for_each(|_| queue.push(LogRecord::default()));
        queue.keep_books(&ledger);
        assert_eq!(records(&ledger), (3, 0, 2, 1));
    }
}
