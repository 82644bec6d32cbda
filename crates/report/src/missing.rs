//! When workers were missing, and what that means for the figures; the page says the same (`web/src/model/missing.ts`).

use crate::words::{count, counted};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Of so many of a worker's last seconds the busiest tells how fast it was.
const PACE_SECONDS: usize = 10;

/// For so many seconds a worker may have gone on after its last word: windows are closed each second, and go out a
/// moment later.
const UNTOLD_SECONDS: u64 = 2;

/// One second of a worker, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkerSecond {
    /// Since the Unix epoch.
    pub(crate) second: i64,
    pub(crate) users: u64,
    pub(crate) requests: u64,
    pub(crate) presence: Presence,
}

/// Whether a worker was there in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It told of it.
    Told,
    /// It was to tell of it, and has not.
    Missing,
    /// It has not, but was not expected to: others have its users, or the run was over.
    Unexpected,
}

/// A stretch of time in which nothing came from a worker that was to make load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `worker-<index>`.
    pub worker: String,
    /// The first second that lacks it, since the Unix epoch.
    pub from_s: i64,
    /// The second after the last that lacks it.
    pub to_s: i64,
    /// Whether it never told anything again.
    pub is_for_good: bool,
    /// Whether other workers had its users from `to_s` on.
    pub is_taken_over: bool,
    /// How many users it had before; `None` where it never told.
    pub users: Option<u64>,
    /// How many requests it may have made at most that nobody recorded.
    pub requests_at_most: u64,
}

impl Missing {
    /// The stretches of a worker, from its seconds in their order.
    pub(crate) fn of(worker: &str, seconds: impl IntoIterator<Item = WorkerSecond>) -> Vec<Self> {
        let mut found = Vec::<Self>::new();
        // The newest, as far as they tell its pace.
        let mut told = VecDeque::<WorkerSecond>::new();
        for row in seconds {
            match row.presence {
                Presence::Unexpected => {}
                Presence::Told => {
                    found.last_mut().into_iter().for_each(|last| last.is_for_good = false);
                    told.push_back(row);
                    told.drain(..told.len().saturating_sub(PACE_SECONDS));
                }
                Presence::Missing => match found.last_mut().filter(|last| last.to_s == row.second) {
                    Some(last) => last.to_s += 1,
                    None => found.push(Self::beginning(worker, row.second, &told)),
                },
            }
        }
        // Without users it made no load that could be missed. What a gap lost of one that came back, nobody knows.
        found.retain(|missing| !missing.is_for_good || missing.users != Some(0));
        found
    }

    /// Takes how many users all workers had in the last second before it, and have in the first after it: others have
    /// its users where these are no fewer. The end of the run leaves fewer.
    pub(crate) fn compare_users(&mut self, before: u64, after: u64) {
        self.is_taken_over = self.is_for_good && self.users.is_some() && before > 0 && after >= before;
    }

    fn beginning(worker: &str, second: i64, told: &VecDeque<WorkerSecond>) -> Self {
        let pace = told.iter().map(|row| row.requests).max().unwrap_or(0);
        Self {
            worker: worker.to_owned(),
            from_s: second,
            to_s: second.saturating_add(1),
            is_for_good: true,
            is_taken_over: false,
            users: told.back().map(|row| row.users),
            requests_at_most: pace.saturating_mul(UNTOLD_SECONDS),
        }
    }

    /// As the page reads it: `MissingRow` in `web/src/model/wire.ts`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "worker": self.worker,
            "from_s": self.from_s,
            "to_s": self.to_s,
            "is_for_good": self.is_for_good,
            "is_taken_over": self.is_taken_over,
            "users": self.users,
            "requests_at_most": self.requests_at_most,
        })
    }

    /// Who, when, and what it means. `time_of_day` puts seconds since the Unix epoch into words.
    #[must_use]
    pub fn in_words(&self, time_of_day: impl Fn(i64) -> String) -> String {
        let Self { worker, from_s, to_s, users, requests_at_most, .. } = self;
        let whose = match users {
            None | Some(0) => "its users".to_owned(),
            Some(users) => format!("its {}", counted(*users, "user")),
        };
        let (from, to) = (time_of_day(*from_s), time_of_day(*to_s));
        if !self.is_for_good {
            return format!("{worker} was missing from {from} to {to}; what {whose} did then may not be recorded");
        }
        let unrecorded = match requests_at_most {
            0 => String::new(),
            requests => format!(", up to {} requests may not be recorded", count(*requests)),
        };
        let until = if self.is_taken_over { format!(" until others had them at {to}") } else { String::new() };
        format!("{worker} was lost at {from}; {whose} stopped making load{until}{unrecorded}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases that the page is tested with too.
    const CASES: &str = include_str!("../tests/golden/missing.json");

    #[test]
    fn each_case_is_told_as_the_page_tells_it() {
        let cases: Value = serde_json::from_str(CASES).unwrap();
        for case in cases.as_array().unwrap() {
            let rows = case["seconds"].as_array().unwrap().iter().map(|row| {
                let number = |place: usize| row[place].as_u64().unwrap();
                let presence = match row[3].as_str().unwrap() {
                    "told" => Presence::Told,
                    "missing" => Presence::Missing,
                    _ => Presence::Unexpected,
                };
                WorkerSecond { second: row[0].as_i64().unwrap(), users: number(1), requests: number(2), presence }
            });
            let mut found = Missing::of("worker-1", rows);
            let users = |second: i64| case["users"][second.to_string()].as_u64().unwrap_or(0);
            found.iter_mut().for_each(|missing| missing.compare_users(users(missing.from_s - 1), users(missing.to_s)));
            let told: Vec<_> = found.iter().map(|missing| missing.in_words(|second| format!("#{second}"))).collect();
            assert_eq!(Value::from(told), case["told"], "{}", case["case"]);
        }
    }
}
