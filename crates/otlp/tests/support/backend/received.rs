//! A request as it came, and its message.

use std::io::Read;

use flate2::read::GzDecoder;
use hyper::{HeaderMap, http::request};
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
};

/// The form of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// gRPC.
    Grpc,
    /// HTTP with a binary body.
    Protobuf,
    /// HTTP with JSON.
    Json,
}

/// A request that came in whole.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its form.
    pub form: Form,
    /// The path, or the whole URL if it came as to a proxy.
    pub target: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// The bytes of its message on the way.
    pub sent_bytes: usize,
    /// The bytes of its message, not compressed.
    pub message_bytes: usize,
    /// The number of its connection, from 1.
    pub connection: usize,
}

/// A decoded message.
#[derive(Debug)]
pub enum Decoded {
    /// Metrics.
    Metrics(ExportMetricsServiceRequest),
    /// Logs.
    Logs(ExportLogsServiceRequest),
}

/// Reads a request.
pub fn read(connection: usize, head: &request::Parts, body: &[u8]) -> Result<(Received, Decoded), String> {
    let field = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = match field("content-type") {
        "application/grpc" => Form::Grpc,
        "application/x-protobuf" => Form::Protobuf,
        "application/json" => Form::Json,
        other => return Err(format!("content type {other:?}")),
    };
    let (is_gzip, sent) = match form {
        Form::Grpc => grpc_message(body, field("grpc-encoding"))?,
        _ => (field("content-encoding") == "gzip", body),
    };
    let mut message = Vec::new();
    if is_gzip {
        GzDecoder::new(sent).read_to_end(&mut message).map_err(|error| format!("gzip: {error}"))?;
    } else {
        message.extend_from_slice(sent);
    }
    let path = head.uri.path();
    let is_metrics = path.ends_with("/v1/metrics") || path.ends_with(".metrics.v1.MetricsService/Export");
    let is_logs = path.ends_with("/v1/logs") || path.ends_with(".logs.v1.LogsService/Export");
    let decoded = match (is_metrics, is_logs, form) {
        (true, _, Form::Json) => Decoded::Metrics(json(&message)?),
        (_, true, Form::Json) => Decoded::Logs(json(&message)?),
        (true, ..) => Decoded::Metrics(protobuf(&message)?),
        (_, true, _) => Decoded::Logs(protobuf(&message)?),
        _ => return Err(format!("path {path}")),
    };
    let received = Received {
        form,
        target: head.uri.to_string(),
        headers: head.headers.clone(),
        sent_bytes: sent.len(),
        message_bytes: message.len(),
        connection,
    };
    Ok((received, decoded))
}

/// Decodes the binary form.
fn protobuf<T: prost::Message + Default>(bytes: &[u8]) -> Result<T, String> {
    T::decode(bytes).map_err(|error| error.to_string())
}

/// Decodes JSON.
fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// The one message of a gRPC request, and whether it is compressed.
fn grpc_message<'a>(body: &'a [u8], encoding: &str) -> Result<(bool, &'a [u8]), String> {
    let (prefix, message) = body.split_at_checked(5).ok_or("no gRPC prefix")?;
    let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]);
    if message.len() != length as usize {
        return Err(format!("gRPC length {length} of {}", message.len()));
    }
    match (prefix[0], encoding) {
        (0, _) => Ok((false, message)),
        (1, "gzip") => Ok((true, message)),
        (flag, encoding) => Err(format!("gRPC flag {flag} with encoding {encoding:?}")),
    }
}
