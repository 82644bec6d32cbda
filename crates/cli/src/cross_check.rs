//! What the master merged against what the workers' own files say.

use crate::source::{SourceId, SourceTally};
use crate::worker::WorkerTally;
use std::collections::BTreeMap;

/// Where both say different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The worker, or `None` for all together, where the master's file does not tell them apart.
    pub(crate) worker: Option<SourceId>,
    /// Requests that the worker recorded itself.
    pub(crate) own_requests: u64,
    /// Requests that the master has of it.
    pub(crate) merged_requests: u64,
}

/// The workers whose own files and the master's differ. `master_requests` is what the master has in all.
///
/// A worker without a file of its own is not compared. A file without an end may lack some of the worker's requests,
/// so it proves only what the master lacks.
pub(crate) fn mismatches(
    sources: &BTreeMap<SourceId, SourceTally>,
    workers: &BTreeMap<SourceId, WorkerTally>,
    master_requests: u64,
) -> Vec<Mismatch> {
    let own: Vec<_> = sources.iter().filter(|(id, source)| source.is_worker(id)).collect();
    let merged = workers.values().fold(0_u64, |sum, worker| sum.saturating_add(worker.merged_requests));
    if merged != master_requests {
        // Lines of workers are missing, so only the sums can be compared, and only one way: files may be missing too.
        let own_requests = own.iter().fold(0_u64, |sum, (_, source)| sum.saturating_add(source.requests()));
        let all = Mismatch { worker: None, own_requests, merged_requests: master_requests };
        return if own_requests > master_requests { vec![all] } else { Vec::new() };
    }
    let compare = |(id, source): (&SourceId, &SourceTally)| Mismatch {
        worker: Some(id.clone()),
        own_requests: source.requests(),
        merged_requests: workers.get(id).map_or(0, |worker| worker.merged_requests),
    };
    let differs = |mismatch: &Mismatch, source: &SourceTally| {
        mismatch.own_requests > mismatch.merged_requests
            || (source.is_closed() && mismatch.own_requests < mismatch.merged_requests)
    };
    own.into_iter()
        .map(|(id, source)| (compare((id, source)), source))
        .filter(|(mismatch, source)| differs(mismatch, source))
        .map(|(mismatch, _)| mismatch)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{interval_entry, summary_entry, worker_entry};

    fn closed(id: &str, requests: u64) -> (SourceId, SourceTally) {
        let mut source = SourceTally::default();
        source.add_summary(summary_entry("r", id, (0, 10_000), requests));
        (SourceId(id.to_owned()), source)
    }

    fn merged(id: &str, requests: u64) -> (SourceId, WorkerTally) {
        let mut tally = WorkerTally::default();
        tally.add(&worker_entry("r", id, 0, requests), true);
        (SourceId(id.to_owned()), tally)
    }

    fn found<const N: usize, const M: usize>(
        own: [(SourceId, SourceTally); N],
        workers: [(SourceId, WorkerTally); M],
        master_requests: u64,
    ) -> Vec<(String, u64, u64)> {
        let name = |worker: Option<SourceId>| worker.map_or_else(String::new, |id| id.0);
        mismatches(&BTreeMap::from(own), &BTreeMap::from(workers), master_requests)
            .into_iter()
            .map(|found| (name(found.worker), found.own_requests, found.merged_requests))
            .collect()
    }

    #[test]
    fn what_the_master_lacks_or_has_twice_is_found_by_worker() {
        let own = [closed("worker-0", 5), closed("worker-1", 7), closed("worker-2", 3), closed("master", 99)];
        let workers = [merged("worker-0", 5), merged("worker-1", 4), merged("worker-2", 6)];
        let expected = [("worker-1".to_owned(), 7, 4), ("worker-2".to_owned(), 3, 6)];
        assert_eq!(found(own, workers, 15), expected);
    }

    #[test]
    fn a_worker_that_the_master_does_not_know_lacks_all_and_one_without_a_file_nothing() {
        let workers = [merged("worker-1", 4)];
        assert_eq!(found([closed("worker-0", 5)], workers, 4), [("worker-0".to_owned(), 5, 0)]);
    }

    #[test]
    fn a_file_without_an_end_does_not_prove_that_the_master_has_too_many() {
        let mut source = SourceTally::default();
        source.add_interval(&interval_entry("r", "worker-0", 0, "/", 3), true);
        let own = || [(SourceId("worker-0".to_owned()), source.clone())];
        assert_eq!(found(own(), [merged("worker-0", 9)], 9), []);
        assert_eq!(found(own(), [merged("worker-0", 1)], 1), [("worker-0".to_owned(), 3, 1)]);
    }

    #[test]
    fn without_all_lines_of_workers_only_the_sums_are_compared() {
        let own = || [closed("worker-0", 5), closed("worker-1", 7)];
        assert_eq!(found(own(), [], 10), [(String::new(), 12, 10)]);
        assert_eq!(found(own(), [merged("worker-0", 1)], 12), []);
    }
}
