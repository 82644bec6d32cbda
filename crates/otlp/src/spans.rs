//! Which totals are cumulative and which are deltas, and how histograms are laid out: the backend's wishes.

use crate::boundaries::LATENCY_BOUNDARIES_MS;
use crate::distribution::Layout;
use crate::flow::Span;
use crate::instruments::Kind;
use crate::settings::{Aggregation, Temporality};

/// The boundaries that OpenTelemetry gives a histogram of which nothing else is known (specification, "metrics/sdk").
const DEFAULT_BOUNDARIES: [f64; 15] =
    [0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1_000.0, 2_500.0, 5_000.0, 7_500.0, 10_000.0];

/// Temporality and aggregation by kind of instrument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spans {
    temporality: Temporality,
    aggregation: Aggregation,
}

impl Spans {
    pub(crate) const fn new(temporality: Temporality, aggregation: Aggregation) -> Self {
        Self { temporality, aggregation }
    }

    /// By the table of the specification ("metrics/sdk_exporters/otlp", temporality preference).
    pub(crate) const fn of(&self, kind: Kind) -> Span {
        match (self.temporality, kind) {
            (Temporality::Delta | Temporality::LowMemory, Kind::Counter | Kind::Histogram)
            | (Temporality::Delta, Kind::ObservableCounter) => Span::Delta,
            _ => Span::Cumulative,
        }
    }

    pub(crate) const fn is_exponential(&self) -> bool {
        matches!(self.aggregation, Aggregation::Exponential)
    }

    /// The layout of a histogram with the boundaries that its author advises, or those that suit its unit.
    pub(crate) fn layout(&self, advised: Option<Vec<f64>>, unit: &str) -> Layout {
        match advised {
            _ if self.is_exponential() => Layout::Exponential,
            Some(boundaries) => Layout::Explicit(boundaries.into()),
            None if unit == "ms" => Layout::Explicit(LATENCY_BOUNDARIES_MS.into()),
            None => Layout::Explicit(DEFAULT_BOUNDARIES.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_preference_makes_deltas_of_what_the_specification_says() {
        let deltas = |temporality| {
            let spans = Spans::new(temporality, Aggregation::Explicit);
            let kinds = [
                Kind::Counter,
                Kind::Histogram,
                Kind::ObservableCounter,
                Kind::UpDownCounter,
                Kind::ObservableUpDownCounter,
            ];
            kinds.map(|kind| spans.of(kind) == Span::Delta)
        };
        assert_eq!(deltas(Temporality::Cumulative), [false; 5]);
        assert_eq!(deltas(Temporality::Delta), [true, true, true, false, false]);
        assert_eq!(deltas(Temporality::LowMemory), [true, true, false, false, false]);
    }
}
