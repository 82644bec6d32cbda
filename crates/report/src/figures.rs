//! The figures of a run, or of a part of it: what every output is written from.
//!
//! Requests come from [`RunReader::aggregate`](locust_telemetry_store::RunReader::aggregate), percentiles from `Histogram::quantile_ms`, and nothing here or behind
//! this file rounds, averages or counts in a way of its own. So all outputs agree to the last digit.

pub(crate) mod read;

use crate::cause::Cause;
use crate::missing::Missing;
use crate::tally::Tally;
use locust_telemetry_core::{Length, Reason};
use serde_json::{Map, Value};

/// The figures of a run, or of a part of it. Lists come in the order in which they are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Which run.
    pub run: RunFacts,
    /// The first second of the range, since the Unix epoch.
    pub from_s: i64,
    /// The second after its last.
    pub to_s: i64,
    /// How long the run was on in these seconds: what every rate is over, and every output tells.
    pub length: Length,
    /// Whether the range is the whole run.
    pub is_whole: bool,
    /// All requests of the range.
    pub total: Tally,
    /// The endpoints, the most requested first.
    pub endpoints: Vec<EndpointFigures>,
    /// What failed, the most frequent first.
    pub errors: Vec<ErrorFigures>,
    /// How far the figures can be trusted.
    pub confidence: Confidence,
    /// On a master, its workers.
    pub workers: Vec<WorkerFigures>,
    /// When workers were missing, as far as that touches the range; the earliest first.
    pub missing: Vec<Missing>,
    /// What happened, in the order of time.
    pub events: Vec<EventFigures>,
}

/// What is known of a run as a whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFacts {
    /// Its id.
    pub run_id: String,
    /// The name of the test, the same from run to run.
    pub testplan: String,
    /// `running`, `ended` or `cut off`.
    pub state: String,
    /// When it began, in nanoseconds since the Unix epoch.
    pub started_unix_ns: i64,
    /// When it ended, if it did.
    pub ended_unix_ns: Option<i64>,
    /// Its first recorded second, since the Unix epoch.
    pub first_s: i64,
    /// The second after its last recorded one.
    pub end_s: i64,
    /// The most users at a time.
    pub users_max: u64,
    /// All requests that were recorded.
    pub requests: u64,
    /// What Locust itself counted, once the run is over.
    pub locust_requests: Option<u64>,
    /// Why that differs, if it does and it is known.
    pub causes: Vec<Cause>,
    /// What could not be recorded, in words.
    pub lost: Option<String>,
    /// How the user labelled it; texts.
    pub labels: Map<String, Value>,
    /// What the user noted.
    pub notes: String,
}

impl RunFacts {
    /// How long after its first second another one is.
    #[must_use]
    pub fn after_start(&self, second: i64) -> Length {
        Length::from_s(second.saturating_sub(self.first_s).max(0).unsigned_abs())
    }
}

/// One endpoint: the requests of one method and name, whatever their outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointFigures {
    /// The request's type.
    pub method: String,
    /// The request's name.
    pub name: String,
    /// Its requests.
    pub tally: Tally,
}

/// One error message of one endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorFigures {
    /// The request's type.
    pub method: String,
    /// The request's name.
    pub name: String,
    /// The response's status, if there was a response.
    pub status: Option<u16>,
    /// The class of the exception.
    pub error_type: String,
    /// What it said.
    pub message: String,
    /// How often.
    pub count: u64,
    /// The first and the last second in which it happened, since the Unix epoch.
    pub first_s: i64,
    /// See `first_s`.
    pub last_s: i64,
}

/// How far the figures can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Confidence {
    /// Seconds that were recorded.
    pub seconds: u64,
    /// Those of them that are suspect.
    pub suspect_seconds: u64,
    /// Why, and for how many seconds each; only reasons that occurred.
    pub reasons: Vec<(Reason, u64)>,
}

/// A moment that is marked on the charts.
#[derive(Debug, Clone, PartialEq)]
pub struct EventFigures {
    /// When, in nanoseconds since the Unix epoch.
    pub time_unix_ns: i64,
    /// What happened: a documented name, or the text of an annotation.
    pub name: String,
    /// Whether somebody wrote it down by hand.
    pub is_annotation: bool,
    /// What else is known of it; texts.
    pub attributes: Map<String, Value>,
}

/// One worker of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerFigures {
    /// `worker-<index>`.
    pub source_id: String,
    /// What was last known of its life.
    pub state: String,
    /// Its requests.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
    /// The most CPU that it used in a second, in percent of a core.
    pub cpu_percent_max: Option<f64>,
    /// The most that its gevent loop was late, in milliseconds.
    pub hub_lag_ms_max: Option<f64>,
    /// For how many seconds it was suspect.
    pub suspect_seconds: u64,
}
