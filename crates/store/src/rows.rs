//! Errors and events of a run, as lists show them.

use serde_json::{Map, Value, json};

/// One kind of failure over a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRow {
    /// The id of the series that failed so.
    pub series: u32,
    /// What the exception said, as [`ErrorMessages`](locust_telemetry_core::ErrorMessages) has it.
    pub message: String,
    /// How often, within the range.
    pub count: u64,
    /// The first second of the whole run in which it came.
    pub first_s: i64,
    /// The last one.
    pub last_s: i64,
}

impl ErrorRow {
    /// As a JSON object, with the same names.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "series": self.series,
            "message": self.message,
            "count": self.count,
            "first_s": self.first_s,
            "last_s": self.last_s,
        })
    }
}

/// A moment worth marking.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// When: nanoseconds since the Unix epoch.
    pub time_unix_ns: i64,
    /// Whether a person wrote it; its text is the name then.
    pub is_annotation: bool,
    /// What happened.
    pub name: String,
    /// What else is known of it, as text.
    pub attributes: Map<String, Value>,
}

impl EventRow {
    /// As a JSON object, with the same names; `kind` is `annotation` or `event`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "time_unix_ns": self.time_unix_ns,
            "kind": if self.is_annotation { "annotation" } else { "event" },
            "name": self.name,
            "attributes": self.attributes,
        })
    }
}

/// What annotations there are behind an event that was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotated {
    /// The runs that got some.
    pub run_ids: Vec<String>,
    /// The last event by now, of any run and kind: what to ask with the next time.
    pub last_event: i64,
}
