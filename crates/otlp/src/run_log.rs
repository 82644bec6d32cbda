//! Log records of a run: its events, and each distinct failure when it occurs first and, with its count, at the end.

use crate::attributes::{AttributeValue, Attributes};
use crate::log_queue::LogQueue;
use locust_telemetry_core::{Role, RunIdentity, SeriesKey};
use locust_telemetry_pipeline::RunWindow;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many distinct failures of a run get records; the summary of a run counts all.
const MAX_FAILURES: usize = 1_000;

/// Events of which the user should know; the others are for the record.
const WARNINGS: [&str; 3] =
    ["locust.tl.event.cpu.warning", "locust.tl.event.worker.missing", "locust.tl.event.worker.gone"];

/// Events that each process tells of itself; the others are the master's to tell.
const OWN_EVENTS: [&str; 1] = ["locust.tl.event.cpu.warning"];

const FAILURE_FIRST: &str = "locust.tl.failure.first";
const FAILURE_COUNT: &str = "locust.tl.failure.count";

/// A record of OTLP. `severity` is one of OpenTelemetry's numbers, 1 to 24.
#[must_use]
pub(crate) fn log_record(
    time_ns: u64,
    severity: i32,
    severity_text: &str,
    event_name: &str,
    body: &str,
    attributes: &Attributes,
) -> LogRecord {
    LogRecord {
        time_unix_nano: time_ns,
        observed_time_unix_nano: time_ns,
        severity_number: severity,
        severity_text: severity_text.to_owned(),
        body: Some(AnyValue { value: Some(Value::StringValue(body.to_owned())) }),
        attributes: attributes.to_proto(),
        event_name: event_name.to_owned(),
        ..LogRecord::default()
    }
}

/// Follows one run at a time.
#[derive(Debug, Default)]
pub(crate) struct RunLog {
    run: Option<Arc<RunIdentity>>,
    failures: BTreeMap<Arc<SeriesKey>, u64>,
    /// Whether the run has ended and its failures were told; stragglers are not told again.
    is_told: bool,
}

impl RunLog {
    /// Takes a window; `tells_failures` says whether this process tells of failed requests.
    pub(crate) fn add(&mut self, window: &RunWindow, tells_failures: bool, queue: &LogQueue) {
        let is_same = self.run.as_ref().is_some_and(|run| run.run_id == window.run.run_id);
        if !is_same {
            self.end(time_ns(window.window.start_s), queue);
            *self = Self { run: Some(Arc::clone(&window.run)), ..Self::default() };
        }
        for event in &window.window.events {
            if window.run.role == Role::Worker && !OWN_EVENTS.contains(&&*event.name) {
                continue;
            }
            let (severity, text) = if WARNINGS.contains(&&*event.name) {
                (SeverityNumber::Warn, "WARN")
            } else {
                (SeverityNumber::Info, "INFO")
            };
            let more = event.attributes.iter().map(|(key, value)| (&**key, value.as_str().into()));
            let attributes = attributes(&window.run, more);
            let at_ns = u64::try_from(event.time_unix_ns).unwrap_or(0);
            queue.push(log_record(at_ns, severity as i32, text, &event.name, &event.name, &attributes));
        }
        if tells_failures {
            self.add_failures(window, queue);
        }
    }

    fn add_failures(&mut self, window: &RunWindow, queue: &LogQueue) {
        for (key, stats) in window.window.requests.series.iter().filter(|(key, _)| key.is_failure()) {
            if let Some(count) = self.failures.get_mut(key) {
                *count += stats.requests;
            } else if self.failures.len() < MAX_FAILURES {
                self.failures.insert(Arc::clone(key), stats.requests);
                let attributes = attributes(&window.run, failure(key));
                let at_ns = time_ns(window.window.start_s);
                let (severity, body) = (SeverityNumber::Error as i32, sentence(key));
                queue.push(log_record(at_ns, severity, "ERROR", FAILURE_FIRST, &body, &attributes));
            }
        }
    }

    /// The run has ended at `time_ns`: tells how often each failure occurred.
    pub(crate) fn end(&mut self, time_ns: u64, queue: &LogQueue) {
        let Some(run) = self.run.as_ref().filter(|_| !self.is_told) else { return };
        self.is_told = true;
        for (key, count) in &self.failures {
            let more = failure(key).chain([("count", AttributeValue::Int(i64::try_from(*count).unwrap_or(i64::MAX)))]);
            let attributes = attributes(run, more);
            let body = format!("{} ({count} times)", sentence(key));
            queue.push(log_record(time_ns, SeverityNumber::Error as i32, "ERROR", FAILURE_COUNT, &body, &attributes));
        }
    }
}

