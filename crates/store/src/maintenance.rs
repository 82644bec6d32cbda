//! What is done to runs that nobody records any more: closing those that were cut off, compaction, retention.

use crate::config::StoreConfig;
use crate::error::WriteError;
use crate::figures::{Quantiles, Tally, integer};
use crate::run_reader::RunReader;
use crate::run_row::{RunRow, RunState};
use crate::seal::{MINUTE_S, minute_of, seal};
use crate::writer_lock;
use crate::writing::write_endpoint;
use locust_telemetry_pipeline::clock;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

const DAY_NS: i64 = 86_400_000_000_000;

/// Closes the runs whose process has ended without doing so: all their windows become strips, and the figures of the
/// run are those of its windows.
pub(crate) fn close_cut_off(connection: &mut Connection, now_unix_ns: i64) -> Result<(), WriteError> {
    let mut select = connection.prepare("SELECT id, writer, heartbeat_unix_ns FROM run WHERE state = 'running'")?;
    let running: Vec<(i64, String, i64)> =
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<Result<_, _>>()?;
    drop(select);
    let mut failed = Ok(());
    for (row, writer, heartbeat_unix_ns) in running {
        if writer_lock::is_gone(connection, &writer, heartbeat_unix_ns, now_unix_ns)
            && let Err(error) = close(connection, row)
        {
            // A run that is damaged keeps no other from being closed.
            failed = Err(error);
        }
    }
    if failed.is_ok() {
        // Nobody asks for them any more. A folder that cannot be read does no harm.
        let _ = writer_lock::sweep(connection);
    }
    failed
}

fn close(connection: &mut Connection, row: i64) -> Result<(), WriteError> {
    let last: Option<i64> =
        connection.query_row("SELECT max(second) FROM second WHERE run = ?1", [row], |row| row.get(0))?;
    if let Some(last) = last {
        seal(connection, row, minute_of(last) + MINUTE_S)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = format!("{} WHERE id = ?1 AND state = 'running'", RunRow::SELECT);
    // Another process may have closed it meanwhile.
    let Some(run) = transaction.query_row(&sql, [row], |row| RunRow::read(row, &transaction)).optional()? else {
        return Ok(());
    };
    if run.state != RunState::CutOff {
        return Ok(());
    }
    // Reads in the same transaction: SQLite has one for each connection.
    let whole = RunReader::new(&transaction, run).aggregate_within(&transaction, None)?;
    for (key, endpoint) in whole.endpoints() {
        let tally = Tally { stats: endpoint.all, failures: endpoint.failures };
        write_endpoint(&transaction, row, key.name, key.method, &tally)?;
    }
    let total = whole.total();
    let Quantiles { p50_ms, p95_ms, p99_ms, max_ms } = Quantiles::of(&total.latency);
    transaction.execute(
        "UPDATE run SET
             state = 'cut off', ended_unix_ns = heartbeat_unix_ns, requests = ?2, failures = ?3, response_bytes = ?4,
             p50_ms = ?5, p95_ms = ?6, p99_ms = ?7, max_ms = ?8,
             (first_s, last_s, users_max, seconds, suspect_seconds) = (
                 SELECT min(second), max(second), coalesce(max(users), 0), count(*), coalesce(sum(reasons <> 0), 0)
                 FROM second WHERE run = ?1
             )
         WHERE id = ?1",
        params![
            row,
            integer(total.requests),
            integer(whole.failures()),
            integer(total.response_bytes),
            p50_ms,
            p95_ms,
            p99_ms,
            max_ms
        ],
    )?;
    transaction.commit()?;
    Ok(())
}

/// Turns the seconds of a run before `until_s` into minutes, as far as they are sealed.
pub(crate) fn compact(connection: &mut Connection, row: i64, until_s: i64) -> Result<(), WriteError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "SELECT min(coalesce(sealed_until_s, ?2), ?2) FROM run WHERE id = ?1 AND sealed_until_s IS NOT NULL";
    let until_s: Option<i64> =
        transaction.query_row(sql, params![row, minute_of(until_s)], |row| row.get(0)).optional()?;
    if let Some(until_s) = until_s {
        let sql = "DELETE FROM strip WHERE run = ?1 AND slot_s = 1 AND start_s < ?2";
        if transaction.execute(sql, params![row, until_s])? > 0 {
            let sql = "UPDATE run SET compacted_until_s = max(coalesce(compacted_until_s, ?2), ?2) WHERE id = ?1";
            transaction.execute(sql, params![row, until_s])?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Keeps to what the user wants kept. Runs that are on stay as they are.
pub(crate) fn tidy(connection: &mut Connection, config: &StoreConfig, now_unix_ns: i64) -> Result<(), WriteError> {
    let sql = format!("{} ORDER BY started_unix_ns DESC, id DESC", RunRow::SELECT);
    let runs: Vec<RunRow> =
        connection.prepare(&sql)?.query_map([], |row| RunRow::read(row, connection))?.collect::<Result<_, _>>()?;
    let oldest_unix_ns =
        config.keep_days.map(|days| now_unix_ns.saturating_sub(i64::from(days).saturating_mul(DAY_NS)));
    let mut has_deleted = false;
    for (place, run) in runs.iter().enumerate().filter(|(_, run)| run.state != RunState::Running) {
        let is_surplus = config.keep_runs.is_some_and(|keep| place >= keep as usize);
        let is_old = oldest_unix_ns.is_some_and(|oldest| run.ended_unix_ns.unwrap_or(run.started_unix_ns) < oldest);
        if is_surplus || is_old {
            connection.execute("DELETE FROM run WHERE id = ?1", [run.id])?;
            has_deleted = true;
        } else if let Some(after_s) = config.compact_after_s {
            let after_s = i64::try_from(after_s).unwrap_or(i64::MAX);
            compact(connection, run.id, clock::second_of(now_unix_ns).saturating_sub(after_s))?;
        }
    }
    if has_deleted || config.compact_after_s.is_some() {
        give_back(connection)?;
    }
    Ok(())
}

/// Gives room that nothing uses back to the file system, where nobody else is in the way.
pub(crate) fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    // Each row of the answer is a step of the work.
    let mut vacuum = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut steps = vacuum.query([])?;
    while steps.next()?.is_some() {}
    drop(steps);
    // Somebody who reads keeps the log in use; it is then cut later.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
