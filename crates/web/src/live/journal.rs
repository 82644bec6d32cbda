//! Windows of a page's absence that are in the store's journal.

use crate::api_error::ApiError;
use crate::live::frame::{Frame, Position};
use crate::live::replay::{self, Replay};
use crate::reads::Reads;
use std::sync::Arc;

/// Joins what the journal has after `after` with the recent windows.
pub(crate) async fn read(reads: &Arc<Reads>, after: &Position, recent: &[Frame]) -> Result<Replay, ApiError> {
    let asked = after.clone();
    let job = move |store: &locust_telemetry_store::Store| {
        let Some(run) = store.run(&asked.run_id)? else { return Ok(None) };
        let windows = run.windows_after(asked.seq)?;
        let frame = |window: locust_telemetry_store::WindowMessage| {
            Frame::window(Position::new(&window.run_id, window.seq), &window.json)
        };
        Ok(Some((windows.into_iter().map(frame).collect::<Vec<_>>(), run.row().seq)))
    };
    Ok(match reads.run(job).await? {
        Some((windows, seq)) => replay::from_journal(after, windows, seq, recent),
        None => Replay::Reload,
    })
}
