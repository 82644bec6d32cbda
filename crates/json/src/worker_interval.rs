//! What one worker did in an interval, as its master saw it, and the line that tells of it. Pure.

use crate::line;
use crate::verdict::Verdict;
use locust_telemetry_core::{ClockOffset, FrameCounts, Histogram, SystemSample, WorkerState, WorkerWindow};
use serde_json::{Map, Value, json};

const NS_PER_MS: f64 = 1_000_000.0;
const BYTES_PER_MIB: f64 = 1_048_576.0;

/// A worker's parts of some windows, put together.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorkerInterval {
    requests: u64,
    failures: u64,
    latency: Histogram,
    hub_lag_max_ns: Option<u64>,
    verdict: Verdict,
    cpu: Cpu,
    run_queue_delay_ns: Option<u64>,
    throttled_ns: Option<u64>,
    /// The second that users and levels are of.
    newest_s: Option<i64>,
    users: u64,
    /// Memory and network, at the end.
    levels: Option<SystemSample>,
    /// What the master knew last; counters of frames only grow.
    state: WorkerState,
    clock: Option<ClockOffset>,
    frames: FrameCounts,
}

/// The process's CPU in percent of one core, over some samples of equal length.
#[derive(Debug, Clone, Copy, Default)]
struct Cpu {
    samples: u32,
    sum_percent: f64,
    max_percent: f64,
}

impl Cpu {
    fn add(&mut self, percent: f64) {
        self.samples += 1;
        self.sum_percent += percent;
        self.max_percent = self.max_percent.max(percent);
    }

    fn mean_percent(self) -> Option<f64> {
        (self.samples > 0).then(|| self.sum_percent / f64::from(self.samples))
    }

    fn max_percent(self) -> Option<f64> {
        (self.samples > 0).then_some(self.max_percent)
    }
}

impl WorkerInterval {
    /// Adds the worker's part of the window of the second `start_s`.
    pub(crate) fn add(&mut self, start_s: i64, part: &WorkerWindow) {
        self.requests += part.requests;
        self.failures += part.failures;
        self.latency.merge(&part.latency);
        self.hub_lag_max_ns = self.hub_lag_max_ns.max(part.hub_lag_max_ns);
        self.verdict.add(start_s, part.reasons);
        let is_newest = self.newest_s.is_none_or(|newest_s| start_s >= newest_s);
        if is_newest {
            self.newest_s = Some(start_s);
            self.users = part.users;
        }
        if let Some(sample) = &part.system {
            self.cpu.add(sample.process_cpu_percent);
            add_known(&mut self.run_queue_delay_ns, sample.run_queue_delay_since_last_ns);
            add_known(&mut self.throttled_ns, sample.throttled_since_last_ns);
            if is_newest || self.levels.is_none() {
                self.levels = Some(sample.clone());
            }
        }
        self.state = part.state;
        self.clock = part.clock.or(self.clock);
        self.frames = part.frames;
    }

    /// Appends the fields that tell of `seconds` seconds of the worker `source_id`.
    pub(crate) fn extend_fields(&self, fields: &mut Map<String, Value>, source_id: &str, seconds: u64) {
        let ms = |ns: Option<u64>| ns.map(|ns| ns as f64 / NS_PER_MS);
        let mib = |bytes: fn(&SystemSample) -> u64| self.levels.as_ref().map(|at| bytes(at) as f64 / BYTES_PER_MIB);
        line::extend(
            fields,
            json!({
                "worker": source_id,
                "state": self.state.name(),
                "user_count": self.users,
                "num_requests": self.requests,
                "num_failures": self.failures,
                "current_rps": self.requests as f64 / seconds as f64,
                "percentile_50": self.latency.quantile_ms(0.5),
                "percentile_95": self.latency.quantile_ms(0.95),
                "percentile_99": self.latency.quantile_ms(0.99),
                "max_response_time": ms(self.latency.max_ns()),
                "cpu_percent": self.cpu.mean_percent(),
                "cpu_percent_max": self.cpu.max_percent(),
                "memory_mib": mib(|at| at.process_memory_bytes),
                "network_sent_mib": mib(|at| at.network_sent_bytes),
                "network_recv_mib": mib(|at| at.network_received_bytes),
                "hub_lag_ms": ms(self.hub_lag_max_ns),
                "run_queue_delay_ms": ms(self.run_queue_delay_ns),
                "throttled_ms": ms(self.throttled_ns),
            }),
        );
        line::extend(fields, self.verdict.fields());
        line::extend(
            fields,
            json!({
                "clock_offset_ms": self.clock.map(|clock| clock.offset_ns as f64 / NS_PER_MS),
                "clock_error_ms": self.clock.map(|clock| clock.error_ns as f64 / NS_PER_MS),
            }),
        );
        line::extend(fields, frame_fields(&self.frames));
    }
}

/// The fields of a record that tell of a worker's frames.
pub(crate) fn frame_fields(frames: &FrameCounts) -> Value {
    json!({
        "frames_received": frames.received,
        "frames_resent": frames.resent,
        "frames_reordered": frames.reordered,
        "frames_replayed": frames.replayed,
        "frames_refused": frames.refused,
        "frames_lost": frames.lost,
    })
}

/// Adds what is known; a sum of nothing known stays unknown.
fn add_known(sum: &mut Option<u64>, part: Option<u64>) {
    if let Some(part) = part {
        *sum = Some(sum.unwrap_or(0).saturating_add(part));
    }
}
