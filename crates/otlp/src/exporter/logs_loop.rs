//! Sends the log records, a batch at a time.

use super::Inner;
use super::attempt::{Attempt, last_try, unless_wished, wait};
use super::trouble::Trouble;
use super::wishes::Wish;
use crate::metric::Scope;
use crate::transport::{Backoff, Message, Outcome, Transport};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep_until, timeout_at};

/// Why records are given up whose backend never came.
const ENDED: &str = "the process has ended";

pub(super) struct LogsLoop {
    inner: Arc<Inner>,
    transport: Transport,
    backoff: Backoff,
    trouble: Trouble,
    /// The batch that is being sent, until the backend has it or will never have it.
    batch: Vec<LogRecord>,
}

impl LogsLoop {
    pub(super) fn new(inner: Arc<Inner>, transport: Transport) -> Self {
        Self { inner, transport, backoff: Backoff::new(), trouble: Trouble::none("logs"), batch: Vec::new() }
    }

    /// Runs until a last wish, or until nobody can wish any more.
    pub(super) async fn run(mut self, mut wishes: UnboundedReceiver<Wish>) {
        let inner = Arc::clone(&self.inner);
        let delay = inner.config.settings.log_batch.delay;
        let mut due = Instant::now() + delay;
        loop {
            let is_in_trouble = self.trouble.reason().is_some();
            let wish = tokio::select! {
                wish = wishes.recv() => match wish {
                    Some(wish) => Some(wish),
                    None => return,
                },
                () = inner.logs.full_batch(), if !is_in_trouble => None,
                () = sleep_until(due.into()) => None,
            };
            let wish = match wish {
                Some(wish) => Some(wish),
                None => {
                    let (attempt, wish) = unless_wished(self.send_all(), is_in_trouble, &mut wishes).await;
                    due = Instant::now()
                        + match attempt {
                            Some(Attempt::Retry(asked)) => self.backoff.next(asked, fastrand::f64()),
                            Some(Attempt::Complete | Attempt::Refused) => {
                                self.backoff.reset();
                                delay
                            }
                            // What was on its way is sent again, with what the wish is about.
                            None => delay,
                        };
                    wish
                }
            };
            if let Some(wish) = wish {
                self.fulfil(&wish).await;
                if wish.is_last {
                    return;
                }
                due = Instant::now() + delay;
            }
        }
    }

    async fn fulfil(&mut self, wish: &Wish) {
        let inner = Arc::clone(&self.inner);
        let last_try = last_try(wish.deadline, self.trouble.reason().is_some());
        loop {
            let attempt = timeout_at(last_try.into(), self.send_all()).await.unwrap_or_else(|_| {
                self.trouble.begin(&inner, "no answer in time", false);
                Attempt::Retry(None)
            });
            let Attempt::Retry(asked) = attempt else { break };
            if !wait(self.backoff.next(asked, fastrand::f64()), last_try).await {
                break;
            }
        }
        self.backoff.reset();
        if wish.is_last {
            self.give_up();
        }
    }

    /// Sends batch after batch until none waits.
    async fn send_all(&mut self) -> Attempt {
        loop {
            if self.batch.is_empty() {
                self.batch = self.inner.logs.take();
            }
            if self.batch.is_empty() {
                return Attempt::Complete;
            }
            if let Some(attempt) = self.send().await {
                return attempt;
            }
        }
    }

    /// Sends the batch; `None` if it is settled.
    async fn send(&mut self) -> Option<Attempt> {
        let count = self.batch.len();
        let limit = Instant::now() + self.inner.config.settings.log_batch.timeout;
        let message = Message::Logs(self.request());
        let sent = timeout_at(limit.into(), self.transport.send(&message)).await;
        let outcome = sent.unwrap_or_else(|_| Outcome::Retry { after: None, reason: "no answer in time".into() });
        match outcome {
            Outcome::Delivered { rejected, message } => {
                self.trouble.end(&self.inner);
                if rejected > 0 || !message.is_empty() {
                    self.trouble.warn(&self.inner, rejected, &message);
                }
                let dropped = usize::try_from(rejected).unwrap_or(usize::MAX).min(count);
                self.settle(count - dropped, dropped, "rejected by the backend");
            }
            Outcome::Retry { after, reason } => {
                self.trouble.begin(&self.inner, &reason, false);
                return Some(Attempt::Retry(after));
            }
            Outcome::TooLarge { .. } if count > 1 => {
                // In halves, the first one now.
                let rest = self.batch.split_off(count / 2);
                self.inner.logs.give_back(rest);
            }
            Outcome::TooLarge { reason } | Outcome::Refused { reason } => {
                self.trouble.begin(&self.inner, &reason, true);
                self.settle(0, count, &reason);
            }
        }
        None
    }

    fn settle(&mut self, delivered: usize, dropped: usize, reason: &str) {
        self.batch.clear();
        self.inner.logs.settle(delivered, dropped, reason);
    }

    fn give_up(&mut self) {
        let reason = self.trouble.reason().unwrap_or(ENDED).to_owned();
        loop {
            let count = self.batch.len();
            self.settle(0, count, &reason);
            self.batch = self.inner.logs.take();
            if self.batch.is_empty() {
                return;
            }
        }
    }

    fn request(&self) -> ExportLogsServiceRequest {
        let scope = Scope::own();
        let scope = InstrumentationScope {
            name: scope.name.to_string(),
            version: scope.version.to_string(),
            ..InstrumentationScope::default()
        };
        let scope_logs = ScopeLogs { scope: Some(scope), log_records: self.batch.clone(), schema_url: String::new() };
        ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: Some(self.inner.resource.clone()),
                scope_logs: vec![scope_logs],
                schema_url: String::new(),
            }],
        }
    }
}
