//! One run, read: its aggregate over any range, and everything that a page or a report shows.

mod gains;

use crate::columns::Columns;
use crate::container::{self, Packed};
use crate::cover::cover;
use crate::error::{DecodeError, ReadError};
use crate::error_counts;
use crate::feed::WindowMessage;
use crate::gain::Gain;
use crate::kind::Kind;
use crate::message;
use crate::rows::{ErrorRow, EventRow};
use crate::run_row::RunRow;
use crate::seal::MINUTE_S;
use crate::snap;
use crate::strip::{self, LEVELS_S, SLOTS};
use locust_telemetry_core::{Anomaly, Length, RequestAggregate, RunSpan, SeriesKey, SeriesStats};
use rusqlite::{Connection, Transaction, params};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::ops::Range;
use std::sync::Arc;

/// The workers that were missing in any second. The bit of [`Reason::WorkerMissing`](locust_telemetry_core::Reason) in
/// the words of the index `worker_second_missing`, without which SQLite does not take it.
const MISSING_WORKERS: &str =
    "SELECT DISTINCT worker FROM worker_second WHERE run = ?1 AND reasons & 16 ORDER BY worker";

/// Reads one run. A range is from one second up to, not including, another, in seconds since the Unix epoch; `None` is
/// the whole run.
#[derive(Debug)]
pub struct RunReader<'a> {
    connection: &'a Connection,
    row: RunRow,
}

impl<'a> RunReader<'a> {
    pub(crate) const fn new(connection: &'a Connection, row: RunRow) -> Self {
        Self { connection, row }
    }

    /// The run as it was when this reader was made.
    #[must_use]
    pub const fn row(&self) -> &RunRow {
        &self.row
    }

