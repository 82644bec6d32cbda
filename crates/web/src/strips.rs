//! `/api/runs/ID/strips`: the bulk of a run, as the store keeps it.
//!
//! An hour of 500 endpoints is tens of megabytes. It is read piece by piece as the client takes it: a slow one costs a
//! piece of memory, and no thread.

use crate::api_error::ApiError;
use crate::app::App;
use crate::parameters::{Parameters, RunKey};
use crate::range::RangeQuery;
use crate::reads::Reads;
use crate::run::find;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use locust_telemetry_store::Kind;
use locust_telemetry_store::strip::{LEVELS_S, SLOTS};
use serde::Deserialize;
use std::ops::Range;
use std::sync::Arc;

/// A piece is sent once it has this many bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// More subjects than this are asked for by asking for all.
const MAX_SUBJECTS: usize = 1000;

/// Which strips.
#[derive(Deserialize)]
pub(crate) struct StripsQuery {
    kind: String,
    slot_s: i64,
    /// Ids with commas in between.
    subject: Option<String>,
}

/// `GET /api/runs/ID/strips?kind=&slot_s=&subject=&from=&to=`: a container of strips.
pub(crate) async fn strips(
    State(app): State<Arc<App>>,
    RunKey(run_id): RunKey,
    Parameters(query): Parameters<StripsQuery>,
    Parameters(range): Parameters<RangeQuery>,
) -> Result<Response, ApiError> {
    let range = range.range()?;
    let mut rest = Rest { run_id, wanted: Wanted::of(&query)?, left: 0..0, reads: Arc::clone(&app.reads) };
    rest.left = rest.begin(range).await?;
    // The first piece decides the status.
    let first = rest.piece().await?;
    let body = Body::from_stream(pieces(first, rest));
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response())
}

/// What is asked for, apart from the time.
#[derive(Clone)]
struct Wanted {
    kind: Kind,
    slot_s: i64,
    subjects: Option<Vec<u32>>,
}

impl Wanted {
    fn of(query: &StripsQuery) -> Result<Self, ApiError> {
        let refused = |text: &str| ApiError::BadRequest(text.to_owned());
        let kind = Kind::from_name(&query.kind).ok_or_else(|| refused("kind is total, series or worker"))?;
        if !LEVELS_S.contains(&query.slot_s) {
            return Err(refused("slot_s is 1, 60 or 3600"));
        }
        let ids = |text: &str| text.split(',').map(|id| id.parse().ok()).collect::<Option<Vec<u32>>>();
        let subjects = match &query.subject {
            None => None,
            Some(text) => Some(ids(text).ok_or_else(|| refused("subject is a list of ids with commas in between"))?),
        };
        if subjects.as_ref().is_some_and(|subjects| subjects.len() > MAX_SUBJECTS) {
            return Err(refused("subject has more than 1000 ids; leave it out for all"));
        }
        Ok(Self { kind, slot_s: query.slot_s, subjects })
    }

    /// How many seconds a strip spans. One begins at each multiple.
    fn span_s(&self) -> i64 {
        SLOTS as i64 * self.slot_s
    }
}

/// What is still to be read.
struct Rest {
    run_id: String,
    wanted: Wanted,
    /// Begins where a strip does.
    left: Range<i64>,
    reads: Arc<Reads>,
}

impl Rest {
    /// Where to begin and end: the range within the run.
    async fn begin(&self, range: Option<Range<i64>>) -> Result<Range<i64>, ApiError> {
        let (run_id, span_s) = (self.run_id.clone(), self.wanted.span_s());
        let job = move |store: &_| {
            let run = find(store, &run_id)?;
            let (Some(first), Some(last)) = (run.row().first_s, run.row().last_s) else { return Ok(0..0) };
            let range = range.unwrap_or(first..last + 1);
            let range = range.start.max(first)..range.end.min(last + 1);
            if range.is_empty() {
                return Ok(0..0);
            }
            Ok(range.start.div_euclid(span_s) * span_s..range.end)
        };
        self.reads.run(job).await
    }

    /// Reads the next piece; empty at the end.
    async fn piece(&mut self) -> Result<Bytes, ApiError> {
        let (run_id, wanted, mut left) = (self.run_id.clone(), self.wanted.clone(), self.left.clone());
        let job = move |store: &_| {
            let run = find(store, &run_id)?;
            let mut piece = Vec::new();
            while piece.len() < PIECE_BYTES && !left.is_empty() {
                let next = (left.start + wanted.span_s()).min(left.end);
                piece.extend(run.strips(
                    wanted.kind,
                    wanted.slot_s,
                    wanted.subjects.as_deref(),
                    Some(left.start..next),
                )?);
                left.start = next;
            }
            Ok((piece, left))
        };
        let (piece, left) = self.reads.run(job).await?;
        self.left = left;
        Ok(piece.into())
    }
}

/// The pieces, from the first on. An error later on cuts the answer off, which the client sees.
fn pieces(first: Bytes, rest: Rest) -> impl Stream<Item = Result<Bytes, ApiError>> {
    let later = stream::try_unfold(rest, |mut rest| async move {
        let piece = rest.piece().await?;
        Ok((!piece.is_empty()).then_some((piece, rest)))
    });
    stream::iter([Ok(first)]).chain(later)
}
