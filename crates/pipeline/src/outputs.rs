//! Where windows and records go: the recorders' lanes and the subscriptions.

use crate::lane::{FlushTicket, Lane};
use crate::ledger::Ledger;
use crate::recorder::{Record, RunWindow};
use crate::subscription::Subscription;
use locust_telemetry_core::{RunIdentity, RunSpan};
use std::sync::Arc;

/// All of them. The engine's lock on this is never held while windows are worked on, so that a record never waits for
/// them.
#[derive(Default)]
pub(crate) struct Outputs {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) subscriptions: Vec<Arc<Subscription>>,
}

impl Outputs {
    /// Hands a window to everybody.
    pub(crate) fn offer(&self, window: &Arc<RunWindow>) {
        self.lanes.iter().for_each(|lane| lane.offer_window(window));
        self.subscriptions.iter().for_each(|subscription| subscription.offer(window));
    }

    /// Hands a record to the recorders that take them.
    pub(crate) fn offer_record(&self, record: &Arc<Record>) {
        self.lanes.iter().for_each(|lane| lane.offer_record(record));
    }

    /// Tells every recorder that the books of a run are closed.
    pub(crate) fn end_run(&self, run: &Arc<RunIdentity>, span: RunSpan) {
        self.lanes.iter().for_each(|lane| lane.end_run(run, span));
    }

    /// Asks every recorder to pass on all it has.
    pub(crate) fn flush(&self) -> Vec<FlushTicket> {
        self.lanes.iter().map(Lane::flush).collect()
    }

    /// The books of every recorder and subscriber, by id.
    pub(crate) fn ledgers(&self) -> impl Iterator<Item = (&str, &Ledger)> {
        let lanes = self.lanes.iter().map(|lane| (lane.id(), lane.ledger()));
        lanes.chain(self.subscriptions.iter().map(|subscription| (subscription.id(), subscription.ledger())))
    }
}
