//! The callbacks of observable instruments run on the gevent hub, never on the export thread: this is how it asks for them.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Notify;

/// How long an export waits for the hub; after that it goes with what was told last.
const PATIENCE: Duration = Duration::from_millis(500);

/// Asks, and waits for the answer.
#[derive(Debug, Default)]
pub(super) struct Observing {
    is_wanted: AtomicBool,
    done: Notify,
}

impl Observing {
    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted.load(Relaxed)
    }

    pub(super) fn done(&self) {
        if self.is_wanted.swap(false, Relaxed) {
            self.done.notify_waiters();
        }
    }

    /// Asks for the callbacks and waits for them.
    pub(super) async fn ask(&self) {
        let done = self.done.notified();
        tokio::pin!(done);
        // From here on an answer is heard.
        done.as_mut().enable();
        self.is_wanted.store(true, Relaxed);
        // Late or not, the export goes on.
        let _in_time = tokio::time::timeout(PATIENCE, done).await;
        self.is_wanted.store(false, Relaxed);
    }
}
