//! What is said of a run besides its tables: the same words in the terminal and in a pull request.

use crate::figures::{ErrorFigures, EventFigures, Figures, WorkerFigures};
use crate::time;
use crate::words::{count, counted, duration, latency, percent};

impl Figures {
    /// How long it took, who took part, and when it began.
    #[must_use]
    pub fn headline(&self) -> Vec<String> {
        let mut items = vec![duration(self.length)];
        for (number, noun) in [(self.workers.len() as u64, "worker"), (self.run.users_max, "user")] {
            if number > 0 {
                items.push(counted(number, noun));
            }
        }
        items
    }

    /// When the run began, and which part of it is shown; `readable` puts a second since the Unix epoch into words.
    #[must_use]
    pub fn when(&self, readable: impl Fn(i64) -> String) -> Vec<String> {
        let mut items = vec![format!("started {}", readable(time::second_of(self.run.started_unix_ns)))];
        if !self.is_whole {
            let after = |second: i64| duration(self.run.after_start(second));
            items.push(if self.to_s >= self.run.end_s {
                format!("only from {} after the start to the end", after(self.from_s))
            } else {
                format!("only {} to {} after the start", after(self.from_s), after(self.to_s))
            });
        }
        items
    }

    /// What a reader must know before believing any figure.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        match self.run.state.as_str() {
            "running" => warnings.push("The run is still on".to_owned()),
            "cut off" => warnings.push("The run was cut off: its last seconds may be missing".to_owned()),
            _ => {}
        }
        warnings.extend(self.run.lost.iter().map(|lost| format!("Not everything could be recorded: {lost}")));
        warnings
    }

    /// How far the response times can be trusted.
    #[must_use]
    pub fn verdict(&self) -> Vec<String> {
        let all = &self.confidence;
        if all.suspect_seconds == 0 {
            return vec![if all.seconds == 0 { "nothing was recorded" } else { "trusted" }.to_owned()];
        }
        let mut items = vec![format!("suspect in {} of {} s", count(all.suspect_seconds), count(all.seconds))];
        items.extend(
            all.reasons
                .iter()
                .map(|(reason, seconds)| format!("{} in {} s", reason.name().replace('_', " "), count(*seconds))),
        );
        items
    }

    /// How the count stands to Locust's own, which is of whole runs.
    #[must_use]
    pub fn books(&self) -> Vec<String> {
        let ours = count(self.total.requests);
        if !self.is_whole {
            return vec![format!("{ours} of {} recorded", count(self.run.requests))];
        }
        match self.run.locust_requests {
            Some(theirs) if theirs == self.total.requests => vec![format!("{ours} = Locust's {ours}")],
            Some(theirs) => {
                let difference = count(theirs.abs_diff(self.total.requests));
                vec![ours, format!("Locust counted {} (difference {difference})", count(theirs))]
            }
            None => vec![ours],
        }
    }
}

impl ErrorFigures {
    /// The class of the error, and the status if there was a response.
    #[must_use]
    pub fn kind(&self) -> String {
        self.status.map_or_else(|| self.error_type.clone(), |status| format!("{} {status}", self.error_type))
    }
}

impl WorkerFigures {
    /// Its state, requests, most CPU, latest hub tick and suspect seconds: a row of a table for people.
    #[must_use]
    pub fn in_words(&self) -> [String; 5] {
        [
            self.state.clone(),
            count(self.requests),
            self.cpu_percent_max.map_or_else(|| "-".to_owned(), percent),
            latency(self.hub_lag_ms_max),
            format!("{} s", count(self.suspect_seconds)),
        ]
    }
}

impl EventFigures {
    /// The event without what all of its kind begin with, or the annotation in quotes.
    #[must_use]
    pub fn text(&self) -> String {
        if self.is_annotation {
            format!("“{}”", self.name)
        } else {
            self.name.strip_prefix("locust.tl.event.").unwrap_or(&self.name).replace('.', " ")
        }
    }
}
