//! Runs that are over and whose series still stay for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long the series of an ended run stay as they are in a process that lives on, before their end markers: a backend that
/// is scraped gets the last figures first.
const LINGER_NS: u64 = 60_000_000_000;

/// Which runs end when.
#[derive(Debug, Default)]
pub(super) struct Endings(Mutex<Vec<Ending>>);

#[derive(Debug)]
struct Ending {
    run_id: String,
    due_ns: u64,
}

impl Endings {
    /// The books of a run are closed.
    pub(super) fn announce(&self, run_id: &str, now_ns: u64) {
        let mut endings = self.lock();
        if !endings.iter().any(|ending| ending.run_id == run_id) {
            endings.push(Ending { run_id: run_id.to_owned(), due_ns: now_ns + LINGER_NS });
        }
    }

    /// Another run begins: the others end at once.
    pub(super) fn hasten(&self, but_not: &str) {
        self.lock().iter_mut().filter(|ending| ending.run_id != but_not).for_each(|ending| ending.due_ns = 0);
    }

    /// The runs that end now.
    pub(super) fn take_due(&self, now_ns: u64) -> Vec<String> {
        self.lock().extract_if(.., |ending| ending.due_ns <= now_ns).map(|ending| ending.run_id).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Ending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_after_a_while_or_when_another_begins() {
        let endings = Endings::default();
        endings.announce("a", 5);
        endings.announce("a", 7);
        assert!(endings.take_due(5 + LINGER_NS - 1).is_empty());
        assert_eq!(endings.take_due(5 + LINGER_NS), ["a"]);
        endings.announce("b", 5);
        endings.hasten("b");
        assert!(endings.take_due(6).is_empty());
        endings.hasten("c");
        assert_eq!(endings.take_due(6), ["b"]);
    }
}
