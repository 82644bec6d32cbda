//! The instruments that a user's locustfile, a plugin or this package makes: each counts by sets of attributes.
//!
//! Each instrument has a lock of its own, held for one addition or for copying its figures, so that whoever adds waits
//! for microseconds at most.

mod cell;

pub(crate) use cell::Ended;

use crate::attributes::Attributes;
use crate::batch::Bundle;
use crate::distribution::Layout;
use crate::flow::Span;
use crate::metric::{Head, Point, Scope, Shape};
use crate::number::Number;
use crate::receipt::Receipt;
use crate::spans::Spans;
use cell::{Cell, Figure};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many sets of attributes an instrument keeps; later ones are counted together (specification, "metrics/sdk").
pub const MAX_SETS: usize = 2_000;

/// What an instrument takes; the names are OpenTelemetry's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Grows by what is added.
    Counter,
    /// Grows and shrinks by what is added.
    UpDownCounter,
    /// Puts values in buckets.
    Histogram,
    /// Keeps the last value.
    Gauge,
    /// A callback tells a total that only grows.
    ObservableCounter,
    /// A callback tells a total.
    ObservableUpDownCounter,
    /// A callback tells a level.
    ObservableGauge,
}

impl Kind {
    /// The kind of this name, such as `up_down_counter`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "counter" => Self::Counter,
            "up_down_counter" => Self::UpDownCounter,
            "histogram" => Self::Histogram,
            "gauge" => Self::Gauge,
            "observable_counter" => Self::ObservableCounter,
            "observable_up_down_counter" => Self::ObservableUpDownCounter,
            "observable_gauge" => Self::ObservableGauge,
            _ => return None,
        })
    }

    /// Whether a callback tells its values.
    #[must_use]
    pub const fn is_observable(self) -> bool {
        matches!(self, Self::ObservableCounter | Self::ObservableUpDownCounter | Self::ObservableGauge)
    }

    const fn is_monotonic(self) -> bool {
        matches!(self, Self::Counter | Self::ObservableCounter)
    }
}

/// What makes an instrument; two of the same scope, name, kind and unit are one.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Whose it is.
    pub scope: Scope,
    /// Its name; names that differ in case only are one (specification, "metrics/api").
    pub name: Box<str>,
    /// What it takes.
    pub kind: Kind,
    /// The unit of its values (UCUM).
    pub unit: Box<str>,
    /// A sentence for people.
    pub description: Box<str>,
    /// Histograms: the boundaries that its author advises, ascending; `None` for the default ones.
    pub boundaries: Option<Vec<f64>>,
}

/// One instrument.
#[derive(Debug)]
pub struct Instrument {
    head: Arc<Head>,
    kind: Kind,
    span: Span,
    layout: Layout,
    sets: Mutex<Sets>,
}

#[derive(Debug, Default)]
struct Sets {
    /// By number. Numbers are never used again, so that a receipt of an ended set meets no other.
    cells: BTreeMap<usize, Cell>,
    next: usize,
    numbers: HashMap<Arc<Attributes>, usize>,
    /// What each callback told last.
    told: HashMap<u64, HashSet<usize>>,
    ignored: u64,
}

impl Instrument {
    fn new(description: &Description, spans: &Spans) -> Self {
        let kind = description.kind;
        let span = spans.of(kind);
        let is_delta = span == Span::Delta;
        let layout = spans.layout(description.boundaries.clone().map(usable), &description.unit);
        let shape = match kind {
            Kind::Gauge | Kind::ObservableGauge => Shape::Gauge,
            Kind::Histogram if layout == Layout::Exponential => Shape::Exponential { is_delta },
            Kind::Histogram => Shape::Explicit { is_delta },
            _ => Shape::Sum { is_monotonic: kind.is_monotonic(), is_delta },
        };
        let head = Head {
            scope: description.scope.clone(),
            name: description.name.clone(),
            unit: description.unit.clone(),
            description: description.description.clone(),
            shape,
        };
        Self { head: Arc::new(head), kind, span, layout, sets: Mutex::default() }
    }

