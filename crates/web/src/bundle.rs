//! The page's files as answers.

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use locust_telemetry_report::page;

/// One file.
#[derive(Clone, Copy)]
pub(crate) struct File {
    content_type: &'static str,
    bytes: &'static [u8],
}

/// `/`.
pub(crate) const INDEX: File = File { content_type: "text/html; charset=utf-8", bytes: page::DOCUMENT.as_bytes() };

/// `/app.js`.
pub(crate) const SCRIPT: File = File { content_type: "text/javascript; charset=utf-8", bytes: page::SCRIPT.as_bytes() };

/// `/app.css`.
pub(crate) const STYLE: File = File { content_type: "text/css; charset=utf-8", bytes: page::STYLE.as_bytes() };

impl IntoResponse for File {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, self.content_type)], Bytes::from_static(self.bytes)).into_response()
    }
}
