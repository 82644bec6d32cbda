//! Some seconds of one run, put together, and the lines that tell of them. Pure.

use crate::line::{self, LOGGER_NAME, STATS_NAME, WORKER_STATS_NAME};
use crate::lines::Lines;
use crate::phase::Phase;
use crate::time::{self, NS_PER_S};
use crate::verdict::Verdict;
use crate::worker_interval::WorkerInterval;
use locust_telemetry_core::bucket::SCALE;
use locust_telemetry_core::{
    EndpointKey, EndpointStats, Histogram, RequestAggregate, RunIdentity, SeriesKey, SeriesStats,
};
use locust_telemetry_pipeline::{Load, RunWindow};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Windows of one run, put together.
#[derive(Debug, Clone)]
pub struct Interval {
    run: Arc<RunIdentity>,
    phase: Phase,
    /// Whether it corrects a second that other intervals have passed.
    is_late: bool,
    requests: RequestAggregate,
    /// Simulated users at the end of the newest second.
    users: u64,
    verdict: Verdict,
    /// On a master, by the worker's id.
    workers: BTreeMap<String, WorkerInterval>,
    /// The first second and the one after the last, since the Unix epoch.
    start_s: i64,
    end_s: i64,
}

impl Interval {
    /// An interval that begins with `window`.
    #[must_use]
    pub fn begin(window: &RunWindow, phase: Phase) -> Self {
        let start_s = window.window.start_s;
        let mut interval = Self {
            run: Arc::clone(&window.run),
            phase,
            is_late: false,
            requests: RequestAggregate::default(),
            users: 0,
            verdict: Verdict::default(),
            workers: BTreeMap::new(),
            start_s,
            end_s: start_s,
        };
        interval.add(window);
        interval
    }

    /// An interval of one window only, which came when others had passed its second.
    #[must_use]
    pub fn late(window: &RunWindow, phase: Phase) -> Self {
        Self { is_late: true, ..Self::begin(window, phase) }
    }

    /// Adds a window of the same run and phase.
    pub fn add(&mut self, window: &RunWindow) {
        let RunWindow { window, .. } = window;
        self.requests.merge(&window.requests);
        self.verdict.add(window.start_s, window.reasons);
        for part in &window.workers {
            match self.workers.get_mut(&part.source_id) {
                Some(worker) => worker.add(window.start_s, part),
                None => self.workers.entry(part.source_id.clone()).or_default().add(window.start_s, part),
            }
        }
        if window.start_s.saturating_add(1) >= self.end_s {
            self.users = window.users;
        }
        self.start_s = self.start_s.min(window.start_s);
        self.end_s = self.end_s.max(window.start_s.saturating_add(1));
    }

    /// Whether `window` is of the same run and within `length_s` seconds from the start.
    ///
    /// One that is not, as after a jump of the clock or a suspended process, opens an interval of its own.
    #[must_use]
    pub fn takes(&self, window: &RunWindow, length_s: u64) -> bool {
        let after = window.window.start_s.checked_sub(self.start_s).and_then(|after| u64::try_from(after).ok());
        after.is_some_and(|after| after < length_s) && self.run == window.run
    }

    /// How many seconds it covers, from the first to the last window; at least 1.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.end_s.abs_diff(self.start_s).max(1)
    }

    /// The first second, since the Unix epoch.
    pub(crate) fn start_s(&self) -> i64 {
        self.start_s
    }

    /// The second after the last.
    pub(crate) fn end_s(&self) -> i64 {
        self.end_s
    }

    /// Appends one line for each endpoint that had requests, and one for each worker.
    ///
    /// An endpoint's line carries its requests; a worker's carries none, since they are the same requests again.
    pub fn encode(&self, lines: &mut Lines) {
        for (key, stats) in self.requests.endpoints() {
            let line = self.line(STATS_NAME, self.endpoint_fields(&key, &stats));
            lines.push(&line, Load::requests(stats.all.requests));
        }
        for (source_id, worker) in &self.workers {
            let mut fields = self.begin_fields(WORKER_STATS_NAME, "worker");
            worker.extend_fields(&mut fields, source_id, self.seconds());
            lines.push(&self.line(WORKER_STATS_NAME, fields), Load::NONE);
        }
    }

    fn line(&self, name: &str, fields: Map<String, Value>) -> Vec<u8> {
        let message = format!("Recording telemetry metrics: {name}");
        line::encode_parts(self.end_s.saturating_mul(NS_PER_S), "INFO", LOGGER_NAME, &message, fields)
    }

    /// What every line of the interval begins with.
    fn begin_fields(&self, name: &str, stats_type: &str) -> Map<String, Value> {
        let mut fields = line::identity_fields("metrics", name, &self.run);
        line::extend(
            &mut fields,
            json!({
                "stats_type": stats_type,
                "interval_start": time::rfc3339_ms(self.start_s.saturating_mul(NS_PER_S)),
                "interval_seconds": self.seconds(),
                "phase": self.phase.name(),
            }),
        );
        if self.is_late {
            fields.insert("late".into(), true.into());
        }
        fields
    }

    fn endpoint_fields(&self, key: &EndpointKey<'_>, stats: &EndpointStats<'_>) -> Map<String, Value> {
        let latency = &stats.all.latency;
        let per_second = |count: u64| count as f64 / self.seconds() as f64;
        let ms = |ns: Option<u64>| ns.map(|ns| ns as f64 / 1_000_000.0);
        let mut fields = self.begin_fields(STATS_NAME, "interval");
        line::extend(&mut fields, self.verdict.fields());
        line::extend(
            &mut fields,
            json!({
                "user_count": self.users,
                "method": key.method,
                "name": key.name,
                "num_requests": stats.all.requests,
                "num_failures": stats.failures,
                "current_rps": per_second(stats.all.requests),
                "current_fail_per_sec": per_second(stats.failures),
                "avg_response_time": latency.mean_ms(),
                "min_response_time": ms(latency.min_ns()),
                "max_response_time": ms(latency.max_ns()),
                "percentile_50": latency.quantile_ms(0.5),
                "percentile_90": latency.quantile_ms(0.9),
                "percentile_95": latency.quantile_ms(0.95),
                "percentile_99": latency.quantile_ms(0.99),
                "percentile_99_9": latency.quantile_ms(0.999),
                "response_bytes": stats.all.response_bytes,
                "outcomes": outcomes(stats),
                "histogram": histogram(latency),
            }),
        );
        fields
    }
}

fn outcomes(stats: &EndpointStats<'_>) -> Vec<Value> {
    let outcome = |(key, stats): &(&SeriesKey, &SeriesStats)| {
        json!({
            "status": key.status.map(u16::from),
            "error_type": key.error_type.as_deref(),
            "num_requests": stats.requests,
        })
    };
    stats.outcomes.iter().map(outcome).collect()
}

/// The histogram as [`read`](crate::read) rebuilds it. The sum is text, as it may be above 2^53.
fn histogram(latency: &Histogram) -> Value {
    let (offset, counts) = latency.buckets();
    json!({
        "scale": SCALE,
        "unit": "ms",
        "zero_count": latency.zero_count(),
        "sum_ns": latency.sum_ns().to_string(),
        "min_ns": latency.min_ns().unwrap_or(0),
        "max_ns": latency.max_ns().unwrap_or(0),
        "offset": offset,
        "counts": counts,
    })
}
