//! What a gRPC answer means for a message. Pure.
//!
//! Codes that are retried: <https://opentelemetry.io/docs/specs/otlp/#failures>. What an HTTP status without a gRPC
//! status means: <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>.

use std::time::{Duration, SystemTime};

use base64::{Engine, alphabet, engine::DecodePaddingMode, engine::GeneralPurpose, engine::GeneralPurposeConfig};
use http::{HeaderMap, StatusCode, header};
use percent_encoding::percent_decode;
use prost::Message as _;

use super::{Outcome, body::GRPC_PREFIX_BYTES, http_answer, partial_success, reason};
use crate::settings::{Headers, Signal};

/// A whole answer as it came.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// HTTP's status.
    pub(super) http_status: StatusCode,
    /// What came before the body. A refusal has its gRPC status here.
    pub(super) headers: HeaderMap,
    /// The message with its prefix; 4 MiB at most.
    pub(super) body: Vec<u8>,
    /// What came after the body; usually the gRPC status.
    pub(super) trailers: HeaderMap,
}

impl Answer {
    /// A field of the status, wherever it is.
    fn field(&self, name: &str) -> Option<&[u8]> {
        self.trailers.get(name).or_else(|| self.headers.get(name)).map(http::HeaderValue::as_bytes)
    }

    /// Whether a gRPC status has come.
    pub(super) fn has_status(&self) -> bool {
        self.field("grpc-status").is_some()
    }

    /// The number of the status; one that is no number is UNKNOWN (2), as gRPC has it.
    fn code(&self) -> Option<u8> {
        let code = self.field("grpc-status")?;
        Some(std::str::from_utf8(code).ok().and_then(|code| code.parse().ok()).unwrap_or(2))
    }

    /// The backend's text, percent-decoded.
    fn message(&self) -> String {
        percent_decode(self.field("grpc-message").unwrap_or_default()).decode_utf8_lossy().into_owned()
    }

    /// The wait that the backend asks for in its details.
    fn retry_delay(&self) -> Option<Duration> {
        let details = BASE64.decode(self.field("grpc-status-details-bin")?).ok()?;
        let details = RpcStatus::decode(details.as_slice()).ok()?.details;
        let info = details.iter().find(|detail| detail.type_url.ends_with("google.rpc.RetryInfo"))?;
        let delay = RetryInfo::decode(info.value.as_slice()).ok()?.retry_delay?;
        Some(Duration::new(u64::try_from(delay.seconds).ok()?, u32::try_from(delay.nanos).ok()?))
    }
}

/// gRPC's binary fields come with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `google.rpc.Status`, as far as it matters.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    /// Further messages about the error.
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, prost::Message)]
struct Detail {
    /// The type of the message.
    #[prost(string, tag = "1")]
    type_url: String,
    /// The message.
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    /// The wait.
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, prost::Message)]
struct Delay {
    /// Whole seconds.
    #[prost(int64, tag = "1")]
    seconds: i64,
    /// Nanoseconds more.
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// What an answer means.
pub(super) fn outcome(signal: Signal, answer: &Answer, headers: &Headers, now: SystemTime) -> Outcome {
    match answer.code() {
        Some(0) => taken(signal, answer, headers),
        Some(code) => failed(code, answer, headers),
        None if answer.http_status != StatusCode::OK => {
            let reason = format!("HTTP {} instead of gRPC", answer.http_status.as_u16());
            http_answer::by_status(answer.http_status, &answer.headers, now, reason)
        }
        None if is_grpc(answer) => Outcome::retry("connection closed without an answer"),
        None => Outcome::refused("the answer is not gRPC"),
    }
}

/// Whether the answer says that it is gRPC.
fn is_grpc(answer: &Answer) -> bool {
    let kind = answer.headers.get(header::CONTENT_TYPE).map_or(&[][..], http::HeaderValue::as_bytes);
    kind.starts_with(b"application/grpc")
}

/// Of a status that says OK: there must be one message, not compressed since nobody asked for that, or none.
fn taken(signal: Signal, answer: &Answer, headers: &Headers) -> Outcome {
    let message = match answer.body.split_at_checked(GRPC_PREFIX_BYTES) {
        None if answer.body.is_empty() => Some(&[][..]),
        Some(([0, length @ ..], message)) => {
            let length = length.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
            (message.len() == length).then_some(message)
        }
        _ => None,
    };
    message
        .and_then(|message| partial_success::of_protobuf(signal, message, headers))
        .unwrap_or_else(|| Outcome::refused("the answer is not OTLP"))
}

/// Of any other status.
fn failed(code: u8, answer: &Answer, headers: &Headers) -> Outcome {
    let name = NAMES.get(usize::from(code)).copied().unwrap_or("UNKNOWN");
    let message = answer.message();
    let reason = reason::with_text(&format!("gRPC {name}"), &message, headers);
    let after = answer.retry_delay();
    match name {
        "RESOURCE_EXHAUSTED" if after.is_none() && is_about_size(&message) => Outcome::TooLarge { reason },
        "RESOURCE_EXHAUSTED" if after.is_none() => Outcome::Refused { reason },
        "OUT_OF_RANGE" if is_about_size(&message) => Outcome::TooLarge { reason },
        "RESOURCE_EXHAUSTED" | "CANCELLED" | "DEADLINE_EXCEEDED" | "ABORTED" | "OUT_OF_RANGE" | "UNAVAILABLE"
        | "DATA_LOSS" => Outcome::Retry { after, reason },
        _ => Outcome::Refused { reason },
    }
}

/// Whether a text complains about a message's size. gRPC has no code for that; these are the words of grpc-go and
/// grpc-core ("larger than max"), grpc-java ("exceeds maximum size"), grpc-dotnet ("exceeds the maximum configured
/// message size") and tonic ("message length too large").
fn is_about_size(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["larger than max", "exceeds maximum size", "exceeds the maximum", "length too large", "message too large"]
        .iter()
        .any(|words| message.contains(words))
}

/// gRPC's codes by number.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

#[cfg(test)]
#[path = "grpc_answer_tests.rs"]
mod tests;
