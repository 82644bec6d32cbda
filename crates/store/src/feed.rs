//! What the recorder takes in, live: for pages that watch a run.

use std::sync::Arc;
use tokio::sync::broadcast;

/// How many items a slow listener may be behind; it is then told how many it has missed, and finds them in the store.
const MAX_BEHIND: usize = 256;

/// Something that a page wants to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedItem {
    /// A run has begun.
    RunStarted {
        /// Its id.
        run_id: String,
    },
    /// A window has been taken in.
    Window(WindowMessage),
    /// The books of a run are closed; it has all its figures.
    RunEnded {
        /// Its id.
        run_id: String,
    },
    /// Something that whoever looks at the run should know.
    Notice(String),
}

/// One window as a page gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowMessage {
    /// The run's id.
    pub run_id: String,
    /// The run's windows, counted from 1 without a gap as they come.
    pub seq: u64,
    /// The window's second, since the Unix epoch.
    pub second: i64,
    /// A JSON object; `docs/run-store.md` has its fields. Made once, for every page.
    pub json: String,
}

/// Hands items to whoever listens. Clones are handles to the same feed.
#[derive(Debug, Clone)]
pub struct Feed(broadcast::Sender<Arc<FeedItem>>);

/// One listener: `recv().await` in async code, `blocking_recv()` on a thread.
pub type FeedReceiver = broadcast::Receiver<Arc<FeedItem>>;

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::Sender::new(MAX_BEHIND))
    }
}

impl Feed {
    /// Listens from now on. A listener that is too slow gets `Lagged` with the number of items that it missed.
    #[must_use]
    pub fn subscribe(&self) -> FeedReceiver {
        self.0.subscribe()
    }

    /// Tells everybody, without waiting for anybody.
    pub fn tell(&self, item: FeedItem) {
        // That nobody listens is no error.
        let _ = self.0.send(Arc::new(item));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::broadcast::error::TryRecvError;

    #[test]
    fn every_listener_hears_everything_from_its_beginning_on() {
        let feed = Feed::default();
        feed.tell(FeedItem::Notice("before".into()));
        let (mut one, mut other) = (feed.subscribe(), feed.clone().subscribe());
        feed.tell(FeedItem::Notice("after".into()));
        for receiver in [&mut one, &mut other] {
            assert_eq!(*receiver.try_recv().unwrap(), FeedItem::Notice("after".into()));
            assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        }
    }

    #[test]
    fn a_slow_listener_is_told_what_it_missed_and_holds_up_nobody() {
        let feed = Feed::default();
        let mut slow = feed.subscribe();
        (0..MAX_BEHIND + 7).for_each(|number| feed.tell(FeedItem::Notice(number.to_string())));
        assert_eq!(slow.try_recv(), Err(TryRecvError::Lagged(7)));
        assert_eq!(*slow.try_recv().unwrap(), FeedItem::Notice("7".into()));
    }
}
