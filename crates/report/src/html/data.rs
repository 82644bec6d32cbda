//! A run's data as the page reads it from a report, within a number of bytes whatever the run.
//!
//! What is small is kept whole. Series' strips take what is left: their slots are as long as it takes. The shape is
//! `EmbeddedRun` in `web/src/model/wire.ts`; `left_out` says what is not there.

mod rows;
mod series;
mod strips;
mod texts;

use super::inert;
use crate::error::ReportError;
use crate::missing::Missing;
use crate::slots;
use locust_telemetry_core::RunSpan;
use locust_telemetry_store::{Kind, RunReader, run_row};
use serde_json::{Value, json};
use series::Series;
use std::ops::Range;

/// What these may take of the room at most, in thousandths. What they leave is for the strips.
const SERIES_SHARE: usize = 160;
const FACTS_SHARE: usize = 40;
const SECONDS_SHARE: usize = 120;
const WORKER_SECONDS_SHARE: usize = 100;
const ERRORS_SHARE: usize = 100;
const EVENTS_SHARE: usize = 60;
const MISSING_SHARE: usize = 20;
/// What the strips of the total and of workers may take of what is left for strips, in thousandths.
const TOTAL_STRIPS_SHARE: usize = 250;
const WORKER_STRIPS_SHARE: usize = 125;
/// What the names and braces of the whole take.
const FRAME_BYTES: usize = 2_000;

/// The data of a run, or of the part of it in `range`, in at most `room` bytes of JSON that ends no element.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn encode(
    run: &RunReader<'_>,
    range: Option<Range<i64>>,
    room: usize,
    progress: &mut dyn FnMut(f64),
) -> Result<String, ReportError> {
    let is_whole = range.is_none();
    let range = run.snapped(range)?;
    let share = |thousandths: usize| room / 1_000 * thousandths;
    let aggregate = run.aggregate(Some(range.clone()))?;
    let series = Series::within(&run.series()?, &aggregate, share(SERIES_SHARE));
    progress(0.1);
    let finest_s = slots::finest_of(run.row(), &range);
    let seconds = rows::within(&run.seconds(Some(range.clone()))?, share(SECONDS_SHARE));
    let worker_seconds = rows::within(&run.worker_seconds(None, Some(range.clone()))?, share(WORKER_SECONDS_SHARE));
    let errors = texts::errors(run.errors(Some(range.clone()))?, &series, share(ERRORS_SHARE));
    // What happened just before the first second and after the last belongs to the whole run.
    let events = run.events((!is_whole).then(|| range.clone()))?;
    let events = texts::events(&events, share(EVENTS_SHARE));
    // Where there is no room, the page makes them out from what it has.
    let missing: Value = Missing::read(run, &range)?.iter().map(Missing::to_json).collect();
    let missing = if size(&missing) <= share(MISSING_SHARE) { missing } else { Value::Null };
    let (mut head, left_out_facts) = texts::head(run.head()?, share(FACTS_SHARE));
    let mut data = json!({
        "head": null,
        "seconds": seconds.columns,
        "errors": errors.rows,
        "events": events.rows,
        "worker_seconds": worker_seconds.columns,
        "missing": missing,
        "strips": [],
        "left_out": {
            "series": series.folded,
            "errors": errors.left_out,
            "errors_count": errors.left_out_count,
            "events": events.left_out,
            "facts": left_out_facts,
            "seconds_slot_s": seconds.slot_s,
            "worker_seconds_slot_s": worker_seconds.slot_s,
        },
    });
    head["series"] = series.rows.clone().into();
    (head["first_s"], head["last_s"]) =
        if range.is_empty() { (Value::Null, Value::Null) } else { (range.start.into(), (range.end - 1).into()) };
    let recorded = run.snapped(None)?;
    let whole = run.row().span(&recorded);
    let part = whole.part(&range, &recorded);
    let moments = |span: RunSpan| run_row::span_to_json(span.started_unix_ns, Some(span.ended_unix_ns));
    (head["span"], head["whole_span"]) = (moments(part), moments(whole));
    progress(0.2);

    let left = room.saturating_sub(size(&data) + size(&head) + FRAME_BYTES);
    let mut reader = strips::Reader { run, range: &range, finest_s, progress, done: 0.2 };
    let total = reader.within(Kind::Total, 0..1, |_| 0, left / 1_000 * TOTAL_STRIPS_SHARE, 0.3)?;
    let worker_ids = 0..u32::try_from(run.workers()?.len()).unwrap_or(u32::MAX);
    let workers = reader.within(Kind::Worker, worker_ids, |id| id, left / 1_000 * WORKER_STRIPS_SHARE, 0.4)?;
    let left = left.saturating_sub(total.bytes() + workers.bytes());
    let by_series = reader.within(Kind::Series, series.ids(), |id| series.shown_as(id), left, 1.0)?;
    head["finest_slot_s"] = by_series.slot_s.into();
    data["head"] = head;
    data["strips"] = [total, workers, by_series].iter().filter_map(strips::Strips::to_json).collect();
    Ok(inert(&data.to_string()))
}

/// How many bytes a value takes in the file.
fn size(value: &Value) -> usize {
    inert(&value.to_string()).len()
}
