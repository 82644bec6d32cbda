//! Sends the metrics, each interval and on request.

use super::attempt::{Attempt, last_try, unless_wished, wait};
use super::trouble::Trouble;
use super::wishes::Wish;
use super::{Inner, lock};
use crate::batch::{self, Batch, Bundle, MAX_REQUEST_BYTES};
use crate::receipt::{Fate, Receipt};
use crate::send_clock::SendClock;
use crate::transport::{Backoff, Message, Outcome, Transport};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep_until, timeout_at};

/// Below this requests are not made smaller.
const MIN_REQUEST_BYTES: usize = 4 << 10;

/// Why points are given up that a backend with its limit of size will never take.
const TOO_LARGE: &str = "a series too large for the backend";

/// Why points are given up some of whose neighbours were taken.
const REJECTED: &str = "rejected by the backend";

pub(super) struct MetricsLoop {
    inner: Arc<Inner>,
    transport: Transport,
    backoff: Backoff,
    trouble: Trouble,
    max_request_bytes: usize,
    send_clock: SendClock,
    /// Instruments of whose odd values the user knows.
    told_of_ignored: HashSet<String>,
}

impl MetricsLoop {
    pub(super) fn new(inner: Arc<Inner>, transport: Transport) -> Self {
        let trouble = Trouble::none("metrics");
        Self {
            inner,
            transport,
            backoff: Backoff::new(),
            trouble,
            max_request_bytes: MAX_REQUEST_BYTES,
            send_clock: SendClock::default(),
            told_of_ignored: HashSet::new(),
        }
    }

    /// Runs until a last wish, or until nobody can wish any more.
    pub(super) async fn run(mut self, mut wishes: UnboundedReceiver<Wish>) {
        let interval = self.inner.config.export_interval();
        let mut due = Instant::now() + interval;
        loop {
            let wish = tokio::select! {
                wish = wishes.recv() => match wish {
                    Some(wish) => Some(wish),
                    None => return,
                },
                () = sleep_until(due.into()) => None,
            };
            let wish = match wish {
                Some(wish) => Some(wish),
                None => {
                    if self.inner.has_callbacks.load(Relaxed) {
                        self.inner.observing.ask().await;
                    }
                    let (attempt, wish) = self.attempt_unless_wished(&mut wishes).await;
                    due = self.next_due(due, interval, attempt);
                    wish
                }
            };
            if let Some(wish) = wish {
                self.fulfil(&wish).await;
                if wish.is_last {
                    return;
                }
                due = Instant::now() + interval;
            }
        }
    }

    /// The next moment of the grid, or when the backoff says.
    fn next_due(&mut self, due: Instant, interval: Duration, attempt: Attempt) -> Instant {
        let now = Instant::now();
        match attempt {
            Attempt::Retry(asked) => now + self.backoff.next(asked, fastrand::f64()),
            Attempt::Complete | Attempt::Refused => {
                self.backoff.reset();
                let missed = now.saturating_duration_since(due).as_nanos() / interval.as_nanos().max(1);
                due + interval * (u32::try_from(missed).unwrap_or(u32::MAX - 1) + 1)
            }
        }
    }

    /// An attempt by the timer, which gives up soon after a wish has come.
    async fn attempt_unless_wished(&mut self, wishes: &mut UnboundedReceiver<Wish>) -> (Attempt, Option<Wish>) {
        let limit = Instant::now() + self.inner.config.settings.export_timeout;
        let is_in_trouble = self.trouble.reason().is_some();
        let (attempt, wish) = unless_wished(timeout_at(limit.into(), self.attempt()), is_in_trouble, wishes).await;
        let attempt = match attempt {
            Some(Ok(attempt)) => attempt,
            Some(Err(_)) => {
                self.too_late();
                Attempt::Retry(None)
            }
            // Interrupted by ourselves: that says nothing of the backend.
            None => Attempt::Retry(None),
        };
        (attempt, wish)
    }

