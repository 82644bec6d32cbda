//! `/api/runs`: which runs there are.

use crate::answer::{JsonAnswer, takes_gzip};
use crate::api_error::ApiError;
use crate::app::App;
use crate::parameters::Parameters;
use axum::extract::State;
use axum::http::HeaderMap;
use locust_telemetry_store::{RunFilter, RunRow, RunState, Store};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many runs are listed unless fewer are asked for.
const MAX_RUNS: usize = 500;

/// How far back a run of another process is looked for that is on.
const NEWEST: usize = 20;

/// What a run's head has and no list needs.
const HEAD_ONLY: [&str; 4] = ["facts", "metadata", "summary", "reconciliation"];

/// Which runs to list.
#[derive(Deserialize)]
pub(crate) struct RunsQuery {
    testplan: Option<String>,
    search: Option<String>,
    limit: Option<usize>,
}

/// `GET /api/runs?testplan=&search=&limit=`: the newest first, and the one that is on.
pub(crate) async fn runs(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Parameters(query): Parameters<RunsQuery>,
) -> Result<JsonAnswer, ApiError> {
    let (gzip, own) = (takes_gzip(&headers), app.hub.run());
    let job = move |store: &Store| {
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        let filter = RunFilter {
            testplan: text(query.testplan),
            search: text(query.search),
            limit: Some(query.limit.unwrap_or(MAX_RUNS).min(MAX_RUNS)),
        };
        let current = match own.filter(|run| run.is_running) {
            Some(run) => Some(run.run_id.to_string()),
            None => newest_running(store)?,
        };
        let runs: Vec<Value> = store.runs(&filter)?.iter().map(listed).collect();
        Ok(JsonAnswer::new(&json!({ "runs": runs, "current": current }), gzip))
    };
    app.reads.run(job).await
}

/// A run that some process records into this store.
pub(crate) fn newest_running(store: &Store) -> Result<Option<String>, ApiError> {
    let newest = store.runs(&RunFilter { limit: Some(NEWEST), ..RunFilter::default() })?;
    Ok(newest.into_iter().find(|run| run.state == RunState::Running).map(|run| run.run_id))
}

fn listed(run: &RunRow) -> Value {
    let mut row = run.to_json();
    if let Value::Object(fields) = &mut row {
        fields.retain(|name, _| !HEAD_ONLY.contains(&name.as_str()));
    }
    row
}
