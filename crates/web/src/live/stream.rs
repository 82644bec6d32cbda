//! One page's live stream: what it missed, then each event as it comes.

use crate::end::End;
use crate::live::frame::{Frame, HEARTBEAT, Position};
use crate::live::hub::Joined;
use bytes::Bytes;
use futures_util::stream::{Stream, unfold};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast};

/// How soon a page that was cut comes back, for its browser.
const RETRY: Bytes = Bytes::from_static(b"retry: 1000\n\n");

/// One listener.
pub(crate) struct LiveStream {
    /// Comes before any event.
    first: VecDeque<Bytes>,
    events: broadcast::Receiver<Frame>,
    /// The last window that was sent.
    last: Option<Position>,
    heartbeat: Duration,
    end: End,
    _place: OwnedSemaphorePermit,
}

impl LiveStream {
    /// Begins with these frames. `last` is where the page stands once it has them.
    pub(crate) fn new(
        joined: Joined,
        first: impl IntoIterator<Item = Frame>,
        last: Option<Position>,
        heartbeat: Duration,
        end: End,
    ) -> Self {
        let first = std::iter::once(RETRY).chain(first.into_iter().map(|frame| frame.bytes)).collect();
        Self { first, events: joined.events, last, heartbeat, end, _place: joined.place }
    }

    /// As the body of an answer. Ends when the page is too slow: its browser comes back and is told what it missed.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, |mut stream| async move {
            let bytes = stream.next().await?;
            Some((Ok(bytes), stream))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        if let Some(bytes) = self.first.pop_front() {
            return Some(bytes);
        }
        loop {
            let event = tokio::select! {
                _ = self.end.announced() => return None,
                event = tokio::time::timeout(self.heartbeat, self.events.recv()) => event,
            };
            match event {
                Err(_) => return Some(HEARTBEAT),
                Ok(Ok(frame)) => {
                    if let Some(frame) = self.following(frame) {
                        return Some(frame.bytes);
                    }
                }
                Ok(Err(RecvError::Lagged(_) | RecvError::Closed)) => return None,
            }
        }
    }

    /// What to send for an event: nothing for a window that was sent before, `reload` where one is missing in between.
    fn following(&mut self, frame: Frame) -> Option<Frame> {
        let Some(position) = &frame.position else { return Some(frame) };
        let last = self.last.replace(position.clone()).filter(|last| last.run_id == position.run_id);
        match last {
            Some(last) if position.seq <= last.seq => {
                self.last = Some(last);
                None
            }
            Some(last) if position.seq > last.seq + 1 => Some(Frame::reload()),
            _ => Some(frame),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::end::{self, EndSender};
    use crate::live::hub::Hub;
    use futures_util::StreamExt;

    const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);

    struct Page {
        hub: Hub,
        end: (EndSender, End),
    }

    impl Page {
        fn new() -> Self {
            let hub = Hub::new(1);
            hub.run_started("a");
            Self { hub, end: end::channel() }
        }

        fn open(&self, last: Option<u64>) -> impl Stream<Item = String> + Unpin {
            let joined = self.hub.join().unwrap();
            let last = last.map(|seq| Position::new("a", seq));
            let stream = LiveStream::new(joined, [], last, HEARTBEAT_EVERY, self.end.1.clone()).into_stream();
            Box::pin(stream.skip(1).map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap()))
        }

        fn window(&self, seq: u64) {
            self.hub.window(Position::new("a", seq), "{}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_stream_shows_that_it_lives_every_ten_seconds() {
        let page = Page::new();
        let mut stream = page.open(None);
        let begun = tokio::time::Instant::now();
        assert_eq!(stream.next().await.unwrap(), ":\n\n");
        assert_eq!(begun.elapsed(), HEARTBEAT_EVERY);
    }

    #[tokio::test]
    async fn a_window_that_the_page_has_is_not_sent_again() {
        let page = Page::new();
        let mut stream = page.open(Some(2));
        (1..=3).for_each(|seq| page.window(seq));
        assert!(stream.next().await.unwrap().starts_with("id: a:3\n"));
    }

    #[tokio::test]
    async fn a_missing_window_means_to_load_again() {
        let page = Page::new();
        let mut stream = page.open(Some(2));
        (4..=5).for_each(|seq| page.window(seq));
        assert!(stream.next().await.unwrap().starts_with("event: reload\n"));
        assert!(stream.next().await.unwrap().starts_with("id: a:5\n"));
    }

    #[tokio::test]
    async fn a_page_that_is_too_slow_is_cut() {
        let page = Page::new();
        let mut stream = page.open(None);
        (1..=1000).for_each(|seq| page.window(seq));
        assert_eq!(stream.next().await, None);
    }

    #[tokio::test]
    async fn the_servers_end_ends_the_stream() {
        let page = Page::new();
        let mut stream = page.open(None);
        page.end.0.announce();
        assert_eq!(stream.next().await, None);
    }
}
