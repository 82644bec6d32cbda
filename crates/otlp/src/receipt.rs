//! Whom to tell what became of a bundle of points.

use crate::instruments::Instrument;
use std::sync::Arc;

/// A bundle's sender.
#[derive(Debug)]
pub(crate) enum Receipt {
    /// A set of attributes of an instrument.
    Set {
        /// The instrument.
        instrument: Arc<Instrument>,
        /// The set's number.
        number: usize,
        /// Whether the set ends with this.
        is_last: bool,
    },
    /// A series of requests.
    Series {
        /// The run's number.
        run: u64,
        /// The series' number.
        series: usize,
        /// Cumulative: all its requests so far. Delta: those in the point.
        requests: u64,
        /// Whether the series ends with this.
        is_last: bool,
    },
}

/// What became of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The backend has it.
    Delivered,
    /// The backend will not have it.
    Refused(String),
}
