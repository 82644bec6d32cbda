//! What of a run could not be written.

use serde_json::{Value, json};

/// Windows that were given up, and the seconds they were of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    windows: u64,
    requests: u64,
    /// The first second and the last.
    bounds_s: Option<(i64, i64)>,
}

impl Lost {
    /// A window of `second` was given up.
    pub(crate) fn add(&mut self, second: i64, requests: u64) {
        self.windows += 1;
        self.requests += requests;
        let (first, last) = self.bounds_s.unwrap_or((second, second));
        self.bounds_s = Some((first.min(second), last.max(second)));
    }

    /// As it stands in the run's row; `None` where nothing was lost.
    pub(crate) fn to_json(self) -> Option<Value> {
        let (first_s, last_s) = self.bounds_s?;
        Some(json!({ "windows": self.windows, "requests": self.requests, "first_s": first_s, "last_s": last_s }))
    }
}
