//! Requests over some span of time and any number of processes: the thing that merges.

use crate::anomaly::Anomalies;
use crate::endpoint::{EndpointKey, EndpointStats};
use crate::error_messages::ErrorMessages;
use crate::folded::FoldedNames;
use crate::series::{SeriesKey, SeriesStats};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a span of time counted, by series.
///
/// Merging is associative and commutative and equals having counted everything in one place, bit for
/// bit: all figures are integers, and the order is that of the keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestAggregate {
    /// The series that gained something.
    pub series: BTreeMap<Arc<SeriesKey>, SeriesStats>,
    /// What the failed ones among their requests said.
    pub errors: ErrorMessages,
    /// What was odd.
    pub anomalies: Anomalies,
    /// Which names were folded into the overflow series.
    pub folded: FoldedNames,
}

impl RequestAggregate {
    /// Adds everything that `other` counted.
    pub fn merge(&mut self, other: &Self) {
        for (key, stats) in &other.series {
            match self.series.get_mut(key) {
                Some(mine) => mine.merge(stats),
                None => {
                    self.series.insert(Arc::clone(key), stats.clone());
                }
            }
        }
        self.errors.merge(&other.errors);
        self.anomalies.merge(&other.anomalies);
        self.folded.merge(&other.folded);
    }

    /// All requests.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.series.values().map(|stats| stats.requests).sum()
    }

    /// The requests that failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.series.iter().filter(|(key, _)| key.is_failure()).map(|(_, stats)| stats.requests).sum()
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty() && self.anomalies == Anomalies::default()
    }

    /// The series put together by endpoint (method and name), over all outcomes.
    #[must_use]
    pub fn endpoints(&self) -> BTreeMap<EndpointKey<'_>, EndpointStats<'_>> {
        let mut endpoints = BTreeMap::<EndpointKey<'_>, EndpointStats<'_>>::new();
        for (key, stats) in &self.series {
            let endpoint = EndpointKey { name: &key.name, method: &key.method };
            endpoints.entry(endpoint).or_default().add(key, stats);
        }
        endpoints
    }

    /// Everything put together as if it were one endpoint.
    #[must_use]
    pub fn total(&self) -> SeriesStats {
        let mut total = SeriesStats::default();
        self.series.values().for_each(|stats| total.merge(stats));
        total
    }
}
