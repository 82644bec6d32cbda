//! `/api/runs/ID` and what is below it but strips: one run in JSON.

use crate::answer::{JsonAnswer, takes_gzip};
use crate::api_error::ApiError;
use crate::app::App;
use crate::parameters::{Parameters, RunKey};
use crate::range::RangeQuery;
use axum::extract::State;
use axum::http::HeaderMap;
use locust_telemetry_report::Missing;
use locust_telemetry_store::{ErrorRow, EventRow, RunReader, Store};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What handlers of this file answer with.
type Answer = Result<JsonAnswer, ApiError>;

/// `GET /api/runs/ID`: all of a run but its seconds.
pub(crate) async fn head(State(app): State<Arc<App>>, headers: HeaderMap, key: RunKey) -> Answer {
    read(&app, &headers, key, |run| Ok(run.head()?)).await
}

/// `GET /api/runs/ID/seconds?from=&to=`: columns by second.
pub(crate) async fn seconds(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    key: RunKey,
    Parameters(query): Parameters<RangeQuery>,
) -> Answer {
    let range = query.range()?;
    read(&app, &headers, key, move |run| Ok(run.seconds(range)?.to_json())).await
}

/// `GET /api/runs/ID/errors?from=&to=`: what failed requests said, the most frequent first.
pub(crate) async fn errors(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    key: RunKey,
    Parameters(query): Parameters<RangeQuery>,
) -> Answer {
    let range = query.range()?;
    let job = move |run: &RunReader<'_>| {
        let errors: Vec<Value> = run.errors(range)?.iter().map(ErrorRow::to_json).collect();
        Ok(json!({ "errors": errors }))
    };
    read(&app, &headers, key, job).await
}

/// `GET /api/runs/ID/events?from=&to=`: what happened and what people noted, in the order of time.
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    key: RunKey,
    Parameters(query): Parameters<RangeQuery>,
) -> Answer {
    let range = query.range()?;
    let job = move |run: &RunReader<'_>| {
        let events: Vec<Value> = run.events(range)?.iter().map(EventRow::to_json).collect();
        Ok(json!({ "events": events }))
    };
    read(&app, &headers, key, job).await
}

/// `GET /api/runs/ID/workers`: their ids and names.
pub(crate) async fn workers(State(app): State<Arc<App>>, headers: HeaderMap, key: RunKey) -> Answer {
    let job = |run: &RunReader<'_>| {
        let workers: Vec<Value> = (0_u32..).zip(run.workers()?).map(|(id, source_id)| json!([id, source_id])).collect();
        Ok(json!({ "workers": workers }))
    };
    read(&app, &headers, key, job).await
}

/// `GET /api/runs/ID/missing`: when workers were missing, of the whole run.
pub(crate) async fn missing(State(app): State<Arc<App>>, headers: HeaderMap, key: RunKey) -> Answer {
    let job = |run: &RunReader<'_>| {
        let missing: Vec<Value> = Missing::read(run, &run.snapped(None)?)?.iter().map(Missing::to_json).collect();
        Ok(json!({ "missing": missing }))
    };
    read(&app, &headers, key, job).await
}

/// Of which worker; of all without one.
#[derive(Deserialize)]
pub(crate) struct WorkerQuery {
    worker: Option<u32>,
}

/// `GET /api/runs/ID/worker_seconds?worker=&from=&to=`: columns by worker and second.
pub(crate) async fn worker_seconds(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    key: RunKey,
    Parameters(of): Parameters<WorkerQuery>,
    Parameters(query): Parameters<RangeQuery>,
) -> Answer {
    let range = query.range()?;
    read(&app, &headers, key, move |run| Ok(run.worker_seconds(of.worker, range)?.to_json())).await
}

/// Behind which window.
#[derive(Deserialize)]
pub(crate) struct WindowsQuery {
    after: Option<u64>,
}

/// `GET /api/runs/ID/windows?after=SEQ`: the messages of windows that are not sealed yet, as they were made.
pub(crate) async fn windows(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RunKey(run_id): RunKey,
    Parameters(query): Parameters<WindowsQuery>,
) -> Answer {
    let gzip = takes_gzip(&headers);
    let job = move |store: &Store| {
        let windows = find(store, &run_id)?.windows_after(query.after.unwrap_or(0))?;
        let messages: Vec<String> = windows.into_iter().map(|window| window.json).collect();
        // Not parsed: a page gets the same bytes here and live.
        Ok(JsonAnswer::of_text(format!(r#"{{"windows":[{}]}}"#, messages.join(",")), gzip))
    };
    app.reads.run(job).await
}

/// Reads something of a run.
async fn read<J>(app: &App, headers: &HeaderMap, RunKey(run_id): RunKey, job: J) -> Answer
where
    J: FnOnce(&RunReader<'_>) -> Result<Value, ApiError> + Send + 'static,
{
    let gzip = takes_gzip(headers);
    app.reads.run(move |store| Ok(JsonAnswer::new(&job(&find(store, &run_id)?)?, gzip))).await
}

/// The run of this very id.
pub(crate) fn find<'a>(store: &'a Store, run_id: &str) -> Result<RunReader<'a>, ApiError> {
    store.run(run_id)?.ok_or(ApiError::NoSuchRun)
}
