//! A run cut into equal stretches of time: the points of charts, and the rows of intervals.

use crate::column::{count, number, second};
use crate::figures::Figures;
use crate::figures::read::{most, reasons};
use crate::slots::{self, Slots};
use crate::tally::Tally;
use locust_telemetry_core::{Length, Reasons};
use locust_telemetry_store::error::ReadError;
use locust_telemetry_store::{Kind, RunReader};
use std::collections::BTreeMap;
use std::ops::Range;

/// The only subject of [`Kind::Total`].
const TOTAL: u32 = 0;

/// What happened in one stretch of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point {
    /// Its first second, since the Unix epoch.
    pub start_s: i64,
    /// How many seconds it has: fewer at both ends of a range.
    pub seconds: u64,
    /// How long the run was on in them: less at both ends of a run.
    pub length: Length,
    /// Whether the run fills enough of its slot for its rate to be drawn; see [`RunSpan::fills`](locust_telemetry_core::RunSpan::fills). Counts are told anyhow.
    pub is_drawn: bool,
    /// The most users in a second.
    pub users: u64,
    /// The requests that finished.
    pub tally: Tally,
    /// The most that a tick of the gevent loop was late, in milliseconds.
    pub hub_lag_ms: Option<f64>,
    /// The most CPU in a second, in percent of a core.
    pub cpu_percent: Option<f64>,
    /// Why it is suspect.
    pub reasons: Reasons,
    /// How many of its seconds are suspect.
    pub suspect_seconds: u64,
}

impl Point {
    /// Requests per second as a curve shows them; `None` where that would be a rise or a fall that never happened.
    #[must_use]
    pub fn drawn_requests_per_s(&self) -> Option<f64> {
        self.length.rate_of(self.tally.requests).filter(|_| self.is_drawn)
    }

    /// Failed requests per second, likewise.
    #[must_use]
    pub fn drawn_failures_per_s(&self) -> Option<f64> {
        self.length.rate_of(self.tally.failures).filter(|_| self.is_drawn)
    }

    /// Users, likewise.
    #[must_use]
    pub fn drawn_users(&self) -> Option<f64> {
        Some(self.users as f64).filter(|_| self.is_drawn)
    }
}

/// The range of `figures` in stretches of a usual length, at most `points` of them and one more, unless it has more
/// seconds than the longest length is good for. Seconds that were not recorded are points without requests.
///
/// # Errors
/// When the store cannot be read.
pub fn read(run: &RunReader<'_>, figures: &Figures, points: usize) -> Result<Vec<Point>, ReadError> {
    read_between(run, figures.from_s..figures.to_s, points)
}

/// The same for any range of the run's seconds.
///
/// # Errors
/// When the store cannot be read.
pub fn read_between(run: &RunReader<'_>, range: Range<i64>, points: usize) -> Result<Vec<Point>, ReadError> {
    let points = i64::try_from(points).unwrap_or(i64::MAX);
    let slot_s = slots::length_for(range.end.saturating_sub(range.start), points);
    read_slots(run, range, slot_s)
}

/// The range of `figures` second by second; minute by minute if a part of it was compacted.
///
/// # Errors
/// When the store cannot be read.
pub fn read_seconds(run: &RunReader<'_>, figures: &Figures) -> Result<Vec<Point>, ReadError> {
    read_slots(run, figures.from_s..figures.to_s, 1)
}

fn read_slots(run: &RunReader<'_>, range: Range<i64>, slot_s: i64) -> Result<Vec<Point>, ReadError> {
    let slot_s = slots::at_least(slot_s, slots::finest_of(run.row(), &range));
    let mut gains = Slots::new(slot_s);
    run.each_gain(Kind::Total, TOTAL..TOTAL + 1, slot_s, Some(range.clone()), |subject, start_s, gain| {
        gains.add(subject, start_s, gain);
    })?;
    let recorded = run.snapped(None)?;
    let span = run.row().span(&recorded);
    let mut points = BTreeMap::<i64, Point>::new();
    let mut slot = range.start.div_euclid(slot_s) * slot_s;
    while slot < range.end {
        let (start_s, end_s) = (slot.max(range.start), (slot + slot_s).min(range.end));
        let point = Point {
            start_s,
            seconds: (end_s - start_s).unsigned_abs(),
            length: span.within(&(start_s..end_s), &recorded),
            is_drawn: span.fills(&(slot..slot + slot_s)),
            ..Point::default()
        };
        points.insert(slot, point);
        slot += slot_s;
    }
    let mut failures = BTreeMap::<i64, u64>::new();
    let columns = run.seconds(Some(range))?;
    let column = |name: &str| columns.column(name).iter();
    let counts = column("second").zip(column("users")).zip(column("failures"));
    let figures = column("hub_lag_ms").zip(column("cpu_percent")).zip(reasons(&columns));
    for (((at, users), failed), ((lag, cpu), reasons)) in counts.zip(figures) {
        let slot = second(at).div_euclid(slot_s) * slot_s;
        let Some(point) = points.get_mut(&slot) else { continue };
        point.users = point.users.max(count(users));
        *failures.entry(slot).or_default() += count(failed);
        point.hub_lag_ms = most(point.hub_lag_ms, number(lag));
        point.cpu_percent = most(point.cpu_percent, number(cpu));
        point.reasons.merge(reasons);
        point.suspect_seconds += u64::from(!reasons.is_trusted());
    }
    for (slot, point) in &mut points {
        if let Some(stats) = gains.at(TOTAL, *slot) {
            point.tally = Tally::of(stats, failures.get(slot).copied().unwrap_or(0));
        }
    }
    Ok(points.into_values().collect())
}
