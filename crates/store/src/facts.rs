//! What only the Python side knows of a run, handed over while the recorder's thread works.

use serde_json::{Map, Value};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is known of a run: `locustfile`, `host`, `command_line`, `options`, `versions`, `git_commit` and so on. Whatever
/// is in it is stored and shown.
pub type Facts = Map<String, Value>;

/// The facts of one run, that which was told of last. Shared by the Python side and the recorder.
#[derive(Debug, Default)]
pub struct FactsCell(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    version: u64,
    run_id: String,
    facts: Facts,
}

impl FactsCell {
    /// Tells the facts of a run that is on or begins next. They change with its next window, those of no other run do.
    pub fn set(&self, run_id: &str, facts: Facts) {
        let mut known = self.lock();
        known.version += 1;
        run_id.clone_into(&mut known.run_id);
        known.facts = facts;
    }

    /// The facts of this run and their version, unless it is `version` still.
    pub(crate) fn newer_than(&self, version: u64, run_id: &str) -> Option<(u64, Facts)> {
        let known = self.lock();
        (known.version != version && known.run_id == run_id).then(|| (known.version, known.facts.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_of_one_run_and_told_once() {
        let cell = FactsCell::default();
        assert_eq!(cell.newer_than(0, "r1"), None);
        let facts: Facts = [("host".to_owned(), Value::from("http://h"))].into_iter().collect();
        cell.set("r2", facts.clone());
        assert_eq!(cell.newer_than(0, "r1"), None, "a straggler of the run before");
        assert_eq!(cell.newer_than(0, "r2"), Some((1, facts)));
        assert_eq!(cell.newer_than(1, "r2"), None);
    }
}