    /// Adds to a counter, or records in a histogram, or sets a gauge, at `now_ns`.
    ///
    /// What is no number, and what would make a counter fall, is ignored and counted.
    pub fn take(&self, amount: Number, attributes: Attributes, now_ns: u64) {
        let mut sets = self.sets();
        if !amount.is_finite() || (self.kind.is_monotonic() && amount.to_f64() < 0.0) {
            sets.ignored += 1;
            return;
        }
        let number = sets.number(attributes, || Cell::new(self.kind, self.span, amount, now_ns));
        if let Some(cell) = sets.cells.get_mut(&number) {
            cell.take(amount, &self.layout);
        }
    }

    /// Takes everything that one callback tells now. What it told the last time and does not tell any more has ended.
    pub fn observe(&self, callback: u64, observations: impl IntoIterator<Item = (Number, Attributes)>, now_ns: u64) {
        let mut sets = self.sets();
        let mut told = HashSet::new();
        for (amount, attributes) in observations {
            if !amount.is_finite() {
                sets.ignored += 1;
                continue;
            }
            let begins_at_zero = callback >= OWN_CALLBACKS;
            let number = sets.number(attributes, || {
                Cell::new(self.kind, self.span, amount, now_ns).beginning_at_zero(begins_at_zero)
            });
            let is_more = !told.insert(number);
            if let Some(cell) = sets.cells.get_mut(&number) {
                if is_more && cell.attributes.is_overflow() {
                    cell.take_more(amount, &self.layout);
                } else {
                    cell.take(amount, &self.layout);
                }
            }
        }
        let before = sets.told.remove(&callback).unwrap_or_default();
        before.difference(&told).for_each(|number| sets.end(*number, Ended::Vanished));
        sets.told.insert(callback, told);
    }

    /// Ends the sets of attributes with this `run_id`: they get an end marker (or are just let go, if `is_marked` is
    /// false) with their last value.
    pub(crate) fn end_run(&self, run_id: &str, is_marked: bool) {
        let mut sets = self.sets();
        let ended = sets.numbers.iter().filter(|(attributes, _)| attributes.text("run_id") == Some(run_id));
        for number in ended.map(|(_, number)| *number).collect::<Vec<_>>() {
            sets.end(number, Ended::Last { is_marked });
        }
    }

    /// Ends all sets.
    pub(crate) fn end_all(&self, is_marked: bool) {
        let mut sets = self.sets();
        sets.cells.values_mut().for_each(|cell| cell.ended = Some(Ended::Last { is_marked }));
    }

    /// How many values could not be taken since the last call.
    pub(crate) fn take_ignored(&self) -> u64 {
        std::mem::take(&mut self.sets().ignored)
    }

    pub(crate) fn name(&self) -> &str {
        &self.head.name
    }

    /// The points of all sets.
    pub(crate) fn bundles(self: &Arc<Self>, now_ns: u64, bundles: &mut Vec<Bundle<Receipt>>) {
        // Copied under the lock, made into points outside of it.
        let copies = {
            let mut sets = self.sets();
            let cells = sets.cells.iter_mut();
            cells
                .filter_map(|(number, cell)| Some((*number, cell.figures(now_ns)?)))
                .collect::<Vec<(usize, cell::Figures)>>()
        };
        for (number, figures) in copies {
            let attributes = figures.attributes.to_proto();
            let point =
                |figure: &Figure, time_ns| figure.to_point(&self.layout, attributes.clone(), figures.start_ns, time_ns);
            let mut points = Vec::<Point>::new();
            if figures.wants_zero_point {
                points.push(point(&figures.figure.zero(), figures.start_ns));
            }
            match figures.ended {
                None | Some(Ended::Last { is_marked: false }) => points.push(point(&figures.figure, figures.time_ns)),
                Some(Ended::Last { is_marked: true }) => {
                    points.push(point(&figures.figure, figures.time_ns));
                    points.push(
                        point(&figures.figure, figures.time_ns).into_end_marker(figures.time_ns + END_MARKER_AFTER_NS),
                    );
                }
                Some(Ended::Vanished) => {
                    points = vec![point(&figures.figure, figures.time_ns).into_end_marker(figures.time_ns)]
                }
            }
            bundles.push(Bundle {
                points: points.into_iter().map(|point| (Arc::clone(&self.head), point)).collect(),
                receipt: Receipt::Set { instrument: Arc::clone(self), number, is_last: figures.ended.is_some() },
            });
        }
    }

