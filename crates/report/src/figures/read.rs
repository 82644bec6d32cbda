//! The figures of a run from its store.

use super::{Confidence, EndpointFigures, ErrorFigures, EventFigures, Figures, RunFacts, WorkerFigures};
use crate::cause::Cause;
use crate::column::{count, number, second};
use crate::missing::{Missing, Presence, WorkerSecond};
use crate::tally::Tally;
use crate::words;
use locust_telemetry_core::{Reason, Reasons, RequestAggregate, SeriesKey, WorkerState};
use locust_telemetry_store::error::ReadError;
use locust_telemetry_store::{Columns, RunReader, RunRow};
use serde_json::Value;
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

impl Figures {
    /// Reads a run, or the part of it that is in `range` (seconds since the Unix epoch, the last one excluded).
    ///
    /// The range is cut to the run, and widened to whole minutes where the run was compacted; see `from_s` and `to_s`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(run: &RunReader<'_>, range: Option<Range<i64>>) -> Result<Self, ReadError> {
        let whole = run.snapped(None)?;
        let range = run.snapped(range)?;
        let aggregate = run.aggregate(Some(range.clone()))?;
        let series = run.series()?;
        let source_ids = run.workers()?;
        Ok(Self {
            run: facts(run.row(), &whole),
            from_s: range.start,
            to_s: range.end,
            length: run.row().span(&whole).within(&range, &whole),
            is_whole: range == whole,
            total: Tally::of(&aggregate.total(), aggregate.failures()),
            endpoints: endpoints(&aggregate),
            errors: errors(run, &range, &series)?,
            confidence: confidence(&run.seconds(Some(range.clone()))?),
            workers: workers(&source_ids, &run.worker_seconds(None, Some(range.clone()))?),
            missing: Missing::read(run, &range)?,
            events: events(run, &range, &whole)?,
        })
    }
}

fn facts(row: &RunRow, whole: &Range<i64>) -> RunFacts {
    let locust = row.reconciliation.as_ref().and_then(|fields| fields.get("num_requests_locust")?.as_u64());
    let lost = row.lost.as_ref().map(|lost| {
        let requests = lost.get("requests").and_then(Value::as_u64).unwrap_or(0);
        words::counted(requests, "request")
    });
    RunFacts {
        run_id: row.run_id.clone(),
        testplan: row.testplan.clone(),
        state: row.state.name().to_owned(),
        started_unix_ns: row.started_unix_ns,
        ended_unix_ns: row.ended_unix_ns,
        first_s: whole.start,
        end_s: whole.end,
        users_max: row.users_max,
        requests: row.requests,
        locust_requests: locust,
        causes: row.reconciliation.as_ref().map(Cause::of_record).unwrap_or_default(),
        lost,
        labels: row.labels.clone(),
        notes: row.notes.clone(),
    }
}

fn endpoints(aggregate: &RequestAggregate) -> Vec<EndpointFigures> {
    let endpoints = aggregate.endpoints();
    let figures = endpoints.iter().map(|(key, stats)| EndpointFigures {
        method: key.method.to_owned(),
        name: key.name.to_owned(),
        tally: Tally::of(&stats.all, stats.failures),
    });
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by_key(|endpoint| Reverse(endpoint.tally.requests));
    figures
}

fn errors(run: &RunReader<'_>, range: &Range<i64>, series: &[Arc<SeriesKey>]) -> Result<Vec<ErrorFigures>, ReadError> {
    let figures = run.errors(Some(range.clone()))?.into_iter().map(|row| {
        let key = series.get(row.series as usize).ok_or(ReadError::Meaningless { what: "id of a series" })?;
        Ok(ErrorFigures {
            method: key.method.to_string(),
            name: key.name.to_string(),
            status: key.status.map(u16::from),
            error_type: key.error_type.as_deref().unwrap_or_default().to_owned(),
            message: row.message,
            count: row.count,
            first_s: row.first_s,
            last_s: row.last_s,
        })
    });
    figures.collect()
}

fn confidence(seconds: &Columns) -> Confidence {
    let verdicts: Vec<Reasons> = reasons(seconds).collect();
    let suspect = |reason: Reason| {
        let held = verdicts.iter().filter(|reasons| reasons.iter().any(|held| held == reason));
        Some((reason, held.count() as u64)).filter(|(_, seconds)| *seconds > 0)
    };
    Confidence {
        seconds: verdicts.len() as u64,
        suspect_seconds: verdicts.iter().filter(|reasons| !reasons.is_trusted()).count() as u64,
        reasons: Reason::ALL.into_iter().filter_map(suspect).collect(),
    }
}

