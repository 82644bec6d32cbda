//! Every route there is.

use crate::api_error::ApiError;
use crate::app::App;
use crate::guard::guard;
use crate::limits::MAX_BODY_BYTES;
use crate::{annotations, bundle, downloads, live, run, runs, strips};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::sync::Arc;

/// The routes, behind the guard: also what is not there is told only to who may ask.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(bundle::INDEX))
        .route("/app.js", get(bundle::SCRIPT))
        .route("/app.css", get(bundle::STYLE))
        .route("/api/live", get(live::live))
        .route("/api/runs", get(runs::runs))
        .route("/api/runs/{id}", get(run::head))
        .route("/api/runs/{id}/annotations", post(annotations::annotate))
        .route("/api/runs/{id}/errors", get(run::errors))
        .route("/api/runs/{id}/events", get(run::events))
        .route("/api/runs/{id}/export", get(downloads::export))
        .route("/api/runs/{id}/missing", get(run::missing))
        .route("/api/runs/{id}/report", get(downloads::report))
        .route("/api/runs/{id}/seconds", get(run::seconds))
        .route("/api/runs/{id}/strips", get(strips::strips))
        .route("/api/runs/{id}/windows", get(run::windows))
        .route("/api/runs/{id}/worker_seconds", get(run::worker_seconds))
        .route("/api/runs/{id}/workers", get(run::workers))
        .fallback(async || ApiError::NoSuchAddress)
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(Arc::clone(&app), guard))
        .with_state(app)
}
