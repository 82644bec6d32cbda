//! Why a request has no answer, as `{"error": "text"}`.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use locust_telemetry_report::with_causes;
use locust_telemetry_store::ReadError;
use serde_json::json;
use std::error::Error;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// Ask for something else.
    #[error("there is nothing at this address")]
    NoSuchAddress,
    /// Look at the list of runs.
    #[error("there is no such run")]
    NoSuchRun,
    /// Correct the request.
    #[error("{0}")]
    BadRequest(String),
    /// Use another method.
    #[error("this address does not take this method")]
    WrongMethod,
    /// Send less.
    #[error("the body is larger than allowed")]
    TooLarge,
    /// Send JSON and say so.
    #[error("the body must be JSON (content-type: application/json)")]
    NotJson,
    /// Send it faster.
    #[error("the body took too long")]
    TooSlow,
    /// Ask under the name that the program printed.
    #[error("the live page does not go by this name; open it as localhost")]
    ForeignHost,
    /// Open the page itself.
    #[error("other sites' pages may not use the live page")]
    ForeignOrigin,
    /// Open the link that has the token.
    #[error("the live page needs its token: open the link that was printed when it started")]
    TokenNeeded,
    /// Close other pages.
    #[error("too many pages follow this run already")]
    TooManyListeners,
    /// Look at the store; asking again may help.
    #[error("{0}")]
    Store(String),
}

impl ApiError {
    /// Trouble with the store, with its causes.
    pub(crate) fn store(error: &dyn Error) -> Self {
        Self::Store(with_causes(error))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchAddress | Self::NoSuchRun => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::ForeignHost | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::TokenNeeded => StatusCode::UNAUTHORIZED,
            Self::TooManyListeners | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        Self::store(&error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.to_string() }).to_string();
        (self.status(), [("content-type", "application/json")], body).into_response()
    }
}
