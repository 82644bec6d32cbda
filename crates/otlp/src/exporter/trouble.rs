//! Whether the backend takes what it is sent; a change is told once, not each interval.

use super::Inner;

/// The state of one signal's connection.
#[derive(Debug)]
pub(super) struct Trouble {
    signal: &'static str,
    reason: Option<String>,
    warnings: Vec<String>,
}

/// How many distinct warnings of a backend are told.
const MAX_WARNINGS: usize = 8;

impl Trouble {
    /// None so far. `signal` is `metrics` or `logs`.
    pub(super) fn none(signal: &'static str) -> Self {
        Self { signal, reason: None, warnings: Vec::new() }
    }

    /// Why the last attempt failed, if it did.
    pub(super) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// An attempt has failed; `is_lost` where what was to be sent will not be sent again.
    pub(super) fn begin(&mut self, inner: &Inner, reason: &str, is_lost: bool) {
        if self.reason.is_none() {
            let then =
                if is_lost { "what is refused is dropped and counted" } else { "they are tried again, silently" };
            inner.notice(format!("otel: {} cannot be exported: {reason}; {then}", self.signal));
        }
        self.reason = Some(reason.to_owned());
    }

    /// An attempt has succeeded.
    pub(super) fn end(&mut self, inner: &Inner) {
        if let Some(reason) = self.reason.take() {
            inner.notice(format!("otel: {} are exported again (it was: {reason})", self.signal));
        }
    }

    /// The backend has taken it, but says something.
    pub(super) fn warn(&mut self, inner: &Inner, rejected: u64, message: &str) {
        let text = match (rejected, message) {
            (0, message) => format!("otel: the backend took the {} and says: {message}", self.signal),
            (_, "") => format!("otel: the backend rejected some of the {}", self.signal),
            (_, message) => format!("otel: the backend rejected some of the {}: {message}", self.signal),
        };
        if self.warnings.len() < MAX_WARNINGS && !self.warnings.contains(&text) {
            inner.notice(text.clone());
            self.warnings.push(text);
        }
    }
}
