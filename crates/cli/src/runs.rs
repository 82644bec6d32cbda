//! The runs that the files hold, and the choice of one.

use crate::error::{AddEntryError, ChooseRunError};
use crate::run_summary::RunSummary;
use crate::run_tally::RunTally;
use locust_telemetry_json::read::Entry;
use std::collections::BTreeMap;

/// All runs of the files; of those that nobody asked for, only the ids.
///
/// Without a wish all are kept until the end, since which one began last is known only then.
#[derive(Debug)]
pub(crate) struct Runs {
    wanted: Option<String>,
    is_after_ramp_up: bool,
    /// In the order of their ids; an unwanted run is `None`.
    runs: BTreeMap<String, Option<RunTally>>,
}

impl Runs {
    /// No run yet; `wanted` is the only one of interest, if given. With `is_after_ramp_up` the figures leave intervals
    /// of the ramp-up out.
    pub(crate) fn new(wanted: Option<String>, is_after_ramp_up: bool) -> Self {
        Self { wanted, is_after_ramp_up, runs: BTreeMap::new() }
    }

    /// Adds one entry to its run. Entries that no summary needs are passed over.
    ///
    /// # Errors
    /// When the entry contradicts what is there; then nothing was added.
    pub(crate) fn add(&mut self, entry: Entry) -> Result<(), AddEntryError> {
        match entry {
            Entry::Interval(entry) => match self.run(&entry.run_id) {
                Some(run) => run.add_interval(entry)?,
                None => return Ok(()),
            },
            Entry::Final(entry) => {
                if let Some(run) = self.run(&entry.run_id) {
                    run.add_final(entry);
                }
            }
            Entry::Summary(entry) => {
                if let Some(run) = self.run(&entry.run_id) {
                    run.add_summary(entry);
                }
            }
            Entry::Worker(entry) => {
                if let Some(run) = self.run(&entry.run_id) {
                    run.add_worker(&entry);
                }
            }
            Entry::Reconciliation(entry) => {
                if let Some(run) = self.run(&entry.run_id) {
                    run.add_reconciliation(entry);
                }
            }
            Entry::Other { .. } => {}
        }
        Ok(())
    }

    /// The run that was asked for, or the one that began last.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn choose(self) -> Result<RunSummary, ChooseRunError> {
        let Self { wanted, runs, .. } = self;
        let present: Vec<String> = runs.keys().cloned().collect();
        let kept = runs.into_iter().filter_map(|(run_id, run)| Some((run_id, run?)));
        let chosen = kept.max_by_key(|(_, run)| run.start_ms());
        match (chosen, wanted) {
            (Some((run_id, run)), _) => Ok(RunSummary::new(run_id, run)),
            (None, Some(wanted)) if !present.is_empty() => Err(ChooseRunError::Unknown { wanted, present }),
            (None, _) => Err(ChooseRunError::NoRuns),
        }
    }

    /// The run to add to, or `None` if nobody asked for it.
    fn run(&mut self, run_id: &str) -> Option<&mut RunTally> {
        if !self.runs.contains_key(run_id) {
            let kept = self.wanted.as_deref().is_none_or(|wanted| wanted == run_id);
            self.runs.insert(run_id.to_owned(), kept.then(|| RunTally::new(self.is_after_ramp_up)));
        }
        self.runs.get_mut(run_id)?.as_mut()
    }
}

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;