    /// Its series; a place is an id.
    ///
    /// # Errors
    /// See [`ReadError`]; so all below.
    pub fn series(&self) -> Result<Vec<Arc<SeriesKey>>, ReadError> {
        let sql = "SELECT method, name, status, error_type FROM series WHERE run = ?1 ORDER BY id";
        let mut select = self.connection.prepare_cached(sql)?;
        let keys = select.query_map([self.row.id], |row| {
            let text = |place: usize| row.get::<_, String>(place).map(String::into_boxed_str);
            Ok(Arc::new(SeriesKey {
                method: text(0)?,
                name: text(1)?,
                status: row.get::<_, Option<u16>>(2)?.and_then(NonZeroU16::new),
                error_type: row.get::<_, Option<String>>(3)?.map(String::into_boxed_str),
            }))
        })?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// The source ids of its workers; a place is an id.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn workers(&self) -> Result<Vec<String>, ReadError> {
        let mut select = self.connection.prepare_cached("SELECT source_id FROM worker WHERE run = ?1 ORDER BY id")?;
        Ok(select.query_map([self.row.id], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// All of the run but its seconds: what a page begins with.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn head(&self) -> Result<Value, ReadError> {
        let mut head = self.row.to_json();
        let series = self.series()?;
        let series: Vec<_> = (0..).zip(&series).map(|(id, key)| message::series(id, key)).collect();
        let workers: Vec<_> = (0_u32..).zip(self.workers()?).map(|(id, source_id)| json!([id, source_id])).collect();
        if let Value::Object(fields) = &mut head {
            fields.insert("series".into(), series.into());
            fields.insert("workers".into(), workers.into());
            fields.insert("finest_slot_s".into(), LEVELS_S[0].into());
        }
        Ok(head)
    }

    /// The range that is really told of where this one is asked for: within the run, and of whole minutes where it was
    /// compacted.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn snapped(&self, range: Option<Range<i64>>) -> Result<Range<i64>, ReadError> {
        let transaction = self.connection.unchecked_transaction()?;
        self.snap(&transaction, range)
    }

    /// When the run was on. A length of any range is what that has in common with it; see [`RunSpan::within`].
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn span(&self) -> Result<RunSpan, ReadError> {
        Ok(self.row.span(&self.snapped(None)?))
    }

    /// How long the run was on in a range ([`snapped`](Self::snapped)).
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn length(&self, range: Option<Range<i64>>) -> Result<Length, ReadError> {
        let recorded = self.snapped(None)?;
        Ok(self.row.span(&recorded).within(&self.snapped(range)?, &recorded))
    }

    fn snap(&self, transaction: &Transaction<'_>, range: Option<Range<i64>>) -> Result<Range<i64>, ReadError> {
        let sql =
            "SELECT (SELECT min(second) FROM second WHERE run = ?1), (SELECT max(second) FROM second WHERE run = ?1),
             (SELECT compacted_until_s FROM run WHERE id = ?1)";
        let (first, last, compacted): (Option<i64>, Option<i64>, Option<i64>) = transaction
            .prepare_cached(sql)?
            .query_row([self.row.id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let (Some(first), Some(last)) = (first, last) else { return Ok(0..0) };
        Ok(snap::snap(range, first..last + 1, compacted))
    }

    /// Everything that was counted in a range ([`snapped`](Self::snapped)): the merge of its windows, bit for bit.
    ///
    /// Cost: some thousand gains are read for a range with odd ends, however long it is; those of the journal besides
    /// while a run is on.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn aggregate(&self, range: Option<Range<i64>>) -> Result<RequestAggregate, ReadError> {
        self.aggregate_within(&self.connection.unchecked_transaction()?, range)
    }

    /// [`aggregate`](Self::aggregate) within a transaction of this reader's connection.
    pub(crate) fn aggregate_within(
        &self,
        transaction: &Transaction<'_>,
        range: Option<Range<i64>>,
    ) -> Result<RequestAggregate, ReadError> {
        let snapped = self.snap(transaction, range)?;
        if snapped.is_empty() {
            return Ok(RequestAggregate::default());
        }
        let keys = self.series()?;
        let mut gained: Vec<Option<SeriesStats>> = vec![None; keys.len()];
        let mut add = |id: u32, gain: &Gain| -> Result<(), ReadError> {
            let stats = gained.get_mut(id as usize).ok_or(ReadError::Meaningless { what: "id of a series" })?;
            gain.add_to(stats.get_or_insert_default());
            Ok(())
        };
        let mut aggregate = RequestAggregate::default();
        for (slot_s, part) in cover(self.widened(transaction, &snapped)?) {
            self.each_sealed(transaction, Kind::Series, &(0..u32::MAX), slot_s, &part, &mut |id, _, gain| {
                add(id, gain)
            })?;
        }
        let mut journal = transaction
            .prepare_cached("SELECT message FROM journal WHERE run = ?1 AND second >= ?2 AND second < ?3")?;
        let mut rows = journal.query(params![self.row.id, snapped.start, snapped.end])?;
        let key_of = |id: u32| keys.get(id as usize).ok_or(ReadError::Meaningless { what: "id of a series" });
        while let Some(row) = rows.next()? {
            let window = message::gained(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
            for (id, gain) in &window.series {
                add(*id, gain)?;
            }
            for (id, message, count) in window.errors {
                aggregate.errors.add(key_of(id)?, &message.into(), count);
            }
        }
        self.add_sealed_errors(transaction, &snapped, |series, message, count, _| {
            aggregate.errors.add(key_of(series)?, message, count);
            Ok(())
        })?;
        self.add_oddities(transaction, &snapped, &mut aggregate)?;
        let gained = keys.iter().zip(gained).filter_map(|(key, stats)| Some((Arc::clone(key), stats?)));
        aggregate.series = gained.collect();
        Ok(aggregate)
    }

    /// The range with what is beyond the ends of the run, where nothing is, so that coarse slots cover the ends too.
    fn widened(&self, transaction: &Transaction<'_>, snapped: &Range<i64>) -> Result<Range<i64>, ReadError> {
        let whole = self.snap(transaction, None)?;
        let hour_s = LEVELS_S[LEVELS_S.len() - 1];
        let from = if snapped.start <= whole.start { snapped.start.div_euclid(hour_s) * hour_s } else { snapped.start };
        let until =
            if snapped.end >= whole.end { (snapped.end + hour_s - 1).div_euclid(hour_s) * hour_s } else { snapped.end };
        Ok(from..until)
    }

    /// Each error of each sealed second within the range: id of the series, message, count, second.
    fn add_sealed_errors(
        &self,
        transaction: &Transaction<'_>,
        range: &Range<i64>,
        mut add: impl FnMut(u32, &Arc<str>, u64, i64) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let mut select = transaction.prepare_cached(
            "SELECT start_s, data FROM error_minute WHERE run = ?1 AND start_s > ?2 AND start_s < ?3",
        )?;
        let mut rows = select.query(params![self.row.id, range.start - MINUTE_S, range.end])?;
        let mut known: Option<BTreeMap<u32, (u32, Arc<str>)>> = None;
        while let Some(row) = rows.next()? {
            let start_s: i64 = row.get(0)?;
            let damaged = |source: DecodeError| ReadError::Damaged { what: "the errors of a minute", source };
            let data = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let counts = error_counts::decode(data).map_err(damaged)?;
            let known = match &mut known {
                Some(known) => known,
                None => known.insert(self.error_texts(transaction)?),
            };
            for ((id, slot), count) in counts {
                let second = start_s + i64::from(slot);
                if range.contains(&second) {
                    let (series, message) = known.get(&id).ok_or(ReadError::Meaningless { what: "id of an error" })?;
                    add(*series, message, count, second)?;
                }
            }
        }
        Ok(())
    }

    fn error_texts(&self, transaction: &Transaction<'_>) -> Result<BTreeMap<u32, (u32, Arc<str>)>, ReadError> {
        let mut select = transaction.prepare_cached("SELECT id, series, message FROM error WHERE run = ?1")?;
        let texts =
            select.query_map([self.row.id], |row| Ok((row.get(0)?, (row.get(1)?, row.get::<_, String>(2)?.into()))))?;
        Ok(texts.collect::<Result<_, _>>()?)
    }

    fn add_oddities(
        &self,
        transaction: &Transaction<'_>,
        range: &Range<i64>,
        aggregate: &mut RequestAggregate,
    ) -> Result<(), ReadError> {
        const ODDITY: ReadError = ReadError::Meaningless { what: "count of odd requests" };
        let sql = "SELECT anomalies, folded FROM oddity WHERE run = ?1 AND second >= ?2 AND second < ?3";
        let mut select = transaction.prepare_cached(sql)?;
        let mut rows = select.query(params![self.row.id, range.start, range.end])?;
        while let Some(row) = rows.next()? {
            let text = |place| -> Result<String, ReadError> { Ok(row.get(place)?) };
            let anomalies: Vec<BTreeMap<String, u64>> = serde_json::from_str(&text(0)?).or(Err(ODDITY))?;
            for (name, count) in anomalies.into_iter().flatten() {
                // A kind that only a newer build knows is left out.
                if let Some(kind) = Anomaly::ALL.into_iter().find(|kind| kind.name() == name) {
                    aggregate.anomalies.count_many(kind, count);
                }
            }
            let folded: Vec<Vec<String>> = serde_json::from_str(&text(1)?).or(Err(ODDITY))?;
            folded.iter().flatten().for_each(|label| aggregate.folded.add_label(label));
        }
        Ok(())
    }

    /// The seconds of a range by their columns: those of the table `second` but for the run.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn seconds(&self, range: Option<Range<i64>>) -> Result<Columns, ReadError> {
        let range = range.unwrap_or(i64::MIN..i64::MAX);
        let sql =
            "SELECT second, users, requests, failures, response_bytes, p50_ms, p95_ms, p99_ms, max_ms, hub_lag_ms,
                 reasons, cpu_percent, memory_bytes
             FROM second WHERE run = ?1 AND second >= ?2 AND second < ?3 ORDER BY second";
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(Columns::read(select.query(params![self.row.id, range.start, range.end])?)?)
    }

    /// The seconds of workers by their columns: those of the table `worker_second` but for the run.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn worker_seconds(&self, worker: Option<u32>, range: Option<Range<i64>>) -> Result<Columns, ReadError> {
        let range = range.unwrap_or(i64::MIN..i64::MAX);
        let (lowest, highest) = worker.map_or((0, i64::MAX), |id| (i64::from(id), i64::from(id)));
        let sql =
            "SELECT worker, second, state, users, requests, failures, hub_lag_ms, reasons, cpu_percent, memory_bytes,
                 clock_offset_ms, clock_error_ms
             FROM worker_second
             WHERE run = ?1 AND worker BETWEEN ?2 AND ?3 AND second >= ?4 AND second < ?5 ORDER BY worker, second";
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(Columns::read(select.query(params![self.row.id, lowest, highest, range.start, range.end])?)?)
    }

    /// The workers that were missing in any second.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn missing_workers(&self) -> Result<Vec<u32>, ReadError> {
        let mut select = self.connection.prepare_cached(MISSING_WORKERS)?;
        let workers = select.query_map(params![self.row.id], |row| row.get(0))?;
        Ok(workers.collect::<Result<_, _>>()?)
    }

