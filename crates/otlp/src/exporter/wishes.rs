//! Wishes to flush or to end, on their way to a loop.

use locust_telemetry_pipeline::FlushTicket;
use std::time::Instant;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// One wish. Its ticket is finished when it is dropped, whatever became of it.
#[derive(Debug)]
pub(super) struct Wish {
    /// When it is too late.
    pub(super) deadline: Instant,
    /// Whether the loop ends with it.
    pub(super) is_last: bool,
    ticket: FlushTicket,
}

impl Wish {
    pub(super) fn new(deadline: Instant, is_last: bool) -> Self {
        Self { deadline, is_last, ticket: FlushTicket::default() }
    }
}

impl Drop for Wish {
    fn drop(&mut self) {
        self.ticket.finish();
    }
}

/// Where a loop hears of wishes.
pub(super) struct Wishes(UnboundedSender<Wish>);

impl Wishes {
    /// Passes a wish on; a loop that has ended drops it, which finishes its ticket.
    pub(super) fn tell(&self, wish: Wish) -> FlushTicket {
        let ticket = wish.ticket.clone();
        // The wish comes back in the error and is dropped with it.
        drop(self.0.send(wish));
        ticket
    }
}

/// Opens a way to a loop.
pub(super) fn open(heard: &mut Vec<Wishes>) -> UnboundedReceiver<Wish> {
    let (sender, receiver) = unbounded_channel();
    heard.push(Wishes(sender));
    receiver
}
