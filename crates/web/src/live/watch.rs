//! Where this process records nothing: looks for what another one writes to the store, while somebody listens.

use crate::api_error::ApiError;
use crate::live::frame::Position;
use crate::live::hub::Hub;
use crate::reads::Reads;
use crate::run::find;
use crate::runs::newest_running;
use locust_telemetry_store::{Store, WindowMessage};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// As often as windows close.
const EVERY: Duration = Duration::from_secs(1);

/// Watches until the server ends.
pub(crate) async fn watch(reads: Arc<Reads>, hub: Arc<Hub>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last: Option<Position> = None;
    loop {
        ticks.tick().await;
        if hub.is_heard() {
            let followed = last.clone();
            // What cannot be read now may be readable at the next look; requests tell why not.
            if let Ok(news) = reads.run(move |store| look(store, followed)).await {
                tell(&hub, &mut last, news);
            }
        }
    }
}

/// The run that is on, and its windows behind `followed`; those of a new run from now on.
fn look(store: &Store, followed: Option<Position>) -> Result<Option<(Position, Vec<WindowMessage>)>, ApiError> {
    let Some(run_id) = newest_running(store)? else { return Ok(None) };
    let run = find(store, &run_id)?;
    let from = followed.filter(|followed| *followed.run_id == run_id);
    let from = from.unwrap_or_else(|| Position::new(&run_id, run.row().seq));
    let windows = run.windows_after(from.seq)?;
    Ok(Some((from, windows)))
}

fn tell(hub: &Hub, last: &mut Option<Position>, news: Option<(Position, Vec<WindowMessage>)>) {
    let run_id = |position: &Position| Arc::clone(&position.run_id);
    let (before, now) = (last.as_ref().map(run_id), news.as_ref().map(|(from, _)| run_id(from)));
    if before != now {
        before.iter().for_each(|run_id| hub.run_ended(run_id));
        now.iter().for_each(|run_id| hub.run_started(run_id));
    }
    *last = news.map(|(from, windows)| {
        windows.into_iter().fold(from, |_, window| {
            let position = Position::new(&window.run_id, window.seq);
            hub.window(position.clone(), &window.json);
            position
        })
    });
}
