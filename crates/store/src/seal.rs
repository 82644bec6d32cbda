//! Sealing: windows of the journal become strips.
//!
//! Whatever is sealed is added to what is there, so it does not matter how late a window comes, or whether a minute is
//! sealed in one go. A second is either in the journal or in the strips, and all three levels of strips hold the same.

use crate::error::{DecodeError, ReadError, WriteError};
use crate::error_counts::{self, ErrorCounts};
use crate::figures::{Quantiles, integer};
use crate::gain::Gain;
use crate::kind::Kind;
use crate::message;
use crate::strip::{self, LEVELS_S, SLOTS};
use locust_telemetry_core::SeriesStats;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use std::collections::{BTreeMap, HashMap};

/// Seconds in a minute: the span of one strip of the finest level.
pub(crate) const MINUTE_S: i64 = 60;

/// The beginning of the minute that `second` is in.
pub(crate) fn minute_of(second: i64) -> i64 {
    second.div_euclid(MINUTE_S) * MINUTE_S
}

/// Moves the windows before `until_s`, a whole minute, from the journal of the run of this row into its strips.
pub(crate) fn seal(connection: &mut Connection, row: i64, until_s: i64) -> Result<(), WriteError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let compacted_until_s: Option<i64> =
        transaction.query_row("SELECT compacted_until_s FROM run WHERE id = ?1", [row], |row| row.get(0))?;
    let mut error_ids = None;
    for (start_s, minute) in gather(&transaction, row, until_s)? {
        if !minute.errors.is_empty() {
            let ids = match &mut error_ids {
                Some(ids) => ids,
                None => error_ids.insert(read_error_ids(&transaction, row)?),
            };
            add_errors(&transaction, row, start_s, &minute.errors, ids)?;
        }
        let keeps_seconds = compacted_until_s.is_none_or(|compacted| start_s >= compacted);
        add_minute(&transaction, row, start_s, minute, keeps_seconds)?;
    }
    transaction.execute("DELETE FROM journal WHERE run = ?1 AND second < ?2", params![row, until_s])?;
    transaction.execute(
        "UPDATE run SET sealed_until_s = max(coalesce(sealed_until_s, ?2), ?2) WHERE id = ?1",
        params![row, until_s],
    )?;
    transaction.commit()?;
    Ok(())
}

/// What windows of one minute hold.
#[derive(Debug, Default)]
struct Minute {
    /// By second within the minute.
    total: BTreeMap<u8, SeriesStats>,
    subjects: BTreeMap<(Kind, u32), BTreeMap<u8, Gain>>,
    /// By series, message and second within the minute.
    errors: BTreeMap<(u32, String, u8), u64>,
}

