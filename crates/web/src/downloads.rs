//! `/api/runs/ID/report` and `/api/runs/ID/export`: a run as a file.
//!
//! Such a file is megabytes large and takes a while. Few are made at a time, and a place is free again when the client
//! has taken the whole file: neither slow clients nor many of them fill the memory, and others' reads find a thread.

use crate::api_error::ApiError;
use crate::app::App;
use crate::parameters::{Parameters, RunKey};
use crate::range::RangeQuery;
use crate::run::find;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use locust_telemetry_report::{Format, ReportError, Subject, export, file_name, html};
use locust_telemetry_store::RunReader;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// What is handed to the connection at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// `GET /api/runs/ID/report?from=&to=`: the page with this run in one file.
pub(crate) async fn report(
    State(app): State<Arc<App>>,
    key: RunKey,
    Parameters(query): Parameters<RangeQuery>,
) -> Result<Response, ApiError> {
    let range = query.range()?;
    let job = move |run: &RunReader<'_>| Ok(html::encode(run, range, &mut |_| {})?.into_bytes());
    download(&app, key, "html", "text/html; charset=utf-8", job).await
}

/// In which format, and of what.
#[derive(Deserialize)]
pub(crate) struct ExportQuery {
    format: String,
    /// What the rows of a table are; endpoints without one.
    subject: Option<String>,
}

/// `GET /api/runs/ID/export?format=&subject=&from=&to=`: figures for other programs.
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    key: RunKey,
    Parameters(of): Parameters<ExportQuery>,
    Parameters(query): Parameters<RangeQuery>,
) -> Result<Response, ApiError> {
    let refused = |text: &str| ApiError::BadRequest(text.to_owned());
    let format =
        Format::from_name(&of.format).ok_or_else(|| refused("format is csv, json, parquet, markdown or svg"))?;
    let subject = Subject::from_name(of.subject.as_deref().unwrap_or(Subject::Endpoints.name()))
        .ok_or_else(|| refused("subject is endpoints, intervals or errors"))?;
    let range = query.range()?;
    let job = move |run: &RunReader<'_>| export::encode(run, range, format, subject);
    download(&app, key, format.extension(), format.content_type(), job).await
}

/// Makes a file of a run and sends it.
async fn download<J>(
    app: &App,
    RunKey(run_id): RunKey,
    extension: &'static str,
    content_type: &'static str,
    job: J,
) -> Result<Response, ApiError>
where
    J: FnOnce(&RunReader<'_>) -> Result<Vec<u8>, ReportError> + Send + 'static,
{
    let place = Arc::clone(&app.downloads).acquire_owned().await.map_err(|error| ApiError::store(&error))?;
    let job = move |store: &_| {
        let run = find(store, &run_id)?;
        let file = job(&run).map_err(|error| ApiError::store(&error))?;
        Ok((file, file_name(&run.row().testplan, &run.row().run_id, extension)))
    };
    let (file, name) = app.reads.run(job).await?;
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CONTENT_LENGTH, file.len().to_string()),
    ];
    Ok((headers, body(file.into(), place)).into_response())
}

/// The file in pieces; the place is held until the last one is taken, or the connection is gone.
fn body(file: Bytes, place: OwnedSemaphorePermit) -> Body {
    Body::from_stream(stream::unfold((file, place), async |(mut rest, place)| {
        if rest.is_empty() {
            return None;
        }
        let piece = rest.split_to(PIECE_BYTES.min(rest.len()));
        Some((Ok::<_, Infallible>(piece), (rest, place)))
    }))
}
