//! A run as it stands in the list of runs.

use crate::writer_lock;
use locust_telemetry_core::{Length, RunSpan};
use locust_telemetry_pipeline::clock;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value, json};
use std::ops::Range;

/// Whether a run is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Its process writes it.
    Running,
    /// It has all its figures.
    Ended,
    /// Its process has ended without closing it: what was written until then is there, and no more came.
    CutOff,
}

impl RunState {
    /// The name in the file and for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ended => "ended",
            Self::CutOff => "cut off",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Running, Self::Ended, Self::CutOff].into_iter().find(|state| state.name() == name)
    }
}

/// What is known of a run as a whole. Times are nanoseconds and seconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// Its row in the file.
    pub(crate) id: i64,
    /// Its id, the same in all recorders.
    pub run_id: String,
    /// The name of the test.
    pub testplan: String,
    /// Whether it is on.
    pub state: RunState,
    /// `master` or `local`.
    pub role: String,
    /// The runner's class name.
    pub source: String,
    /// `master` or `local`.
    pub source_id: String,
    /// When it began.
    pub started_unix_ns: i64,
    /// When its last user had stopped; of one that was cut off, the last sign of life.
    pub ended_unix_ns: Option<i64>,
    /// The last sign of life of its process.
    pub heartbeat_unix_ns: i64,
    /// The first second that has a window.
    pub first_s: Option<i64>,
    /// The last second that has a window.
    pub last_s: Option<i64>,
    /// Seconds before this one are in strips.
    pub sealed_until_s: Option<i64>,
    /// Seconds before this one are kept as whole minutes only.
    pub compacted_until_s: Option<i64>,
    /// The number of its newest window.
    pub seq: u64,
    /// The most users of any second.
    pub users_max: u64,
    /// All requests.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
    /// Bytes of the responses.
    pub response_bytes: u64,
    /// Median response time.
    pub p50_ms: Option<f64>,
    /// Response time that 95 % did not exceed.
    pub p95_ms: Option<f64>,
    /// Response time that 99 % did not exceed.
    pub p99_ms: Option<f64>,
    /// The longest response time.
    pub max_ms: Option<f64>,
    /// Seconds that have a window.
    pub seconds: u64,
    /// Those in which latencies were suspect.
    pub suspect_seconds: u64,
    /// What somebody noted.
    pub notes: String,
    /// How the user labelled it.
    pub labels: Map<String, Value>,
    /// What plugins contributed.
    pub metadata: Map<String, Value>,
    /// What the Python side told of it; see [`Facts`](crate::Facts).
    pub facts: Map<String, Value>,
    /// The fields of its closing record.
    pub summary: Option<Map<String, Value>>,
    /// The fields of its comparison with Locust's own counts.
    pub reconciliation: Option<Map<String, Value>>,
    /// What could not be written: `windows`, `requests`, `first_s`, `last_s`. `None` if nothing was lost.
    pub lost: Option<Map<String, Value>>,
}

impl RunRow {
    /// What to select for [`read`](Self::read).
    pub(crate) const SELECT: &str = "SELECT * FROM run";

    /// Reads a row of the store that `store` is connected to.
    pub(crate) fn read(row: &Row<'_>, store: &Connection) -> rusqlite::Result<Self> {
        let count = |name: &str| row.get::<_, i64>(name).map(|count| u64::try_from(count).unwrap_or(0));
        let object = |name: &str| row.get::<_, Option<String>>(name).map(|text| text.as_deref().and_then(parse_object));
        let state: String = row.get("state")?;
        let (writer, heartbeat_unix_ns): (String, i64) = (row.get("writer")?, row.get("heartbeat_unix_ns")?);
        let state = match RunState::from_name(&state) {
            Some(RunState::Running)
                if writer_lock::is_gone(store, &writer, heartbeat_unix_ns, clock::now_unix_ns()) =>
            {
                RunState::CutOff
            }
            Some(state) => state,
            None => RunState::CutOff,
        };
        let ended_unix_ns: Option<i64> = row.get("ended_unix_ns")?;
        Ok(Self {
            id: row.get("id")?,
            run_id: row.get("run_id")?,
            testplan: row.get("testplan")?,
            state,
            role: row.get("role")?,
            source: row.get("source")?,
            source_id: row.get("source_id")?,
            started_unix_ns: row.get("started_unix_ns")?,
            ended_unix_ns: ended_unix_ns.or((state == RunState::CutOff).then_some(heartbeat_unix_ns)),
            heartbeat_unix_ns,
            first_s: row.get("first_s")?,
            last_s: row.get("last_s")?,
            sealed_until_s: row.get("sealed_until_s")?,
            compacted_until_s: row.get("compacted_until_s")?,
            seq: count("seq")?,
            users_max: count("users_max")?,
            requests: count("requests")?,
            failures: count("failures")?,
            response_bytes: count("response_bytes")?,
            p50_ms: row.get("p50_ms")?,
            p95_ms: row.get("p95_ms")?,
            p99_ms: row.get("p99_ms")?,
            max_ms: row.get("max_ms")?,
            seconds: count("seconds")?,
            suspect_seconds: count("suspect_seconds")?,
            notes: row.get("notes")?,
            labels: object("labels")?.unwrap_or_default(),
            metadata: object("metadata")?.unwrap_or_default(),
            facts: object("facts")?.unwrap_or_default(),
            summary: object("summary")?,
            reconciliation: object("reconciliation")?,
            lost: object("lost")?,
        })
    }

