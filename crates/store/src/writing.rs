//! Windows into tables.

use crate::error::WriteError;
use crate::figures::{Quantiles, integer};
use crate::message::{ms, pairs};
use crate::open_run::OpenRun;
use crate::prepared::Prepared;
use locust_telemetry_core::{Event, WorkerWindow};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use serde_json::Value;

/// How many windows are written at once.
const MAX_BATCH: usize = 120;

/// What a run's row is begun with.
#[derive(Clone, Copy)]
pub(crate) struct Beginning<'a> {
    /// The name of the lock that the recorder holds.
    pub(crate) writer: &'a str,
    /// Annotations of the run's start.
    pub(crate) notes: &'a [String],
}

/// Writes the windows of `run` that wait, the oldest first, and all that they refer to; before the first of them the run
/// itself, with its `beginning`. What is not written still waits.
pub(crate) fn write_waiting(
    connection: &mut Connection,
    run: &mut OpenRun,
    beginning: Beginning<'_>,
    now_unix_ns: i64,
    is_doubtful: bool,
) -> Result<(), WriteError> {
    // Where the last write failed, one window tells whether this one does.
    let mut most = if is_doubtful { 1 } else { MAX_BATCH };
    loop {
        let count = run.waiting.len().min(most);
        if count == 0 && run.row.is_some() {
            return Ok(());
        }
        most = MAX_BATCH;
        // Whoever writes takes the lock at once: one that only reads so far may not get it any more.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let row = match run.row {
            Some(row) => row,
            None => insert_run(&transaction, run, beginning, now_unix_ns)?,
        };
        let ids = (run.series.len(), run.workers.len(), run.errors.len());
        write_ids(&transaction, row, run)?;
        for prepared in run.waiting.iter().take(count) {
            write_window(&transaction, row, prepared)?;
        }
        let last_seq = run.waiting.iter().take(count).next_back().map_or(0, |last| last.message.seq);
        transaction
            .prepare_cached("UPDATE run SET heartbeat_unix_ns = ?2, seq = max(seq, ?3) WHERE id = ?1")?
            .execute(params![row, now_unix_ns, integer(last_seq)])?;
        transaction.commit()?;
        run.row = Some(row);
        run.series.written(ids.0);
        run.workers.written(ids.1);
        run.errors.written(ids.2);
        for prepared in run.take_waiting(count) {
            run.written(&prepared);
        }
    }
}

fn insert_run(
    transaction: &Transaction<'_>,
    run: &OpenRun,
    beginning: Beginning<'_>,
    now_unix_ns: i64,
) -> Result<i64, WriteError> {
    let identity = &run.identity;
    let object = |given: &[(String, String)]| Value::from(pairs(given)).to_string();
    let inserted: Option<i64> = transaction
        .query_row(
            "INSERT INTO run (run_id, testplan, state, role, source, source_id, started_unix_ns, heartbeat_unix_ns,
                 writer, labels, metadata)
             VALUES (?1, ?2, 'running', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (run_id) DO NOTHING RETURNING id",
            params![
                identity.run_id,
                identity.testplan,
                identity.role.name(),
                identity.source,
                identity.source_id,
                run.started_unix_ns,
                now_unix_ns,
                beginning.writer,
                object(&identity.labels),
                object(&identity.metadata),
            ],
            |row| row.get(0),
        )
        .optional()?;
    let row = inserted.ok_or(WriteError::RunTaken)?;
    let sql = "INSERT INTO event (run, time_unix_ns, kind, name, attributes) VALUES (?1, ?2, 'annotation', ?3, '{}')";
    let mut insert = transaction.prepare_cached(sql)?;
    for note in beginning.notes {
        insert.execute(params![row, run.started_unix_ns, note])?;
    }
    Ok(row)
}

fn write_ids(transaction: &Transaction<'_>, row: i64, run: &OpenRun) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached("INSERT INTO series VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (id, key) in run.series.unwritten() {
        let status = key.status.map(u16::from);
        insert.execute(params![row, id, &*key.method, &*key.name, status, key.error_type.as_deref()])?;
    }
    let mut insert = transaction.prepare_cached("INSERT INTO worker VALUES (?1, ?2, ?3)")?;
    for (id, source_id) in run.workers.unwritten() {
        insert.execute(params![row, id, source_id])?;
    }
    // Counted by the windows that have them.
    let mut insert = transaction.prepare_cached("INSERT INTO error VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)")?;
    for (id, (series, message)) in run.errors.unwritten() {
        insert.execute(params![row, id, series, &**message, i64::MAX, i64::MIN])?;
    }
    Ok(())
}

