//! Why what was recorded and what Locust itself counted differ, in words.

use crate::words::counted;
use jiff::Timestamp;
use locust_telemetry_core::series::OVERFLOW_NAME;
use serde_json::{Map, Value};

/// One cause, as the closing records of a run tell it. What does not apply is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cause {
    /// Its name, such as `frames_lost`.
    pub name: String,
    /// The worker to which it happened.
    pub worker: Option<String>,
    /// When it began: milliseconds since the Unix epoch.
    pub from_ms: Option<i64>,
    /// When it ended: milliseconds since the Unix epoch.
    pub until_ms: Option<i64>,
    /// How many frames are lost.
    pub frames: Option<u64>,
    /// How many requests it accounts for.
    pub requests: Option<u64>,
    /// Unexplained: requests that only Locust has.
    pub missing_requests: Option<u64>,
    /// Unexplained: requests that were only recorded.
    pub surplus_requests: Option<u64>,
    /// Unexplained: failures that differ by more than the requests.
    pub failures: Option<u64>,
}

impl Cause {
    /// The causes in the fields of a run's reconciliation.
    pub(crate) fn of_record(record: &Map<String, Value>) -> Vec<Self> {
        let causes = record.get("causes").and_then(Value::as_array);
        causes.into_iter().flatten().filter_map(Value::as_object).map(Self::read).collect()
    }

    fn read(fields: &Map<String, Value>) -> Self {
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        let number = |key: &str| fields.get(key).and_then(Value::as_u64);
        let moment = |key: &str| text(key)?.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
        Self {
            name: text("cause").unwrap_or("unknown").to_owned(),
            worker: text("worker").map(str::to_owned),
            from_ms: moment("from"),
            until_ms: moment("until"),
            frames: number("frames"),
            requests: number("requests"),
            missing_requests: number("missing_requests"),
            surplus_requests: number("surplus_requests"),
            failures: number("failures"),
        }
    }

    /// Who or what, when, and how many requests: phrases that make a sentence, which may be on several lines.
    /// `time_of_day` puts milliseconds since the Unix epoch into words.
    #[must_use]
    pub fn in_words(&self, time_of_day: impl Fn(i64) -> String) -> Vec<String> {
        let worker = self.worker.as_deref().unwrap_or("a worker");
        let requests = self.requests.map(|requests| counted(requests, "request"));
        let share = requests.as_ref().map(|requests| format!("({requests})"));
        let some = requests.as_deref().unwrap_or("requests");
        let span = self.from_ms.zip(self.until_ms);
        let seconds = span.map(|(from, until)| format!("from {} to {}", time_of_day(from), time_of_day(until)));
        let (what, more) = match self.name.as_str() {
            "frames_lost" => {
                let lost = match self.frames.unwrap_or(0) {
                    // A frame holds whole seconds, and follows them; who is killed sends no last one.
                    0 => "ended before its last frame".to_owned(),
                    frames => format!("lost {}", counted(frames, "frame")),
                };
                (format!("{worker} {lost}"), seconds.into_iter().chain(share).collect())
            }
            "reports_lost" => (format!("Locust lacks the last report of {worker}"), Vec::from_iter(share)),
            "worker_silent" => (format!("{worker} sent no telemetry at all"), Vec::from_iter(share)),
            "statistics_reset" => (format!("Locust's statistics were reset and forgot {some}"), Vec::new()),
            "after_locust" => (format!("{some} came when Locust took no more reports"), Vec::new()),
            "overflow" => (format!("{some} under {OVERFLOW_NAME} instead of their own names"), Vec::new()),
            "unexplained" => ("unexplained:".to_owned(), self.unexplained()),
            other => (other.to_owned(), Vec::from_iter(share)),
        };
        std::iter::once(what).chain(more).collect()
    }

    fn unexplained(&self) -> Vec<String> {
        let parts = [
            (self.missing_requests, "request", "missing here"),
            (self.surplus_requests, "request", "missing at Locust"),
            (self.failures, "failure", "counted differently"),
        ];
        let parts = parts.into_iter().filter_map(|(number, noun, what)| Some((number.filter(|n| *n > 0)?, noun, what)));
        let mut parts: Vec<_> =
            parts.map(|(number, noun, what)| format!("{} {what},", counted(number, noun))).collect();
        if let Some(last) = parts.last_mut() {
            last.pop();
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn in_words(causes: &Value) -> Vec<String> {
        let record = json!({ "causes": causes });
        let causes = Cause::of_record(record.as_object().unwrap());
        causes.iter().map(|cause| cause.in_words(|ms| format!("{ms} ms")).join(" ")).collect()
    }

    #[test]
    fn a_killed_worker_is_named_with_its_part_of_the_difference() {
        let causes = json!([
            { "cause": "reports_lost", "worker": "worker-1", "requests": 84 },
            { "cause": "frames_lost", "worker": "worker-2", "frames": 0, "from": "1970-01-01T00:00:01.000Z",
              "until": "1970-01-01T00:00:03.000Z" },
        ]);
        assert_eq!(
            in_words(&causes),
            [
                "Locust lacks the last report of worker-1 (84 requests)",
                "worker-2 ended before its last frame from 1000 ms to 3000 ms",
            ]
        );
    }

    #[test]
    fn a_record_without_causes_or_of_another_version_is_told_as_far_as_it_is_known() {
        assert_eq!(in_words(&json!(null)), Vec::<String>::new());
        assert_eq!(
            in_words(&json!([{ "cause": "solar_flare", "requests": 9 }, {}, 7])),
            ["solar_flare (9 requests)", "unknown"]
        );
    }
}
