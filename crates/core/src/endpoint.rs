//! An endpoint: the series of one method and name, whatever their outcome.

use crate::series::{SeriesKey, SeriesStats};

/// What people mean by "this request": method and name. Ordered by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointKey<'a> {
    /// The request's name.
    pub name: &'a str,
    /// The request's type.
    pub method: &'a str,
}

/// The outcomes of an endpoint and their sum.
#[derive(Debug, Default)]
pub struct EndpointStats<'a> {
    /// All outcomes together.
    pub all: SeriesStats,
    /// The requests that failed.
    pub failures: u64,
    /// Each outcome's series, in the order of the keys.
    pub outcomes: Vec<(&'a SeriesKey, &'a SeriesStats)>,
}

impl<'a> EndpointStats<'a> {
    /// Adds one outcome.
    pub(crate) fn add(&mut self, key: &'a SeriesKey, stats: &'a SeriesStats) {
        self.all.merge(stats);
        if key.is_failure() {
            self.failures += stats.requests;
        }
        self.outcomes.push((key, stats));
    }
}
