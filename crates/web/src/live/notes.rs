//! Notes of any process: pages, the command line, this one. All that they share is the store.

use crate::api_error::ApiError;
use crate::live::frame::Frame;
use crate::live::hub::Hub;
use crate::reads::Reads;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How soon a page shows what another process has written.
const EVERY: Duration = Duration::from_secs(1);

/// Tells pages of notes behind the event `last`, until the server ends: at once where `news` says so, or within a second.
/// While nobody listens nothing is read; who listens next is told of everything since.
pub(crate) async fn watch(reads: Arc<Reads>, hub: Arc<Hub>, news: Arc<Notify>, mut last: i64) {
    loop {
        let _ = timeout(EVERY, news.notified()).await;
        if !hub.is_heard() {
            continue;
        }
        let look = move |store: &locust_telemetry_store::Store| Ok::<_, ApiError>(store.annotated_after(last)?);
        // What cannot be read now may be readable at the next look; requests tell why not.
        let Ok(found) = reads.run(look).await else { continue };
        last = found.last_event;
        found.run_ids.iter().for_each(|run_id| hub.tell(Frame::annotation(run_id)));
    }
}
