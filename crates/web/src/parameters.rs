//! What a request's address says: the query and the run, with errors as JSON.

use crate::api_error::ApiError;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The longest run id that is looked up, in bytes.
const MAX_KEY_BYTES: usize = 512;

/// The query. Parameters that a route does not know are passed over.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(query)| Self(query)).map_err(|error| ApiError::BadRequest(error.body_text()))
    }
}

/// The run that an address names. Only ever looked up.
pub(crate) struct RunKey(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for RunKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(key)) if key.len() <= MAX_KEY_BYTES => Ok(Self(key)),
            _ => Err(ApiError::NoSuchRun),
        }
    }
}