fn write_window(transaction: &Transaction<'_>, row: i64, prepared: &Prepared) -> rusqlite::Result<()> {
    let second = prepared.second();
    transaction
        .prepare_cached("INSERT INTO journal (run, seq, second, message) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![row, integer(prepared.message.seq), second, prepared.message.json])?;
    write_second(transaction, row, prepared)?;
    for (id, worker) in &prepared.workers {
        write_worker(transaction, row, second, *id, worker)?;
    }
    for event in &prepared.events {
        write_event(transaction, row, event)?;
    }
    let mut count = transaction.prepare_cached(
        "UPDATE error SET count = count + ?3, first_s = min(first_s, ?4), last_s = max(last_s, ?4)
         WHERE run = ?1 AND id = ?2",
    )?;
    for (id, times) in &prepared.errors {
        count.execute(params![row, id, integer(*times), second])?;
    }
    if prepared.anomalies.is_some() || prepared.folded.is_some() {
        write_oddities(transaction, row, prepared)?;
    }
    Ok(())
}

fn write_second(transaction: &Transaction<'_>, row: i64, prepared: &Prepared) -> rusqlite::Result<()> {
    let Quantiles { p50_ms, p95_ms, p99_ms, max_ms } = prepared.quantiles.unwrap_or_default();
    transaction
        .prepare_cached(
            "INSERT INTO second VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (run, second) DO UPDATE SET
                 users = max(users, excluded.users),
                 requests = requests + excluded.requests,
                 failures = failures + excluded.failures,
                 response_bytes = response_bytes + excluded.response_bytes,
                 p50_ms = coalesce(excluded.p50_ms, p50_ms),
                 p95_ms = coalesce(excluded.p95_ms, p95_ms),
                 p99_ms = coalesce(excluded.p99_ms, p99_ms),
                 max_ms = coalesce(excluded.max_ms, max_ms),
                 hub_lag_ms = max(coalesce(hub_lag_ms, excluded.hub_lag_ms), coalesce(excluded.hub_lag_ms, hub_lag_ms)),
                 reasons = reasons | excluded.reasons,
                 cpu_percent = coalesce(excluded.cpu_percent, cpu_percent),
                 memory_bytes = coalesce(excluded.memory_bytes, memory_bytes)",
        )?
        .execute(params![
            row,
            prepared.second(),
            integer(prepared.users),
            integer(prepared.requests),
            integer(prepared.failures),
            integer(prepared.response_bytes),
            p50_ms,
            p95_ms,
            p99_ms,
            max_ms,
            prepared.hub_lag_max_ns.map(ms),
            prepared.reasons.bits(),
            prepared.cpu_percent,
            prepared.memory_bytes.map(integer),
        ])?;
    Ok(())
}

fn write_worker(
    transaction: &Transaction<'_>,
    row: i64,
    second: i64,
    id: u32,
    worker: &WorkerWindow,
) -> rusqlite::Result<()> {
    let system = worker.system.as_ref();
    transaction
        .prepare_cached(
            "INSERT INTO worker_second VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (run, worker, second) DO UPDATE SET
                 state = excluded.state,
                 users = max(users, excluded.users),
                 requests = requests + excluded.requests,
                 failures = failures + excluded.failures,
                 hub_lag_ms = max(coalesce(hub_lag_ms, excluded.hub_lag_ms), coalesce(excluded.hub_lag_ms, hub_lag_ms)),
                 reasons = reasons | excluded.reasons,
                 cpu_percent = coalesce(excluded.cpu_percent, cpu_percent),
                 memory_bytes = coalesce(excluded.memory_bytes, memory_bytes),
                 clock_offset_ms = coalesce(excluded.clock_offset_ms, clock_offset_ms),
                 clock_error_ms = coalesce(excluded.clock_error_ms, clock_error_ms)",
        )?
        .execute(params![
            row,
            id,
            second,
            worker.state.name(),
            integer(worker.users),
            integer(worker.requests),
            integer(worker.failures),
            worker.hub_lag_max_ns.map(ms),
            worker.reasons.bits(),
            system.map(|system| system.process_cpu_percent),
            system.map(|system| integer(system.process_memory_bytes)),
            worker.clock.map(|clock| clock.offset_ns as f64 / 1e6),
            worker.clock.map(|clock| ms(clock.error_ns)),
        ])?;
    Ok(())
}

fn write_event(transaction: &Transaction<'_>, row: i64, event: &Event) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO event (run, time_unix_ns, kind, name, attributes) VALUES (?1, ?2, 'event', ?3, ?4)",
        )?
        .execute(params![row, event.time_unix_ns, event.name, Value::from(pairs(&event.attributes)).to_string()])?;
    Ok(())
}

