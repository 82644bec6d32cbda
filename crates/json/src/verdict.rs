//! How far some seconds of one process, or of a whole run, can be trusted. Pure.

use locust_telemetry_core::{Reason, Reasons};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The verdicts of some seconds, put together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verdict {
    reasons: Reasons,
    /// A set, since a second may have several windows.
    suspect_seconds: BTreeSet<i64>,
}

impl Verdict {
    /// Adds a window of the second `start_s`.
    pub(crate) fn add(&mut self, start_s: i64, reasons: Reasons) {
        if !reasons.is_trusted() {
            self.reasons.merge(reasons);
            self.suspect_seconds.insert(start_s);
        }
    }

    /// The fields of a record that tell of it.
    pub(crate) fn fields(&self) -> Value {
        json!({
            "confidence": confidence(self.reasons.is_trusted()),
            "suspect_reasons": self.reasons.iter().map(Reason::name).collect::<Vec<_>>(),
            "suspect_seconds": self.suspect_seconds.len(),
        })
    }
}

/// The verdict in a word.
pub(crate) const fn confidence(is_trusted: bool) -> &'static str {
    if is_trusted { "trusted" } else { "suspect" }
}
