//! What a backend says about a message that it has taken.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceResponse, metrics::v1::ExportMetricsServiceResponse,
};
use prost::Message as _;
use serde_json::Value;

use super::{Outcome, reason};
use crate::settings::{Headers, Signal};

/// The outcome of an answer in binary form; `None` if it is not one. No bytes at all are an answer that says nothing.
pub(super) fn of_protobuf(signal: Signal, body: &[u8], headers: &Headers) -> Option<Outcome> {
    let (rejected, message) = match signal {
        Signal::Metrics => {
            let partial = ExportMetricsServiceResponse::decode(body).ok()?.partial_success.unwrap_or_default();
            (partial.rejected_data_points, partial.error_message)
        }
        Signal::Logs => {
            let partial = ExportLogsServiceResponse::decode(body).ok()?.partial_success.unwrap_or_default();
            (partial.rejected_log_records, partial.error_message)
        }
    };
    Some(delivered(rejected, &message, headers))
}

/// The outcome of an answer in JSON; `None` if it is not one. Unknown members do not matter.
pub(super) fn of_json(signal: Signal, body: &[u8], headers: &Headers) -> Option<Outcome> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let partial = answer.as_object()?.get("partialSuccess").unwrap_or(&Value::Null);
    let count = match signal {
        Signal::Metrics => partial.get("rejectedDataPoints"),
        Signal::Logs => partial.get("rejectedLogRecords"),
    };
    // 64-bit integers are strings; some backends write numbers.
    let rejected = match count {
        None | Some(Value::Null) => 0,
        Some(Value::String(text)) => text.parse().ok()?,
        Some(number) => number.as_i64()?,
    };
    let message = partial.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
    Some(delivered(rejected, message, headers))
}

/// A count below zero, which no backend should send, is none.
fn delivered(rejected: i64, message: &str, headers: &Headers) -> Outcome {
    Outcome::Delivered {
        rejected: u64::try_from(rejected).unwrap_or_default(),
        message: reason::of_backend(message, headers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(body: &str) -> Option<(u64, String)> {
        match of_json(Signal::Metrics, body.as_bytes(), &Headers::default())? {
            Outcome::Delivered { rejected, message } => Some((rejected, message)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn counts_in_json_are_strings_or_numbers() {
        for count in ["\"3\"", "3"] {
            let body = format!(r#"{{"partialSuccess":{{"rejectedDataPoints":{count},"errorMessage":"too old"}}}}"#);
            assert_eq!(json(&body), Some((3, "too old".to_owned())));
        }
    }

    #[test]
    fn an_answer_that_says_nothing_rejects_nothing() {
        for body in ["{}", r#"{"partialSuccess":{}}"#, r#"{"partialSuccess":null}"#, r#"{"other":1}"#] {
            assert_eq!(json(body), Some((0, String::new())), "{body}");
        }
        assert!(of_protobuf(Signal::Logs, &[], &Headers::default()).is_some());
    }

    #[test]
    fn what_is_not_an_answer_is_none() {
        for body in ["", "<html>", "[]", r#"{"partialSuccess":{"rejectedDataPoints":"many"}}"#] {
            assert_eq!(json(body), None, "{body}");
        }
        assert!(of_protobuf(Signal::Metrics, b"<html>", &Headers::default()).is_none());
    }

    #[test]
    fn a_count_below_zero_is_none() {
        assert_eq!(json(r#"{"partialSuccess":{"rejectedDataPoints":"-1"}}"#), Some((0, String::new())));
    }
}
