//! The series of one run.

use super::series::Series;
use super::view::Views;
use crate::batch::Bundle;
use crate::flow::Span;
use crate::receipt::{Fate, Receipt};
use locust_telemetry_core::{RequestAggregate, RunIdentity, SeriesKey};
use locust_telemetry_pipeline::{Ledger, Load};
use std::collections::HashMap;
use std::sync::Arc;

/// A run of this process.
#[derive(Debug)]
pub(super) struct Run {
    number: u64,
    identity: Arc<RunIdentity>,
    ledger: Arc<Ledger>,
    series: Vec<Series>,
    numbers: HashMap<Arc<SeriesKey>, usize>,
    latest_ns: u64,
    has_ended: bool,
    /// Why the backend refused something of it, the last time.
    refusal: Option<String>,
}

impl Run {
    pub(super) fn new(number: u64, identity: &Arc<RunIdentity>, ledger: Arc<Ledger>) -> Self {
        Self {
            number,
            identity: Arc::clone(identity),
            ledger,
            series: Vec::new(),
            numbers: HashMap::new(),
            latest_ns: 0,
            has_ended: false,
            refusal: None,
        }
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn is_of(&self, identity: &RunIdentity) -> bool {
        self.identity.run_id == identity.run_id && self.identity.source_id == identity.source_id
    }

    pub(super) fn shares_ledger(&self, ledger: &Arc<Ledger>) -> bool {
        Arc::ptr_eq(&self.ledger, ledger)
    }

    pub(super) const fn latest_ns(&self) -> u64 {
        self.latest_ns
    }

    pub(super) fn add(&mut self, requests: &RequestAggregate, start_ns: u64, span: Span, views: &Views) {
        self.latest_ns = self.latest_ns.max(start_ns + 1_000_000_000);
        for (key, stats) in &requests.series {
            let number = self.numbers.get(key).copied().unwrap_or_else(|| {
                let (attributes, semantic) = views.attributes(&self.identity, key);
                self.series.push(Series::new(attributes, semantic, key.is_failure(), span, start_ns));
                self.numbers.insert(Arc::clone(key), self.series.len() - 1);
                self.series.len() - 1
            });
            self.series[number].add(stats);
        }
    }

    pub(super) fn has_id(&self, run_id: &str) -> bool {
        self.identity.run_id == run_id
    }

    /// The run is over: its series end with their next points.
    pub(super) fn end(&mut self) {
        self.has_ended = true;
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether the backend knows everything, the end included.
    pub(super) fn is_over(&self) -> bool {
        self.has_ended && self.series.iter().all(Series::is_over)
    }

    pub(super) fn bundles(&mut self, now_ns: u64, views: &Views, marks_end: bool, bundles: &mut Vec<Bundle<Receipt>>) {
        let is_last = self.has_ended;
        for (number, series) in self.series.iter_mut().enumerate().filter(|(_, series)| !series.is_over()) {
            let Some((points, requests)) = views.points(series, now_ns, is_last && marks_end) else {
                if is_last {
                    // A delta without anything new has no point to end with.
                    series.settle(0, true, &Fate::Delivered, &self.ledger);
                }
                continue;
            };
            let receipt = Receipt::Series { run: self.number, series: number, requests, is_last };
            bundles.push(Bundle { points, receipt });
        }
    }

    pub(super) fn settle(&mut self, series: usize, requests: u64, is_last: bool, fate: &Fate) {
        if let Fate::Refused(reason) = fate {
            self.refusal = Some(reason.clone());
        }
        if let Some(series) = self.series.get_mut(series) {
            series.settle(requests, is_last, fate, &self.ledger);
        }
    }

    /// Counts what the backend does not have as dropped: because it refused it, or for `reason`.
    pub(super) fn give_up(self, reason: &str) {
        let unsettled = self.series.iter().map(Series::unsettled).sum();
        self.ledger.dropped(Load::requests(unsettled), self.refusal.as_deref().unwrap_or(reason));
    }
}