fn gather(transaction: &Transaction<'_>, row: i64, until_s: i64) -> Result<BTreeMap<i64, Minute>, WriteError> {
    let mut minutes = BTreeMap::<i64, Minute>::new();
    let mut select =
        transaction.prepare_cached("SELECT second, message FROM journal WHERE run = ?1 AND second < ?2")?;
    let mut rows = select.query(params![row, until_s])?;
    while let Some(found) = rows.next()? {
        let second: i64 = found.get(0)?;
        let gained = message::gained(found.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        let start_s = minute_of(second);
        let slot = (second - start_s) as u8;
        let minute = minutes.entry(start_s).or_default();
        let total = minute.total.entry(slot).or_default();
        gained.series.iter().for_each(|(_, gain)| gain.add_to(total));
        let subjects = [(Kind::Series, gained.series), (Kind::Worker, gained.workers)];
        for (kind, (id, gain)) in
            subjects.into_iter().flat_map(|(kind, gains)| gains.into_iter().map(move |gain| (kind, gain)))
        {
            add_gain(minute.subjects.entry((kind, id)).or_default(), slot, gain);
        }
        for (series, message, count) in gained.errors {
            *minute.errors.entry((series, message, slot)).or_default() += count;
        }
    }
    Ok(minutes)
}

fn add_gain(slots: &mut BTreeMap<u8, Gain>, slot: u8, gain: Gain) {
    match slots.get_mut(&slot) {
        Some(present) => {
            let mut both = present.stats();
            gain.add_to(&mut both);
            *present = Gain::of(&both);
        }
        None => {
            slots.insert(slot, gain);
        }
    }
}

fn add_minute(
    transaction: &Transaction<'_>,
    row: i64,
    start_s: i64,
    mut minute: Minute,
    keeps_seconds: bool,
) -> Result<(), WriteError> {
    minute.total.retain(|_, stats| stats.requests > 0);
    if !minute.total.is_empty() {
        let slots = minute.total.iter().map(|(slot, stats)| (*slot, Gain::of(stats)));
        minute.subjects.insert((Kind::Total, 0), slots.collect());
    }
    // Level by level, so that what is of a size and has a life of a length is together in the file.
    if keeps_seconds {
        for ((kind, subject), slots) in &minute.subjects {
            let place = Place { row, slot_s: LEVELS_S[0], start_s, kind: *kind, subject: *subject };
            let merged = add_strip(transaction, &place, slots.clone())?;
            if *kind == Kind::Total {
                write_quantiles(transaction, row, start_s, &merged)?;
            }
        }
    } else if let Some(slots) = minute.subjects.get(&(Kind::Total, 0)) {
        write_late_quantiles(transaction, row, start_s, slots)?;
    }
    let whole = |slots: &BTreeMap<u8, Gain>| {
        let mut whole = SeriesStats::default();
        slots.values().for_each(|gain| gain.add_to(&mut whole));
        Gain::of(&whole)
    };
    let gains: Vec<_> = minute.subjects.iter().map(|(subject, slots)| (*subject, whole(slots))).collect();
    for slot_s in &LEVELS_S[1..] {
        let span_s = slot_s * SLOTS as i64;
        let strip_s = start_s.div_euclid(span_s) * span_s;
        let slot = ((start_s - strip_s) / slot_s) as u8;
        for ((kind, subject), gain) in &gains {
            let place = Place { row, slot_s: *slot_s, start_s: strip_s, kind: *kind, subject: *subject };
            add_strip(transaction, &place, BTreeMap::from([(slot, gain.clone())]))?;
        }
    }
    Ok(())
}

/// Where a strip is.
struct Place {
    row: i64,
    slot_s: i64,
    start_s: i64,
    kind: Kind,
    subject: u32,
}

/// Adds gains to a strip. Returns the whole of it.
fn add_strip(
    transaction: &Transaction<'_>,
    place: &Place,
    mut slots: BTreeMap<u8, Gain>,
) -> Result<Vec<(u8, Gain)>, WriteError> {
    let Place { row, slot_s, start_s, kind, subject } = *place;
    let table = strip::table(slot_s);
    let present: Option<Vec<u8>> = transaction
        .prepare_cached(&format!(
            "SELECT data FROM {table} WHERE run = ?1 AND slot_s = ?2 AND start_s = ?3 AND kind = ?4 AND subject = ?5"
        ))?
        .query_row(params![row, slot_s, start_s, kind as u8, subject], |row| row.get(0))
        .optional()?;
    let damaged = |source: DecodeError| ReadError::Damaged { what: "a strip", source };
    for (slot, gain) in strip::decode(present.as_deref().unwrap_or(strip::EMPTY)).map_err(damaged)? {
        add_gain(&mut slots, slot, gain);
    }
    let slots: Vec<_> = slots.into_iter().collect();
    // In the place of the old one, a longer one would split its page; so it goes to the end.
    transaction
        .prepare_cached(&format!("INSERT OR REPLACE INTO {table} VALUES (?1, ?2, ?3, ?4, ?5, ?6)"))?
        .execute(params![row, slot_s, start_s, kind as u8, subject, strip::encode(&slots)])?;
    Ok(slots)
}

/// Writes what the table of seconds says of a minute's response times. What it says while they come in does not know of
/// windows that come late.
fn write_quantiles(
    transaction: &Transaction<'_>,
    row: i64,
    start_s: i64,
    slots: &[(u8, Gain)],
) -> rusqlite::Result<()> {
    let mut update = transaction.prepare_cached(
        "UPDATE second SET p50_ms = ?3, p95_ms = ?4, p99_ms = ?5, max_ms = ?6 WHERE run = ?1 AND second = ?2",
    )?;
    for (slot, gain) in slots {
        let Quantiles { p50_ms, p95_ms, p99_ms, max_ms } = Quantiles::of(&gain.stats().latency);
        update.execute(params![row, start_s + i64::from(*slot), p50_ms, p95_ms, p99_ms, max_ms])?;
    }
    Ok(())
}

/// The same where seconds have become minutes, so that only what came late is known by the second. Without requests
/// before, that is all of it; else the rest stays as it was, but for the longest.
fn write_late_quantiles(
    transaction: &Transaction<'_>,
    row: i64,
    start_s: i64,
    slots: &BTreeMap<u8, Gain>,
) -> rusqlite::Result<()> {
    let mut update = transaction.prepare_cached(
        "UPDATE second SET
             p50_ms = iif(requests = ?7, ?3, p50_ms),
             p95_ms = iif(requests = ?7, ?4, p95_ms),
             p99_ms = iif(requests = ?7, ?5, p99_ms),
             max_ms = max(coalesce(max_ms, ?6), coalesce(?6, max_ms))
         WHERE run = ?1 AND second = ?2",
    )?;
    for (slot, gain) in slots {
        let Quantiles { p50_ms, p95_ms, p99_ms, max_ms } = Quantiles::of(&gain.stats().latency);
        let requests = integer(gain.requests);
        update.execute(params![row, start_s + i64::from(*slot), p50_ms, p95_ms, p99_ms, max_ms, requests])?;
    }
    Ok(())
}

type ErrorIds = HashMap<(u32, String), u32>;

fn read_error_ids(transaction: &Transaction<'_>, row: i64) -> rusqlite::Result<ErrorIds> {
    let mut select = transaction.prepare_cached("SELECT series, message, id FROM error WHERE run = ?1")?;
    select.query_map([row], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?.collect()
}

fn add_errors(
    transaction: &Transaction<'_>,
    row: i64,
    start_s: i64,
    errors: &BTreeMap<(u32, String, u8), u64>,
    ids: &ErrorIds,
) -> Result<(), WriteError> {
    let present: Option<Vec<u8>> = transaction
        .prepare_cached("SELECT data FROM error_minute WHERE run = ?1 AND start_s = ?2")?
        .query_row(params![row, start_s], |row| row.get(0))
        .optional()?;
    let damaged = |source: DecodeError| ReadError::Damaged { what: "the errors of a minute", source };
    let mut counts = match present {
        Some(data) => error_counts::decode(&data).map_err(damaged)?,
        None => ErrorCounts::new(),
    };
    for ((series, message, slot), count) in errors {
        let id = ids.get(&(*series, message.clone())).ok_or(ReadError::Meaningless { what: "id of an error" })?;
        *counts.entry((*id, *slot)).or_default() += count;
    }
    transaction.prepare_cached("INSERT OR REPLACE INTO error_minute VALUES (?1, ?2, ?3)")?.execute(params![
        row,
        start_s,
        error_counts::encode(&counts)
    ])?;
    Ok(())
}