/// Several windows of a second make several entries of a list, which add up when they are read.
fn write_oddities(transaction: &Transaction<'_>, row: i64, prepared: &Prepared) -> rusqlite::Result<()> {
    let text = |value: &Option<Value>, empty: &str| value.as_ref().map_or(empty.to_owned(), Value::to_string);
    transaction
        .prepare_cached(
            "INSERT INTO oddity VALUES (?1, ?2, json_array(json(?3)), json_array(json(?4)))
             ON CONFLICT (run, second) DO UPDATE SET
                 anomalies = json_insert(anomalies, '$[#]', json(?3)),
                 folded = json_insert(folded, '$[#]', json(?4))",
        )?
        .execute(params![row, prepared.second(), text(&prepared.anomalies, "{}"), text(&prepared.folded, "[]"),])?;
    Ok(())
}

/// Writes what is known of the run as a whole; its endpoints too, if asked for.
pub(crate) fn write_figures(
    connection: &mut Connection,
    run: &mut OpenRun,
    now_unix_ns: i64,
    with_endpoints: bool,
) -> Result<(), WriteError> {
    let Some(row) = run.row else { return Ok(()) };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if with_endpoints {
        write_endpoints(&transaction, row, run)?;
    }
    let Quantiles { p50_ms, p95_ms, p99_ms, max_ms } = Quantiles::of(&run.total.stats.latency);
    let text = |value: Option<Value>| value.map(|value| value.to_string());
    transaction
        .prepare_cached(
            "UPDATE run SET
                 state = iif(?2 IS NULL, 'running', 'ended'), ended_unix_ns = ?2, heartbeat_unix_ns = ?3,
                 first_s = ?4, last_s = ?5, users_max = ?6, requests = ?7, failures = ?8, response_bytes = ?9,
                 p50_ms = ?10, p95_ms = ?11, p99_ms = ?12, max_ms = ?13, seconds = ?14, suspect_seconds = ?15,
                 facts = coalesce(?16, facts), summary = coalesce(?17, summary),
                 reconciliation = coalesce(?18, reconciliation), lost = ?19, started_unix_ns = ?20
             WHERE id = ?1",
        )?
        .execute(params![
            row,
            run.ended_unix_ns,
            now_unix_ns,
            run.bounds_s.map(|(first, _)| first),
            run.bounds_s.map(|(_, last)| last),
            integer(run.users_max),
            integer(run.total.stats.requests),
            integer(run.total.failures),
            integer(run.total.stats.response_bytes),
            p50_ms,
            p95_ms,
            p99_ms,
            max_ms,
            integer(run.confidence.seconds),
            integer(run.confidence.suspect_seconds),
            text(run.new_facts.clone().map(Value::from)),
            text(run.new_summary.clone().map(Value::from)),
            text(run.new_reconciliation.clone().map(Value::from)),
            text(run.lost.to_json()),
            run.started_unix_ns,
        ])?;
    transaction.commit()?;
    (run.new_facts, run.new_summary, run.new_reconciliation) = (None, None, None);
    if with_endpoints {
        run.endpoints.iter_mut().for_each(|endpoint| endpoint.is_stale = false);
    }
    Ok(())
}

fn write_endpoints(transaction: &Transaction<'_>, row: i64, run: &OpenRun) -> rusqlite::Result<()> {
    for endpoint in run.endpoints.iter().filter(|endpoint| endpoint.is_stale) {
        write_endpoint(transaction, row, &endpoint.name, &endpoint.method, &endpoint.tally)?;
    }
    Ok(())
}

/// Writes one endpoint over the whole run.
pub(crate) fn write_endpoint(
    connection: &Connection,
    row: i64,
    name: &str,
    method: &str,
    tally: &crate::figures::Tally,
) -> rusqlite::Result<()> {
    let latency = &tally.stats.latency;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO endpoint VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            row,
            name,
            method,
            integer(tally.stats.requests),
            integer(tally.failures),
            integer(tally.stats.response_bytes),
            latency.mean_ms(),
            latency.quantile_ms(0.0),
            latency.quantile_ms(0.5),
            latency.quantile_ms(0.9),
            latency.quantile_ms(0.95),
            latency.quantile_ms(0.99),
            latency.quantile_ms(0.999),
            latency.quantile_ms(1.0),
        ])?;
    Ok(())
}
