//! Sends the log records, a batch at a time.

use super::Inner;
use super::attempt::Attempt;
use super::signal_loop::SignalLoop;
use super::trouble::Trouble;
use crate::metric::Scope;
use crate::transport::{Message, Outcome, Transport};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout_at;

/// Why records are given up whose backend never came.
const ENDED: &str = "the process has ended";

pub(super) struct LogsLoop {
    inner: Arc<Inner>,
    transport: Transport,
    trouble: Trouble,
    /// The batch that is being sent, until the backend has it or will never have it.
    batch: Vec<LogRecord>,
}

impl SignalLoop for LogsLoop {
    fn interval(&self) -> Duration {
        self.inner.config.settings.log_batch.delay
    }

    fn is_in_trouble(&self) -> bool {
        self.trouble.reason().is_some()
    }

    async fn hurry(&self) {
        if self.is_in_trouble() {
            std::future::pending().await
        }
        self.inner.logs.full_batch().await;
    }

    /// Sends batch after batch until none waits.
    async fn attempt(&mut self) -> Attempt {
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

    async fn attempt_by_timer(&mut self) -> Attempt {
        // Each message has a limit of its own.
        self.attempt().await
    }

    fn too_late(&mut self) {
        self.trouble.begin(&self.inner, "no answer in time", false);
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
}

impl LogsLoop {
    pub(super) fn new(inner: Arc<Inner>, transport: Transport) -> Self {
        Self { inner, transport, trouble: Trouble::none("logs"), batch: Vec::new() }
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
