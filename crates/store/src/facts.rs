//! What only the Python side knows of a run, handed over while the recorder's thread works.

use serde_json::{Map, Value};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is known of a run: `locustfile`, `host`, `command_line`, `options`, `versions`, `git_commit` and so on. Whatever
/// is in it is stored and shown.
pub type Facts = Map<String, Value>;

/// The facts of the run that begins next, or is on. Shared by the Python side and the recorder.
#[derive(Debug, Default)]
pub struct FactsCell(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    version: u64,
    facts: Facts,
}

impl FactsCell {
    /// Replaces the facts. Those of a run that is on change with its next window.
    pub fn set(&self, facts: Facts) {
        let mut known = self.lock();
        known.version += 1;
        known.facts = facts;
    }

    /// The facts and their version, unless it is `version` still.
    pub(crate) fn newer_than(&self, version: u64) -> Option<(u64, Facts)> {
        let known = self.lock();
        (known.version != version).then(|| (known.version, known.facts.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
