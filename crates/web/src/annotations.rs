//! `POST /api/runs/ID/annotations`: notes on the time axis.

use crate::api_error::ApiError;
use crate::app::App;
use crate::json_body::JsonBody;
use crate::parameters::RunKey;
use crate::run::find;
use axum::extract::State;
use axum::http::StatusCode;
use locust_telemetry_pipeline::clock;
use locust_telemetry_store::ChangeError;
use serde::Deserialize;
use std::sync::Arc;

/// The longest text, in characters: a note, not a document.
const MAX_TEXT: usize = 1000;

/// A note as a page sends it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Annotation {
    text: String,
    /// When it is about: nanoseconds since the Unix epoch; now without one.
    time_unix_ns: Option<i64>,
}

/// Adds a note to a run; every page is told as of any other note in the store.
pub(crate) async fn annotate(
    State(app): State<Arc<App>>,
    RunKey(run_id): RunKey,
    JsonBody(annotation): JsonBody<Annotation>,
) -> Result<StatusCode, ApiError> {
    let text = annotation.text.trim().to_owned();
    if text.is_empty() || text.chars().count() > MAX_TEXT {
        return Err(ApiError::BadRequest(format!("the text of a note has 1 to {MAX_TEXT} characters")));
    }
    let time_unix_ns = annotation.time_unix_ns.unwrap_or_else(clock::now_unix_ns);
    let job = move |store: &_| {
        find(store, &run_id)?;
        store.annotate(&run_id, &text, time_unix_ns).map_err(|error| match error {
            ChangeError::Gone { .. } => ApiError::NoSuchRun,
            other => ApiError::store(&other),
        })
    };
    app.reads.run(job).await?;
    app.news_of_notes.notify_one();
    Ok(StatusCode::CREATED)
}
