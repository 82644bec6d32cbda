//! Takes what the recorder tells to the hub.

use crate::live::frame::{Frame, Position};
use crate::live::hub::Hub;
use locust_telemetry_store::{FeedItem, FeedReceiver};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// Follows the feed until nobody can tell anything any more.
pub(crate) async fn follow(mut feed: FeedReceiver, hub: Arc<Hub>) {
    loop {
        match feed.recv().await {
            Ok(item) => tell(&item, &hub),
            // The machine was too busy for this thread. Nobody knows what was among it.
            Err(RecvError::Lagged(_)) => hub.tell(Frame::reload()),
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell(item: &FeedItem, hub: &Hub) {
    match item {
        FeedItem::RunStarted { run_id } => hub.run_started(run_id),
        FeedItem::Window(message) => hub.window(Position::new(&message.run_id, message.seq), &message.json),
        FeedItem::RunEnded { run_id } => hub.run_ended(run_id),
        FeedItem::Notice(text) => hub.tell(Frame::notice(text)),
    }
}
