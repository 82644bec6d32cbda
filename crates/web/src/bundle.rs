//! The page's files, part of the program: built from `web/` and committed there.

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// One file.
#[derive(Clone, Copy)]
pub(crate) struct File {
    content_type: &'static str,
    bytes: &'static [u8],
}

/// `/`.
pub(crate) const INDEX: File =
    File { content_type: "text/html; charset=utf-8", bytes: include_bytes!("../../../web/dist/index.html") };

/// `/app.js`.
pub(crate) const SCRIPT: File =
    File { content_type: "text/javascript; charset=utf-8", bytes: include_bytes!("../../../web/dist/app.js") };

/// `/app.css`.
pub(crate) const STYLE: File =
    File { content_type: "text/css; charset=utf-8", bytes: include_bytes!("../../../web/dist/app.css") };

impl IntoResponse for File {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, self.content_type)], Bytes::from_static(self.bytes)).into_response()
    }
}
