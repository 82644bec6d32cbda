//! How an attempt to export ended, and how long a flush goes on trying.

use super::until;
use super::wishes::Wish;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// How much of its time a flush tries where the backend was away before it: most likely it still is.
const PATIENCE_WITH_THE_ABSENT: f64 = 0.3;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    /// Nothing is left to send.
    Complete,
    /// The backend refused some of it for good.
    Refused,
    /// Not all was sent; the backend may have asked for some time.
    Retry(Option<Duration>),
}

/// When to stop trying: at the deadline, or earlier where it failed before.
pub(super) fn last_try(deadline: Instant, was_in_trouble: bool) -> Instant {
    if was_in_trouble { Instant::now() + until(deadline).mul_f64(PATIENCE_WITH_THE_ABSENT) } else { deadline }
}

/// A timer's attempt has this share of what an interrupting wish has time for, to come to its end: half, since to send
/// again what a slow backend nearly has is worse than to wait; less where it most likely hangs.
const SHARE_OF_INTERRUPTED: u32 = 2;
const SHARE_IN_TROUBLE: u32 = 4;

/// What an attempt comes to, unless a wish comes and it does not end soon after; and the wish, if one came.
pub(super) async fn unless_wished<T>(
    attempt: impl Future<Output = T>,
    is_in_trouble: bool,
    wishes: &mut UnboundedReceiver<Wish>,
) -> (Option<T>, Option<Wish>) {
    let mut heard = None;
    let interrupted = async {
        heard = wishes.recv().await;
        let share = if is_in_trouble { SHARE_IN_TROUBLE } else { SHARE_OF_INTERRUPTED };
        let grace = heard.as_ref().map_or(Duration::ZERO, |wish| until(wish.deadline) / share);
        tokio::time::sleep(grace).await;
    };
    let attempt = tokio::select! {
        biased;
        attempt = attempt => Some(attempt),
        () = interrupted => None,
    };
    (attempt, heard)
}

/// Waits before the next attempt; false if that would be after the last one.
pub(super) async fn wait(pause: Duration, last_try: Instant) -> bool {
    if pause > until(last_try) {
        return false;
    }
    tokio::time::sleep(pause).await;
    true
}
