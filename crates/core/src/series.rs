//! What distinguishes one series from another, and what a series counts.

use crate::histogram::Histogram;
use std::num::NonZeroU16;

/// The name of the series that takes what the limit on series turned away.
pub const OVERFLOW_NAME: &str = "(overflow)";

/// The identity of a series: which requests are counted together.
///
/// Ordered by name, then method, then outcome, the order in which people read a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// The request's name, as Locust shows it.
    pub name: Box<str>,
    /// The request's type: an HTTP method, or what a custom client chose.
    pub method: Box<str>,
    /// The response's status code, or `None` without a response.
    pub status: Option<NonZeroU16>,
    /// The class of the exception, or `None` for a success.
    pub error_type: Option<Box<str>>,
}

impl SeriesKey {
    /// Whether these requests failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.error_type.is_some()
    }

    /// The series that takes successes or failures once the limit is reached.
    #[must_use]
    pub fn overflow(failure: bool) -> Self {
        Self {
            name: OVERFLOW_NAME.into(),
            method: OVERFLOW_NAME.into(),
            status: None,
            error_type: failure.then(|| OVERFLOW_NAME.into()),
        }
    }
}

/// What a series gained over some span of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeriesStats {
    /// Requests, with and without a usable response time.
    pub requests: u64,
    /// Bytes of the responses, as Locust's `response_length` tells.
    pub response_bytes: u64,
    /// Response times of those requests that had a usable one.
    pub latency: Histogram,
}

impl SeriesStats {
    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.response_bytes = self.response_bytes.saturating_add(other.response_bytes);
        self.latency.merge(&other.latency);
    }

    /// Forgets everything but keeps the room.
    pub(crate) fn clear(&mut self) {
        self.requests = 0;
        self.response_bytes = 0;
        self.latency.clear();
    }

    /// A copy without spare room.
    pub(crate) fn compact(&self) -> Self {
        Self { requests: self.requests, response_bytes: self.response_bytes, latency: self.latency.compact() }
    }
}
