//! A request's JSON, within bounds of size and time.

use crate::api_error::ApiError;
use crate::app::App;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use tokio::time::timeout;

/// The body, as a type.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        // A browser sends this type across origins only after asking, and is refused then.
        if !is_json(request.headers()) {
            return Err(ApiError::NotJson);
        }
        let body = timeout(app.limits.body, Bytes::from_request(request, app)).await;
        let bytes =
            body.map_err(|_| ApiError::TooSlow)?.map_err(|rejection| match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
                _ => ApiError::BadRequest("the body ended early".to_owned()),
            })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| ApiError::BadRequest(format!("the body: {error}")))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json"))
}