/// The column of verdicts.
pub(crate) fn reasons(columns: &Columns) -> impl Iterator<Item = Reasons> {
    // Bits that this build does not know are left out, as are those of a damaged value.
    columns.column("reasons").iter().map(|bits| Reasons::from_bits(u8::try_from(count(bits)).unwrap_or(0)))
}

/// The rows come by worker, each worker's by second.
fn workers(source_ids: &[String], seconds: &Columns) -> Vec<WorkerFigures> {
    let blank = |source_id: &String| WorkerFigures {
        source_id: source_id.clone(),
        state: "-".to_owned(),
        requests: 0,
        failures: 0,
        cpu_percent_max: None,
        hub_lag_ms_max: None,
        suspect_seconds: 0,
    };
    let mut workers: Vec<_> = source_ids.iter().map(blank).collect();
    let column = |name: &str| seconds.column(name).iter();
    let counts = column("worker").zip(column("state")).zip(column("requests")).zip(column("failures"));
    let figures = column("cpu_percent").zip(column("hub_lag_ms")).zip(reasons(seconds));
    for ((((id, state), requests), failures), ((cpu, lag), reasons)) in counts.zip(figures) {
        let Some(worker) = usize::try_from(count(id)).ok().and_then(|id| workers.get_mut(id)) else { continue };
        // One that was lost right before the end was never missed by Locust.
        let is_missing = reasons.has(Reason::WorkerMissing);
        let state = if is_missing { WorkerState::Missing.name() } else { state.as_str().unwrap_or("-") };
        state.clone_into(&mut worker.state);
        worker.requests = worker.requests.saturating_add(count(requests));
        worker.failures = worker.failures.saturating_add(count(failures));
        worker.cpu_percent_max = most(worker.cpu_percent_max, number(cpu));
        worker.hub_lag_ms_max = most(worker.hub_lag_ms_max, number(lag));
        worker.suspect_seconds += u64::from(!reasons.is_trusted());
    }
    workers.sort_by(|one, other| natural(&one.source_id).cmp(&natural(&other.source_id)));
    workers
}

impl Missing {
    /// Reads when workers were missing, as far as that touches the range, the earliest first. Read of the whole run: a part of
    /// it does not show when that began.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(run: &RunReader<'_>, range: &Range<i64>) -> Result<Vec<Self>, ReadError> {
        let source_ids = run.workers()?;
        let mut found = Vec::new();
        for id in run.missing_workers()? {
            let Some(source_id) = source_ids.get(id as usize) else { continue };
            let seconds = run.worker_seconds(Some(id), None)?;
            let column = |name: &str| seconds.column(name).iter();
            let states = column("state").zip(reasons(&seconds));
            let rows = column("second").zip(column("users")).zip(column("requests")).zip(states);
            let rows = rows.map(|(((at, users), requests), (state, reasons))| {
                let presence = match state.as_str() {
                    _ if reasons.has(Reason::WorkerMissing) => Presence::Missing,
                    Some("missing" | "gone") => Presence::Unexpected,
                    _ => Presence::Told,
                };
                WorkerSecond { second: second(at), users: count(users), requests: count(requests), presence }
            });
            found.extend(Self::of(source_id, rows));
        }
        found.retain(|missing| missing.from_s < range.end && missing.to_s > range.start);
        for missing in &mut found {
            let before = all_users(run, missing.from_s.saturating_sub(1))?;
            missing.compare_users(before, all_users(run, missing.to_s)?);
        }
        found.sort_by(|one, other| {
            one.from_s.cmp(&other.from_s).then_with(|| natural(&one.worker).cmp(&natural(&other.worker)))
        });
        Ok(found)
    }
}

/// How many users all workers had in a second.
fn all_users(run: &RunReader<'_>, second: i64) -> Result<u64, ReadError> {
    let seconds = run.worker_seconds(None, Some(second..second.saturating_add(1)))?;
    Ok(seconds.column("users").iter().map(count).sum())
}

/// The larger of two figures that may be unknown.
pub(crate) fn most(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    }
}

/// `worker-10` comes after `worker-9`.
fn natural(source_id: &str) -> (&str, u64, &str) {
    let (stem, index) = source_id.rsplit_once('-').unwrap_or((source_id, ""));
    (stem, index.parse().unwrap_or(0), source_id)
}

fn events(run: &RunReader<'_>, range: &Range<i64>, whole: &Range<i64>) -> Result<Vec<EventFigures>, ReadError> {
    // What happened shortly before the first and after the last second belongs to the whole run.
    let range = (range != whole).then(|| range.clone());
    let figures = run.events(range)?.into_iter().map(|event| EventFigures {
        time_unix_ns: event.time_unix_ns,
        name: event.name,
        is_annotation: event.is_annotation,
        attributes: event.attributes,
    });
    Ok(figures.collect())
}
