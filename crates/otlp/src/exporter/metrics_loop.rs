//! Sends the metrics: all points as they are now, in as many requests as it takes.

use super::attempt::Attempt;
use super::signal_loop::SignalLoop;
use super::trouble::Trouble;
use super::{Inner, lock};
use crate::batch::{self, Batch, Bundle, MAX_REQUEST_BYTES};
use crate::receipt::{Fate, Receipt};
use crate::send_clock::SendClock;
use crate::transport::{Message, Outcome, Transport};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::time::timeout_at;

/// Below this requests are not made smaller.
const MIN_REQUEST_BYTES: usize = 4 << 10;

/// Why points are given up that a backend with its limit of size will never take.
const TOO_LARGE: &str = "a series too large for the backend";

/// Why points are given up some of whose neighbours were taken.
const REJECTED: &str = "rejected by the backend";

pub(super) struct MetricsLoop {
    inner: Arc<Inner>,
    transport: Transport,
    trouble: Trouble,
    max_request_bytes: usize,
    send_clock: SendClock,
    /// Instruments of whose odd values the user knows.
    told_of_ignored: HashSet<String>,
}

impl SignalLoop for MetricsLoop {
    fn interval(&self) -> Duration {
        self.inner.config.export_interval()
    }

    fn is_in_trouble(&self) -> bool {
        self.trouble.reason().is_some()
    }

    async fn attempt(&mut self) -> Attempt {
        loop {
            match self.attempt_at_size().await {
                Some(attempt) => return attempt,
                // Smaller requests from now on.
                None => self.max_request_bytes = (self.max_request_bytes / 2).max(MIN_REQUEST_BYTES),
            }
        }
    }

    async fn attempt_by_timer(&mut self) -> Attempt {
        if self.inner.has_callbacks.load(Relaxed) {
            self.inner.observing.ask().await;
        }
        let limit = Instant::now() + self.inner.config.settings.export_timeout;
        timeout_at(limit.into(), self.attempt()).await.unwrap_or_else(|_| {
            self.too_late();
            Attempt::Retry(None)
        })
    }

    fn too_late(&mut self) {
        self.trouble.begin(&self.inner, "no answer in time", false);
    }

    fn end(&mut self) {
        let inner = &self.inner;
        lock(&inner.requests).end_all();
        inner.instruments.all().iter().for_each(|instrument| instrument.end_all(inner.config.marks_end));
    }

    fn give_up(&mut self) {
        lock(&self.inner.requests).give_up(self.trouble.reason().unwrap_or("the process has ended"));
    }
}

impl MetricsLoop {
    pub(super) fn new(inner: Arc<Inner>, transport: Transport) -> Self {
        let trouble = Trouble::none("metrics");
        Self {
            inner,
            transport,
            trouble,
            max_request_bytes: MAX_REQUEST_BYTES,
            send_clock: SendClock::default(),
            told_of_ignored: HashSet::new(),
        }
    }

    /// Sends everything there is, once; `None` where the backend wants smaller requests.
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
