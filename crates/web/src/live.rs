//! `/api/live`: windows as they close, to any number of pages.
//!
//! ```text
//! feed ──► follow ─┬─► hub: one frame for all ─┬─► stream of one page ─► its socket
//! store ─► watch ──┤                           └─► recent windows, for pages that come back
//! store ─► notes ──┘
//! ```

pub(crate) mod follow;
pub(crate) mod frame;
pub(crate) mod hub;
mod journal;
pub(crate) mod notes;
mod replay;
mod stream;
pub(crate) mod watch;

use crate::api_error::ApiError;
use crate::app::App;
use crate::parameters::Parameters;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use frame::{Frame, Position};
use hub::Joined;
use replay::Replay;
use serde::Deserialize;
use std::sync::Arc;
use stream::LiveStream;

/// Where a page stands whose stream was cut, as its browser says.
const LAST_EVENT_ID: &str = "last-event-id";

/// What a page that has read the store already says where it stands.
#[derive(Deserialize)]
pub(crate) struct LiveQuery {
    after: Option<String>,
}

/// `GET /api/live`: the stream of one page.
///
/// A page says where it stands by `Last-Event-ID`, which browsers send when they come back, or by `?after=RUN:SEQ` when it
/// first comes; the header is the newer of the two.
pub(crate) async fn live(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Parameters<LiveQuery>,
) -> Result<Response, ApiError> {
    let joined = app.hub.join().ok_or(ApiError::TooManyListeners)?;
    let header = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default().to_owned());
    let run = joined.run.as_ref().map(hub::RunState::frame);
    let (missed, last) = match header.or(query.0.after) {
        None => (Vec::new(), None),
        Some(id) => match Position::parse(&id) {
            None => (vec![Frame::reload()], None),
            Some(after) => missed(&app, &joined, after).await?,
        },
    };
    let first = run.into_iter().chain(missed);
    let stream = LiveStream::new(joined, first, last, app.limits.heartbeat, app.end.clone());
    let body = Body::from_stream(stream.into_stream());
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], body).into_response())
}

/// What a page that stands at `after` has missed, and where it stands once it has that.
async fn missed(app: &App, joined: &Joined, after: Position) -> Result<(Vec<Frame>, Option<Position>), ApiError> {
    let replay = match replay::from_recent(&after, joined.run.as_ref(), &joined.recent) {
        Replay::AskJournal => journal::read(&app.reads, &after, &joined.recent).await?,
        found => found,
    };
    Ok(match replay {
        Replay::Windows(windows) => {
            let last = windows.iter().rev().find_map(|window| window.position.clone()).unwrap_or(after);
            (windows, Some(last))
        }
        Replay::AskJournal | Replay::Reload => (vec![Frame::reload()], None),
    })
}
