//! The loop of one signal: what it does by its timer, and by the wishes that come. Metrics and logs differ in what they send.

use super::attempt::{Attempt, last_try, unless_wished, wait};
use super::wishes::Wish;
use crate::transport::Backoff;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep_until, timeout_at};

/// What a loop sends.
pub(super) trait SignalLoop {
    /// From one export by the timer to the next.
    fn interval(&self) -> Duration;

    /// Whether the last attempt failed.
    fn is_in_trouble(&self) -> bool;

    /// Comes when the timer should not be waited for.
    async fn hurry(&self) {
        std::future::pending().await
    }

    /// Sends everything there is, once. May be dropped before its end.
    async fn attempt(&mut self) -> Attempt;

    /// The same by the timer, with all that goes before it.
    async fn attempt_by_timer(&mut self) -> Attempt;

    /// An attempt had no time to end.
    fn too_late(&mut self);

    /// The next points are the last.
    fn end(&mut self) {}

    /// What the backend does not have by now it will never have.
    fn give_up(&mut self);
}

/// Runs until a last wish, or until nobody can wish any more.
pub(super) async fn run(mut signal: impl SignalLoop, mut wishes: UnboundedReceiver<Wish>) {
    let mut backoff = Backoff::new();
    let interval = signal.interval();
    let mut due = Instant::now() + interval;
    loop {
        let wish = tokio::select! {
            wish = wishes.recv() => match wish {
                Some(wish) => Some(wish),
                None => return,
            },
            () = signal.hurry() => None,
            () = sleep_until(due.into()) => None,
        };
        let wish = match wish {
            Some(wish) => Some(wish),
            None => {
                let is_in_trouble = signal.is_in_trouble();
                let (attempt, wish) = unless_wished(signal.attempt_by_timer(), is_in_trouble, &mut wishes).await;
                // Interrupted by ourselves, it says nothing of the backend; the wish goes on.
                if let Some(attempt) = attempt {
                    due = next_due(&mut backoff, due, interval, attempt);
                }
                wish
            }
        };
        if let Some(wish) = wish {
            fulfil(&mut signal, &mut backoff, &wish).await;
            if wish.is_last {
                return;
            }
            due = Instant::now() + interval;
        }
    }
}

/// The next moment of the grid, or when the backoff says.
fn next_due(backoff: &mut Backoff, due: Instant, interval: Duration, attempt: Attempt) -> Instant {
    let now = Instant::now();
    match attempt {
        Attempt::Retry(asked) => now + backoff.next(asked, fastrand::f64()),
        Attempt::Complete | Attempt::Refused => {
            backoff.reset();
            if due > now {
                // The timer was not waited for.
                return due;
            }
            let missed = now.duration_since(due).as_nanos() / interval.as_nanos().max(1);
            due + interval * (u32::try_from(missed).unwrap_or(u32::MAX - 1) + 1)
        }
    }
}

/// Tries until all is sent or it is too late.
async fn fulfil(signal: &mut impl SignalLoop, backoff: &mut Backoff, wish: &Wish) {
    if wish.is_last {
        signal.end();
    }
    let last_try = last_try(wish.deadline, signal.is_in_trouble());
    loop {
        let attempt = timeout_at(last_try.into(), signal.attempt()).await.unwrap_or_else(|_| {
            signal.too_late();
            Attempt::Retry(None)
        });
        let Attempt::Retry(asked) = attempt else { break };
        if !wait(backoff.next(asked, fastrand::f64()), last_try).await {
            break;
        }
    }
    backoff.reset();
    if wish.is_last {
        signal.give_up();
    }
}