    /// The strips that a range touches, as a [`container`]: of all subjects of a kind, or only of some. What is not
    /// sealed yet is in [`windows_after`](Self::windows_after).
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn strips(
        &self,
        kind: Kind,
        slot_s: i64,
        subjects: Option<&[u32]>,
        range: Option<Range<i64>>,
    ) -> Result<Vec<u8>, ReadError> {
        let range = range.unwrap_or(i64::MIN..i64::MAX);
        // Who is not asked for is passed over in the index.
        let sql = format!(
            "SELECT subject, start_s, data FROM {}
             WHERE run = ?1 AND slot_s = ?2 AND start_s > ?3 AND start_s < ?4 AND kind = ?5
                 AND (?6 IS NULL OR subject IN (SELECT value FROM json_each(?6)))",
            strip::table(slot_s)
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let earliest = range.start.saturating_sub(SLOTS as i64 * slot_s);
        let subjects = subjects.map(|subjects| Value::from(subjects).to_string());
        let mut rows = select.query(params![self.row.id, slot_s, earliest, range.end, kind as u8, subjects])?;
        let mut container = Vec::new();
        while let Some(row) = rows.next()? {
            let strip = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            container::put(&mut container, &Packed { subject: row.get(0)?, start_s: row.get(1)?, strip });
        }
        Ok(container)
    }

    /// The windows that are not sealed, from the one behind number `seq` on.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn windows_after(&self, seq: u64) -> Result<Vec<WindowMessage>, ReadError> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let sql = "SELECT seq, second, message FROM journal WHERE run = ?1 AND seq > ?2 ORDER BY seq";
        let mut select = self.connection.prepare_cached(sql)?;
        let windows = select.query_map(params![self.row.id, seq], |row| {
            Ok(WindowMessage {
                run_id: self.row.run_id.clone(),
                seq: u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0),
                second: row.get(1)?,
                json: row.get(2)?,
            })
        })?;
        Ok(windows.collect::<Result<_, _>>()?)
    }

    /// What failed requests said in a range, the most frequent first.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn errors(&self, range: Option<Range<i64>>) -> Result<Vec<ErrorRow>, ReadError> {
        let transaction = self.connection.unchecked_transaction()?;
        let snapped = self.snap(&transaction, range)?;
        let mut counts = BTreeMap::<(u32, Arc<str>), u64>::new();
        let mut add = |series: u32, message: &Arc<str>, count: u64| {
            *counts.entry((series, Arc::clone(message))).or_default() += count;
        };
        self.add_sealed_errors(&transaction, &snapped, |series, message, count, _| {
            add(series, message, count);
            Ok(())
        })?;
        let mut journal = transaction
            .prepare_cached("SELECT message FROM journal WHERE run = ?1 AND second >= ?2 AND second < ?3")?;
        let mut rows = journal.query(params![self.row.id, snapped.start, snapped.end])?;
        while let Some(row) = rows.next()? {
            let window = message::gained(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
            window.errors.into_iter().for_each(|(series, message, count)| add(series, &message.into(), count));
        }
        let mut select =
            transaction.prepare_cached("SELECT series, message, first_s, last_s FROM error WHERE run = ?1")?;
        let rows = select.query_map([self.row.id], |row| {
            let (series, message): (u32, String) = (row.get(0)?, row.get(1)?);
            Ok(ErrorRow { series, message, count: 0, first_s: row.get(2)?, last_s: row.get(3)? })
        })?;
        let mut errors = Vec::new();
        for row in rows {
            let row = row?;
            if let Some(count) = counts.get(&(row.series, row.message.as_str().into())) {
                errors.push(ErrorRow { count: *count, ..row });
            }
        }
        errors.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (a.series, &a.message).cmp(&(b.series, &b.message))));
        Ok(errors)
    }

    /// What happened in a range, and what people noted, in the order of time.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn events(&self, range: Option<Range<i64>>) -> Result<Vec<EventRow>, ReadError> {
        let ns = |second: i64| second.saturating_mul(1_000_000_000);
        let range = range.map_or(i64::MIN..i64::MAX, |range| ns(range.start)..ns(range.end));
        let sql = "SELECT time_unix_ns, kind, name, attributes FROM event
             WHERE run = ?1 AND time_unix_ns >= ?2 AND time_unix_ns < ?3 ORDER BY time_unix_ns, id";
        let mut select = self.connection.prepare_cached(sql)?;
        let events = select.query_map(params![self.row.id, range.start, range.end], |row| {
            Ok(EventRow {
                time_unix_ns: row.get(0)?,
                is_annotation: row.get::<_, String>(1)? == "annotation",
                name: row.get(2)?,
                attributes: serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default(),
            })
        })?;
        Ok(events.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::MISSING_WORKERS;
    use crate::connection::open_for_writing;
    use locust_telemetry_core::Reason;

    #[test]
    fn missing_workers_are_found_without_a_look_at_all_seconds_of_all() {
        assert_eq!(1 << Reason::WorkerMissing as u8, 16);
        let directory = tempfile::tempdir().unwrap();
        let connection = open_for_writing(&directory.path().join("runs.db")).unwrap();
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {MISSING_WORKERS}")).unwrap();
        let plan =
            explain.query_map([1], |row| row.get("detail")).unwrap().collect::<Result<Vec<String>, _>>().unwrap();
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert!(plan[0].contains("COVERING INDEX worker_second_missing (run=?)"), "{plan:?}");
    }
}
