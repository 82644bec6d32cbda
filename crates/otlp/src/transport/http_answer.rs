//! What an HTTP answer means for a message. Pure.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>

use std::time::SystemTime;

use http::{HeaderMap, StatusCode, header};
use prost::Message as _;
use serde_json::Value;

use super::{Outcome, partial_success, reason, retry_after};
use crate::settings::{Headers, Signal};

/// The content type of binary bodies.
pub(super) const PROTOBUF: &str = "application/x-protobuf";

/// The content type of JSON bodies.
pub(super) const JSON: &str = "application/json";

/// A whole answer as it came.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: StatusCode,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The body; 4 MiB at most. Empty if an error's could not be read.
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The content type without its parameters, in lower case; empty: none.
    fn kind(&self) -> String {
        let value = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

/// What an answer means.
pub(super) fn outcome(signal: Signal, answer: &Answer, headers: &Headers, now: SystemTime) -> Outcome {
    if answer.status.is_success() {
        return taken(signal, answer, headers);
    }
    let head = format!("HTTP {}", answer.status.as_u16());
    if answer.status.is_redirection() {
        return Outcome::refused(format!("{head}: redirects are not followed"));
    }
    let reason = reason::with_text(&head, &text(answer), headers);
    by_status(answer.status, &answer.headers, now, reason)
}

/// What a status that is no success means. Only four are for later; gRPC's proxies speak so, too.
pub(super) fn by_status(status: StatusCode, headers: &HeaderMap, now: SystemTime, reason: String) -> Outcome {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Outcome::TooLarge { reason },
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            let header = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            Outcome::Retry { after: header.and_then(|value| retry_after::read(value, now)), reason }
        }
        _ => Outcome::Refused { reason },
    }
}

/// Of a success: it must be in a form that can be read, for anything may answer with 200, such as a login page.
fn taken(signal: Signal, answer: &Answer, headers: &Headers) -> Outcome {
    let kind = answer.kind();
    let delivered = match kind.as_str() {
        _ if answer.body.is_empty() => partial_success::of_protobuf(signal, &[], headers),
        JSON => partial_success::of_json(signal, &answer.body, headers),
        PROTOBUF | "application/protobuf" => partial_success::of_protobuf(signal, &answer.body, headers),
        _ => None,
    };
    delivered.unwrap_or_else(|| {
        let head = format!("HTTP {}, but the answer is not OTLP", answer.status.as_u16());
        match kind.as_str() {
            JSON | PROTOBUF | "" => Outcome::refused(head),
            kind => Outcome::refused(reason::with_text(&head, kind, headers)),
        }
    })
}

/// `google.rpc.Status`, in which errors come, as far as it matters.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    /// What went wrong.
    #[prost(string, tag = "2")]
    message: String,
}

/// An error's text. A page is none.
fn text(answer: &Answer) -> String {
    match answer.kind().as_str() {
        PROTOBUF | "application/protobuf" => {
            RpcStatus::decode(answer.body.as_slice()).map(|status| status.message).unwrap_or_default()
        }
        JSON => {
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            body.get("message").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        "text/plain" => String::from_utf8_lossy(&answer.body).into_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
#[path = "http_answer_tests.rs"]
mod tests;