    /// Tries until all is sent or it is too late.
    async fn fulfil(&mut self, wish: &Wish) {
        let inner = Arc::clone(&self.inner);
        if wish.is_last {
            lock(&inner.requests).end_all();
            for instrument in inner.instruments.all() {
                instrument.end_all(inner.config.marks_end);
            }
        }
        let last_try = last_try(wish.deadline, self.trouble.reason().is_some());
        loop {
            let attempt = timeout_at(last_try.into(), self.attempt()).await.unwrap_or_else(|_| {
                self.too_late();
                Attempt::Retry(None)
            });
            let Attempt::Retry(asked) = attempt else { break };
            if !wait(self.backoff.next(asked, fastrand::f64()), last_try).await {
                break;
            }
        }
        self.backoff.reset();
        if wish.is_last {
            lock(&inner.requests).give_up(self.trouble.reason().unwrap_or("the process has ended"));
        }
    }

    fn too_late(&mut self) {
        self.trouble.begin(&self.inner, "no answer in time", false);
        self.inner.is_in_trouble.store(true, Relaxed);
    }

    /// Sends everything there is, once.
    async fn attempt(&mut self) -> Attempt {
        loop {
            match self.attempt_at_size().await {
                Some(attempt) => {
                    self.inner.is_in_trouble.store(attempt != Attempt::Complete, Relaxed);
                    return attempt;
                }
                // Smaller requests from now on.
                None => self.max_request_bytes = (self.max_request_bytes / 2).max(MIN_REQUEST_BYTES),
            }
        }
    }

    /// The same, but `None` where the backend wants smaller requests.
    async fn attempt_at_size(&mut self) -> Option<Attempt> {
        let mut attempt = Attempt::Complete;
        for batch in self.batches() {
            let Batch { request, receipts, bytes, points } = batch;
            match self.transport.send(&Message::Metrics(request)).await {
                Outcome::Delivered { rejected: 0, message } => {
                    if !message.is_empty() {
                        self.trouble.warn(&self.inner, 0, &message);
                    }
                    self.settle(receipts, &Fate::Delivered);
                }
                Outcome::Delivered { rejected, message } => {
                    self.trouble.warn(&self.inner, rejected.min(points), &message);
                    self.settle(receipts, &Fate::Refused(REJECTED.into()));
                }
                Outcome::Retry { after, reason } => {
                    self.trouble.begin(&self.inner, &reason, false);
                    return Some(Attempt::Retry(after));
                }
                Outcome::TooLarge { reason } if receipts.len() > 1 && bytes > MIN_REQUEST_BYTES => {
                    self.max_request_bytes = self.max_request_bytes.min(bytes);
                    self.inner.notice(format!("otel: {reason}: smaller requests are sent from now on"));
                    return None;
                }
                Outcome::TooLarge { .. } => {
                    self.trouble.begin(&self.inner, TOO_LARGE, true);
                    self.settle(receipts, &Fate::Refused(TOO_LARGE.into()));
                    attempt = Attempt::Refused;
                }
                Outcome::Refused { reason } => {
                    self.trouble.begin(&self.inner, &reason, false);
                    self.settle(receipts, &Fate::Refused(reason));
                    attempt = Attempt::Refused;
                }
            }
        }
        if attempt == Attempt::Complete {
            self.trouble.end(&self.inner);
        }
        Some(attempt)
    }

    /// All points as they are now, in requests of the size that the backend takes.
    fn batches(&mut self) -> Vec<Batch<Receipt>> {
        let now_ns = self.send_clock.now(self.inner.now_ns());
        self.inner.end_due_runs(now_ns);
        let mut bundles = Vec::<Bundle<Receipt>>::new();
        for instrument in self.inner.instruments.all() {
            instrument.bundles(now_ns, &mut bundles);
            let ignored = instrument.take_ignored();
            let name = instrument.name();
            if ignored > 0 && self.told_of_ignored.insert(name.to_owned()) {
                self.inner.notice(format!("otel: {name} was given {ignored} values that it cannot count"));
            }
        }
        lock(&self.inner.requests).bundles(now_ns, &mut bundles);
        batch::pack(bundles, &self.inner.resource, self.max_request_bytes, now_ns, &mut self.send_clock)
    }

    fn settle(&self, receipts: Vec<Receipt>, fate: &Fate) {
        let mut requests = lock(&self.inner.requests);
        for receipt in receipts {
            match receipt {
                Receipt::Set { instrument, number, is_last } => {
                    instrument.settle(number, *fate == Fate::Delivered, is_last);
                }
                Receipt::Series { run, series, requests: count, is_last } => {
                    requests.settle(run, series, count, is_last, fate);
                }
            }
        }
    }
}
