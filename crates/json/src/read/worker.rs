//! The lines of a master that tell of its workers.

use super::fields::Fields;
use super::{is_late, phase, seconds, verdict};
use crate::entry::{ClockEntry, WorkerEntry};
use crate::error::ParseLineError;
use locust_telemetry_core::FrameCounts;

/// What one worker did in an interval.
pub(super) fn parse(fields: &Fields<'_>) -> Result<WorkerEntry, ParseLineError> {
    let clock = fields.figure("clock_offset_ms")?.zip(fields.figure("clock_error_ms")?);
    Ok(WorkerEntry {
        run_id: fields.text("run_id")?,
        testplan: fields.text("testplan")?,
        source_id: fields.text("source_id")?,
        worker: fields.text("worker")?,
        state: fields.text("state")?,
        interval_start_ms: fields.time_ms("interval_start")?,
        interval_seconds: seconds(fields)?,
        phase: phase(fields)?,
        is_late: is_late(fields)?,
        user_count: fields.count("user_count")?,
        requests: fields.count("num_requests")?,
        failures: fields.count("num_failures")?,
        cpu_percent: fields.figure("cpu_percent")?,
        cpu_percent_max: fields.figure("cpu_percent_max")?,
        memory_mib: fields.figure("memory_mib")?,
        hub_lag_ms: fields.figure("hub_lag_ms")?,
        verdict: verdict(fields)?,
        clock: clock.map(|(offset_ms, error_ms)| ClockEntry { offset_ms, error_ms }),
        frames: frames(fields)?,
    })
}

/// What became of a worker's frames.
pub(super) fn frames(fields: &Fields<'_>) -> Result<FrameCounts, ParseLineError> {
    Ok(FrameCounts {
        received: fields.count("frames_received")?,
        resent: fields.count("frames_resent")?,
        reordered: fields.count("frames_reordered")?,
        replayed: fields.count("frames_replayed")?,
        refused: fields.count("frames_refused")?,
        lost: fields.count("frames_lost")?,
    })
}