fn attributes<'a>(run: &RunIdentity, more: impl Iterator<Item = (&'a str, AttributeValue)>) -> Attributes {
    let run = [
        ("run_id", run.run_id.as_str().into()),
        ("testplan", run.testplan.as_str().into()),
        ("source", run.source.as_str().into()),
        ("source_id", run.source_id.as_str().into()),
    ];
    Attributes::new(run.into_iter().chain(more).map(|(key, value)| (key.into(), value)))
}

fn failure(key: &SeriesKey) -> impl Iterator<Item = (&'static str, AttributeValue)> {
    let status = key.status.map(|status| ("status_code", i64::from(status.get()).into()));
    let error = key.error_type.as_deref().map(|error| ("error_type", error.into()));
    [("endpoint", (&*key.name).into()), ("method", (&*key.method).into())].into_iter().chain(status).chain(error)
}

fn sentence(key: &SeriesKey) -> String {
    let status = key.status.map(|status| format!(" {status}")).unwrap_or_default();
    format!("{} {} failed: {}{status}", key.method, key.name, key.error_type.as_deref().unwrap_or_default())
}

fn time_ns(second: i64) -> u64 {
    u64::try_from(second).unwrap_or(0).saturating_mul(1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use locust_telemetry_core::{Event, SeriesStats, Window};
    use locust_telemetry_pipeline::RunWindow;
    use std::num::NonZeroU16;

    fn run(role: Role) -> Arc<RunIdentity> {
        Arc::new(RunIdentity {
            run_id: "a".into(),
            testplan: "plan".into(),
            role,
            source: "Runner".into(),
            source_id: "here".into(),
            metadata: Vec::new(),
            labels: Vec::new(),
        })
    }

    fn window(role: Role, events: &[&str], failures: u64) -> RunWindow {
        let event = |name: &&str| Event { time_unix_ns: 5, name: (*name).to_owned(), attributes: Vec::new() };
        let mut window = Window { start_s: 1, events: events.iter().map(event).collect(), ..Window::default() };
        let key = SeriesKey {
            name: "/cart".into(),
            method: "POST".into(),
            status: NonZeroU16::new(503),
            error_type: Some("HTTPError".into()),
        };
        if failures > 0 {
            window.requests.series.insert(Arc::new(key), SeriesStats { requests: failures, ..SeriesStats::default() });
        }
        RunWindow { run: run(role), window }
    }

    fn taken(queue: &LogQueue) -> Vec<(String, String)> {
        let body = |record: &LogRecord| match record.body.clone().unwrap().value {
            Some(Value::StringValue(text)) => text,
            _ => String::new(),
        };
        queue.take().into_iter().map(|record| (record.severity_text.clone(), body(&record))).collect()
    }

    fn expect(severity: &str, body: &str) -> (String, String) {
        (severity.to_owned(), body.to_owned())
    }

    #[test]
    fn events_are_told_by_whom_they_belong_to() {
        let (queue, mut log) = (LogQueue::new(100, 100), RunLog::default());
        let events = ["locust.tl.event.test.start", "locust.tl.event.cpu.warning"];
        log.add(&window(Role::Master, &events, 0), true, &queue);
        assert_eq!(taken(&queue), [expect("INFO", events[0]), expect("WARN", events[1])]);
        log.add(&window(Role::Worker, &events, 0), true, &queue);
        assert_eq!(taken(&queue), [expect("WARN", events[1])]);
    }

    #[test]
    fn a_failure_is_told_when_it_occurs_first_and_counted_at_the_end() {
        let (queue, mut log) = (LogQueue::new(100, 100), RunLog::default());
        log.add(&window(Role::Worker, &[], 2), true, &queue);
        log.add(&window(Role::Worker, &[], 3), true, &queue);
        assert_eq!(taken(&queue), [expect("ERROR", "POST /cart failed: HTTPError 503")]);
        log.end(9, &queue);
        assert_eq!(taken(&queue), [expect("ERROR", "POST /cart failed: HTTPError 503 (5 times)")]);
        log.end(9, &queue);
        assert!(taken(&queue).is_empty());
        log.add(&window(Role::Worker, &[], 1), true, &queue);
        log.end(9, &queue);
        assert!(taken(&queue).is_empty(), "a straggler is told again");
    }

    #[test]
    fn failures_are_not_told_twice_where_others_tell_them() {
        let (queue, mut log) = (LogQueue::new(100, 100), RunLog::default());
        log.add(&window(Role::Master, &[], 2), false, &queue);
        log.end(9, &queue);
        assert!(taken(&queue).is_empty());
    }
}