    /// When it was on, if these are all its seconds: from its start to its end, where that is known, else to the end of
    /// the last of them.
    #[must_use]
    pub fn span(&self, recorded: &Range<i64>) -> RunSpan {
        let ended_unix_ns = match (self.state, self.ended_unix_ns, self.last_s) {
            (RunState::Ended, Some(ended_unix_ns), _) => ended_unix_ns,
            // What was compacted is told of to the end of a minute. Only of a run that is closed, so its row has the last second.
            (RunState::CutOff, _, Some(last_s))
                if self.compacted_until_s.is_some_and(|until| recorded.end <= until) =>
            {
                clock::begin_of(last_s.saturating_add(1))
            }
            _ => clock::begin_of(recorded.end),
        };
        RunSpan { started_unix_ns: self.started_unix_ns, ended_unix_ns }
    }

    /// How long it was, as far as its row tells.
    #[must_use]
    pub fn length(&self) -> Length {
        let recorded = self.first_s.zip(self.last_s).map(|(first, last)| first..last.saturating_add(1));
        recorded.map_or(Length::NONE, |recorded| self.span(&recorded).length())
    }

    /// All of it as a JSON object, with the same names; `span` in seconds and nanoseconds, which readers that have no
    /// whole numbers of 64 bits take.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "run_id": self.run_id,
            "testplan": self.testplan,
            "state": self.state.name(),
            "role": self.role,
            "source": self.source,
            "source_id": self.source_id,
            "started_unix_ns": self.started_unix_ns,
            "ended_unix_ns": self.ended_unix_ns,
            "span": span_to_json(self.started_unix_ns, self.ended_unix_ns.filter(|_| self.state == RunState::Ended)),
            "heartbeat_unix_ns": self.heartbeat_unix_ns,
            "first_s": self.first_s,
            "last_s": self.last_s,
            "sealed_until_s": self.sealed_until_s,
            "compacted_until_s": self.compacted_until_s,
            "seq": self.seq,
            "users_max": self.users_max,
            "requests": self.requests,
            "failures": self.failures,
            "response_bytes": self.response_bytes,
            "p50_ms": self.p50_ms,
            "p95_ms": self.p95_ms,
            "p99_ms": self.p99_ms,
            "max_ms": self.max_ms,
            "seconds": self.seconds,
            "suspect_seconds": self.suspect_seconds,
            "notes": self.notes,
            "labels": self.labels,
            "metadata": self.metadata,
            "facts": self.facts,
            "summary": self.summary,
            "reconciliation": self.reconciliation,
            "lost": self.lost,
        })
    }
}

/// When a run was on, as pages get it: each moment as its second and the nanoseconds after that.
#[must_use]
pub fn span_to_json(started_unix_ns: i64, ended_unix_ns: Option<i64>) -> Value {
    let moment = |unix_ns: i64| {
        let second = clock::second_of(unix_ns);
        [second, unix_ns.saturating_sub(clock::begin_of(second))]
    };
    json!({ "started": moment(started_unix_ns), "ended": ended_unix_ns.map(moment) })
}

fn parse_object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}
