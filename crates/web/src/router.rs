//! Every route there is.

use crate::api_error::ApiError;
use crate::app::App;
use crate::guard::guard;
use crate::live;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use std::sync::Arc;

/// The routes, behind the guard: also what is not there is told only to who may ask.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/live", get(live::live))
        .fallback(async || ApiError::NotFound("there is nothing at this address".to_owned()))
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
        .layer(from_fn_with_state(Arc::clone(&app), guard))
        .with_state(app)
}
