//! Values of the store's columns.

use serde_json::Value;

/// A count; 0 where there is none.
pub(crate) fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// A measurement, if there is one.
pub(crate) fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

/// A second since the Unix epoch; the epoch where there is none.
pub(crate) fn second(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}
