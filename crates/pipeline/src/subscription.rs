//! Windows for somebody who fetches them: a user's Python code on the gevent hub.

use crate::lane::QUEUE_FULL;
use crate::ledger::{Ledger, Load};
use crate::queue::{BoundedQueue, MAX_WEIGHT};
use crate::recorder::RunWindow;
use std::sync::Arc;
use std::time::Duration;

/// A bounded queue of windows with books of its own, and no thread.
#[derive(Debug)]
pub struct Subscription {
    id: String,
    queue: BoundedQueue<Arc<RunWindow>>,
    ledger: Ledger,
}

impl Subscription {
    /// An empty queue for the subscriber that summaries show as `id`.
    pub(crate) fn new(id: String) -> Self {
        Self { id, queue: BoundedQueue::new(MAX_WEIGHT), ledger: Ledger::default() }
    }

    /// Whose windows these are.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The next window, if one waits. It counts as delivered.
    pub fn next(&self) -> Option<Arc<RunWindow>> {
        let window = self.queue.take(Duration::ZERO)?;
        self.ledger.delivered(Load::requests(window.window.requests.requests()));
        Some(window)
    }

    /// What was offered, fetched and dropped.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn offer(&self, window: &Arc<RunWindow>) {
        let load = Load::requests(window.window.requests.requests());
        self.ledger.offered(load);
        if self.queue.offer(window.weight(), Arc::clone(window)).is_err() {
            self.ledger.dropped(load, QUEUE_FULL);
        }
    }
}
