//! A window as it waits to be written.

use crate::feed::WindowMessage;
use crate::figures::Quantiles;
use crate::gain::Gain;
use locust_telemetry_core::{Event, Reasons, WorkerWindow};

/// All that the file gets of one window.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) message: WindowMessage,
    /// What each series gained.
    pub(crate) gains: Vec<(u32, Gain)>,
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    pub(crate) response_bytes: u64,
    /// Response times of the second, with its other windows; `None` where they were sealed already.
    pub(crate) quantiles: Option<Quantiles>,
    pub(crate) users: u64,
    pub(crate) hub_lag_max_ns: Option<u64>,
    pub(crate) reasons: Reasons,
    pub(crate) cpu_percent: Option<f64>,
    pub(crate) memory_bytes: Option<u64>,
    /// By id.
    pub(crate) workers: Vec<(u32, WorkerWindow)>,
    pub(crate) events: Vec<Event>,
    /// By id of the error.
    pub(crate) errors: Vec<(u32, u64)>,
    /// What was odd, as JSON, if anything was.
    pub(crate) anomalies: Option<serde_json::Value>,
    /// Names that went to the overflow series, as JSON.
    pub(crate) folded: Option<serde_json::Value>,
}

impl Prepared {
    /// About how much memory it takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let gain = |(_, gain): &(u32, Gain)| size_of::<(u32, Gain)>() + size_of_val(gain.latency.buckets());
        1_000 + self.message.json.len() + self.gains.iter().map(gain).sum::<usize>()
    }

    pub(crate) fn second(&self) -> i64 {
        self.message.second
    }
}