    /// Takes what became of a set's last points.
    pub(crate) fn settle(&self, number: usize, is_delivered: bool, is_last: bool) {
        let mut sets = self.sets();
        let Some(cell) = sets.cells.get_mut(&number) else { return };
        cell.settle(is_delivered);
        // Unless it was told of again while its end was on the way.
        if is_last
            && cell.ended.is_some()
            && let Some(cell) = sets.cells.remove(&number)
        {
            sets.numbers.remove(&cell.attributes);
        }
    }

    fn sets(&self) -> MutexGuard<'_, Sets> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From here on callbacks are this program's own: what they tell first has grown from zero. Others' stay below.
pub(crate) const OWN_CALLBACKS: u64 = 1 << 48;

/// How long after the last value its end marker stands: backends count in milliseconds.
pub(crate) const END_MARKER_AFTER_NS: u64 = 1_000_000;

/// Boundaries in order, each once, without what is no number: anything else would put values into wrong buckets.
fn usable(mut boundaries: Vec<f64>) -> Vec<f64> {
    boundaries.retain(|boundary| boundary.is_finite());
    boundaries.sort_by(f64::total_cmp);
    boundaries.dedup();
    boundaries
}

impl Sets {
    fn number(&mut self, attributes: Attributes, make: impl FnOnce() -> Cell) -> usize {
        if let Some(number) = self.numbers.get(&attributes) {
            let number = *number;
            // Told of again before the backend heard of its end.
            if let Some(cell) = self.cells.get_mut(&number) {
                cell.ended = None;
            }
            return number;
        }
        let is_full = self.numbers.len() >= MAX_SETS;
        let attributes = Arc::new(if is_full { Attributes::overflow() } else { attributes });
        if let Some(number) = self.numbers.get(&attributes) {
            return *number;
        }
        let number = self.next;
        self.next += 1;
        self.cells.insert(number, make().of(&attributes));
        self.numbers.insert(attributes, number);
        number
    }

    fn end(&mut self, number: usize, ended: Ended) {
        if let Some(cell) = self.cells.get_mut(&number) {
            cell.ended = Some(ended);
        }
    }
}

/// All instruments of a process.
#[derive(Debug)]
pub(crate) struct Instruments {
    spans: Spans,
    known: Mutex<Vec<Arc<Instrument>>>,
}

impl Instruments {
    pub(crate) fn new(spans: Spans) -> Self {
        Self { spans, known: Mutex::default() }
    }

    /// The instrument of this description: made, or the one that is there.
    pub(crate) fn instrument(&self, description: &Description) -> Arc<Instrument> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |other: &&Arc<Instrument>| {
            other.kind == description.kind
                && other.head.scope == description.scope
                && other.head.unit == description.unit
                && other.head.name.eq_ignore_ascii_case(&description.name)
        };
        if let Some(instrument) = known.iter().find(is_it) {
            return Arc::clone(instrument);
        }
        let instrument = Arc::new(Instrument::new(description, &self.spans));
        known.push(Arc::clone(&instrument));
        instrument
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Instrument>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
#[path = "instruments_tests.rs"]
mod tests;
