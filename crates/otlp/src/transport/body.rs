//! The bytes of a request.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};
use prost::{Message as _, bytes::Bytes};

use super::{Message, json};

/// The bytes of gRPC's prefix: whether the message is compressed, and its length.
pub(super) const GRPC_PREFIX_BYTES: usize = 5;

/// The binary form.
fn protobuf(message: &Message) -> Vec<u8> {
    match message {
        Message::Metrics(request) => request.encode_to_vec(),
        Message::Logs(request) => request.encode_to_vec(),
    }
}

/// A body for HTTP.
pub(super) fn for_http(message: &Message, is_json: bool, gzip: bool) -> io::Result<Vec<u8>> {
    let body = match message {
        _ if !is_json => protobuf(message),
        Message::Metrics(request) => json::encode(request)?,
        Message::Logs(request) => json::encode(request)?,
    };
    if gzip { compressed(Vec::new(), &body) } else { Ok(body) }
}

/// A body for gRPC: the message behind its prefix.
pub(super) fn for_grpc(message: &Message, gzip: bool) -> io::Result<Bytes> {
    let message = protobuf(message);
    let mut body = vec![0; GRPC_PREFIX_BYTES];
    if gzip {
        body = compressed(body, &message)?;
    } else {
        body.extend_from_slice(&message);
    }
    let length = u32::try_from(body.len() - GRPC_PREFIX_BYTES).map_err(io::Error::other)?;
    body[0] = u8::from(gzip);
    body[1..GRPC_PREFIX_BYTES].copy_from_slice(&length.to_be_bytes());
    Ok(body.into())
}

/// Appends compressed bytes.
fn compressed(to: Vec<u8>, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(to, Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}
