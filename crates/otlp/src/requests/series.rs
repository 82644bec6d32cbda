//! One series of requests and how much of it the backend has.

use crate::flow::{Flow, Gain, Span};
use crate::receipt::Fate;
use locust_telemetry_core::SeriesStats;
use locust_telemetry_pipeline::{Ledger, Load};
use opentelemetry_proto::tonic::common::v1::KeyValue;

impl Gain for SeriesStats {
    fn gain(&mut self, other: &Self) {
        self.merge(other);
    }

    fn is_nothing(&self) -> bool {
        self.requests == 0
    }
}

/// Whether the backend knows one metric of a series, and whether it was told of it last.
#[derive(Debug, Default)]
pub(super) struct Birth {
    is_born: bool,
    is_told: bool,
}

impl Birth {
    /// What to tell of a point that counts `requests`.
    pub(super) fn tell(&mut self, span: Span, requests: u64) -> Telling {
        self.is_told = requests > 0;
        match (self.is_told, span) {
            (false, _) => Telling::Nothing,
            (true, Span::Cumulative) if !self.is_born => Telling::ZeroAndValue,
            (true, _) => Telling::Value,
        }
    }

    fn settle(&mut self, is_delivered: bool) {
        self.is_born |= is_delivered && self.is_told;
    }
}

/// What is told of one metric of a series now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// Nothing has come.
    Nothing,
    /// Its value.
    Value,
    /// A zero, and its value: a total whose first value would else be taken for no increase at all.
    ZeroAndValue,
}

/// A series.
#[derive(Debug)]
pub(super) struct Series {
    /// The attributes of the documented view.
    pub(super) attributes: Vec<KeyValue>,
    /// Those of the semantic conventions; `None` where that view is off or these are no HTTP requests.
    pub(super) semantic: Option<Vec<KeyValue>>,
    pub(super) is_failure: bool,
    pub(super) flow: Flow<SeriesStats>,
    /// The histograms of requests with a time, and the count of those without.
    pub(super) timed: Birth,
    pub(super) untimed: Birth,
    pub(super) span: Span,
    /// All that was counted, and how much of it has an entry in the books.
    counted: u64,
    booked: u64,
    is_over: bool,
}

impl Series {
    pub(super) fn new(
        attributes: Vec<KeyValue>,
        semantic: Option<Vec<KeyValue>>,
        is_failure: bool,
        span: Span,
        start_ns: u64,
    ) -> Self {
        Self {
            attributes,
            semantic,
            is_failure,
            flow: Flow::new(span, start_ns),
            timed: Birth::default(),
            untimed: Birth::default(),
            span,
            counted: 0,
            booked: 0,
            is_over: false,
        }
    }

    pub(super) fn add(&mut self, stats: &SeriesStats) {
        self.counted += stats.requests;
        self.flow.gained().gain(stats);
        self.is_over = false;
    }

    /// Takes what became of the points that told of `requests`; a cumulative series that was refused has another
    /// chance with the next total.
    pub(super) fn settle(&mut self, requests: u64, is_last: bool, fate: &Fate, ledger: &Ledger) {
        let is_delivered = *fate == Fate::Delivered;
        self.flow.settle(is_delivered);
        self.timed.settle(is_delivered);
        self.untimed.settle(is_delivered);
        let newly = match self.span {
            Span::Cumulative => requests.saturating_sub(self.booked),
            Span::Delta => requests,
        };
        match fate {
            Fate::Delivered => {
                ledger.delivered(Load::requests(newly));
                self.booked += newly;
            }
            Fate::Refused(reason) if self.span == Span::Delta || is_last => {
                ledger.dropped(Load::requests(newly), reason);
                self.booked += newly;
            }
            Fate::Refused(_) => {}
        }
        // Unless more has come since.
        self.is_over = is_last && self.counted == self.booked;
    }

    /// Whether the series has ended and the backend knows.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// How many requests the backend does not have.
    pub(super) const fn unsettled(&self) -> u64 {
        self.counted - self.booked
    }
}
