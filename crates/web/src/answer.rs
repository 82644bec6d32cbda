//! JSON answers, compressed where it pays and the client takes it.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::Write;

/// Smaller bodies fit into a few packets anyway.
const MIN_GZIP_BYTES: usize = 16 * 1024;

/// A body of JSON, made where it may take its time.
pub(crate) struct JsonAnswer {
    bytes: Vec<u8>,
    is_gzip: bool,
}

impl JsonAnswer {
    /// Writes a value. Takes some 10 ms for a megabyte: not for the server's thread.
    pub(crate) fn new(value: &Value, takes_gzip: bool) -> Self {
        Self::of_text(value.to_string(), takes_gzip)
    }

    /// Takes JSON that is text already.
    pub(crate) fn of_text(json: String, takes_gzip: bool) -> Self {
        let json = json.into_bytes();
        if takes_gzip && json.len() >= MIN_GZIP_BYTES {
            let mut encoder = GzEncoder::new(Vec::with_capacity(json.len() / 4), Compression::fast());
            if let Ok(bytes) = encoder.write_all(&json).and_then(|()| encoder.finish()) {
                return Self { bytes, is_gzip: true };
            }
        }
        Self { bytes: json, is_gzip: false }
    }
}

impl IntoResponse for JsonAnswer {
    fn into_response(self) -> Response {
        let mut response = Body::from(self.bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.is_gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// Whether a client takes gzip.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()) == Some(0.0);
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn large_json_is_compressed_for_those_who_take_it() {
        let json = "7".repeat(MIN_GZIP_BYTES);
        let answer = JsonAnswer::of_text(json.clone(), true);
        let mut decoded = String::new();
        GzDecoder::new(&answer.bytes[..]).read_to_string(&mut decoded).unwrap();
        assert!(answer.is_gzip && decoded == json);
        assert!(!JsonAnswer::of_text(json.clone(), false).is_gzip);
        assert!(!JsonAnswer::of_text(json[1..].to_owned(), true).is_gzip);
    }

    #[test]
    fn a_client_takes_gzip_only_if_it_says_so() {
        let takes =
            |text| takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]));
        assert!(takes("gzip") && takes("br, GZIP;q=0.5") && takes("deflate,gzip ; q=1"));
        assert!(!takes("") && !takes("br") && !takes("gzip;q=0") && !takes("gzip; q=0.0") && !takes("x-gzip"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
