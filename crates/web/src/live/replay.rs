//! What a page missed while it was away.

use crate::live::frame::{Frame, Position};
use crate::live::hub::RunState;

/// What to send to a page that comes back.
#[derive(Debug)]
pub(crate) enum Replay {
    /// The windows that follow the last one it has; live ones follow these.
    Windows(Vec<Frame>),
    /// Windows before the first recent one are missing: ask the journal.
    AskJournal,
    /// It has to load everything again.
    Reload,
}

/// Finds what follows `after` in the recent windows of the run that the feed told of.
pub(crate) fn from_recent(after: &Position, run: Option<&RunState>, recent: &[Frame]) -> Replay {
    match run {
        None => Replay::AskJournal,
        Some(run) if run.run_id != after.run_id => Replay::Reload,
        Some(_) => match recent.iter().find_map(seq_of).zip(last_seq(recent)) {
            // It was told by a store that has lost its last moments since.
            Some((_, last)) if last < after.seq => Replay::Reload,
            Some((first, _)) if first <= after.seq.saturating_add(1) => Replay::Windows(later(recent, after.seq)),
            _ => Replay::AskJournal,
        },
    }
}

/// Joins the journal's windows after `after` with the recent ones. `journal_seq` is the last one the store knows of.
pub(crate) fn from_journal(after: &Position, journal: Vec<Frame>, journal_seq: u64, recent: &[Frame]) -> Replay {
    let mut windows = journal;
    let behind_the_journal = last_seq(&windows).unwrap_or(after.seq);
    windows.extend(later(recent, behind_the_journal));
    // Windows that were sealed in the meantime are not in the journal any more; the page's own figures lack them.
    let is_whole =
        windows.iter().filter_map(seq_of).zip(after.seq.saturating_add(1)..).all(|(found, due)| found == due);
    let known = last_seq(recent).unwrap_or(0).max(journal_seq);
    let is_all = last_seq(&windows).map_or(after.seq == known, |last| last >= known);
    if is_whole && is_all { Replay::Windows(windows) } else { Replay::Reload }
}

fn later(windows: &[Frame], seq: u64) -> Vec<Frame> {
    windows.iter().filter(|frame| seq_of(frame).is_some_and(|found| found > seq)).cloned().collect()
}

fn last_seq(windows: &[Frame]) -> Option<u64> {
    windows.iter().rev().find_map(seq_of)
}

fn seq_of(frame: &Frame) -> Option<u64> {
    frame.position.as_ref().map(|position| position.seq)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::RangeInclusive;

    const NONE: RangeInclusive<u64> = RangeInclusive::new(1, 0);

    fn windows(seqs: RangeInclusive<u64>) -> Vec<Frame> {
        seqs.map(|seq| Frame::window(Position::new("a", seq), "{}")).collect()
    }

    fn replayed(replay: Replay) -> Option<Vec<u64>> {
        match replay {
            Replay::Windows(frames) => Some(frames.iter().filter_map(seq_of).collect()),
            Replay::AskJournal | Replay::Reload => None,
        }
    }

    fn run(run_id: &str) -> RunState {
        RunState { run_id: run_id.into(), is_running: true }
    }

    #[test]
    fn a_short_absence_is_made_good_from_recent_windows() {
        let recent = windows(5..=8);
        let after = |seq| replayed(from_recent(&Position::new("a", seq), Some(&run("a")), &recent));
        assert_eq!(after(4), Some(vec![5, 6, 7, 8]));
        assert_eq!(after(7), Some(vec![8]));
        assert_eq!(after(8), Some(vec![]));
        assert_eq!(after(3), None);
    }

    #[test]
    fn a_page_that_is_ahead_loads_again() {
        let ahead = Position::new("a", 9);
        assert!(matches!(from_recent(&ahead, Some(&run("a")), &windows(5..=8)), Replay::Reload));
        assert!(matches!(from_journal(&ahead, Vec::new(), 8, &[]), Replay::Reload));
        assert!(matches!(from_journal(&Position::new("a", u64::MAX), Vec::new(), 8, &[]), Replay::Reload));
    }

    #[test]
    fn a_longer_one_from_the_journal_and_the_recent_windows() {
        let from = |journal, seq, recent| {
            replayed(from_journal(&Position::new("a", 2), windows(journal), seq, &windows(recent)))
        };
        assert_eq!(from(3..=6, 6, 5..=8), Some(vec![3, 4, 5, 6, 7, 8]));
        assert_eq!(from(3..=4, 4, 5..=6), Some(vec![3, 4, 5, 6]));
        // One came between the two reads.
        assert_eq!(from(3..=4, 3, NONE), Some(vec![3, 4]));
        // Nothing was missed.
        assert_eq!(from(NONE, 2, NONE), Some(vec![]));
    }

    #[test]
    fn a_gap_anywhere_means_to_load_again() {
        let from = |journal, seq, recent| {
            replayed(from_journal(&Position::new("a", 2), windows(journal), seq, &windows(recent)))
        };
        assert_eq!(from(4..=6, 6, NONE), None, "the first is sealed");
        assert_eq!(from(3..=4, 4, 6..=7), None, "between journal and recent windows");
        assert_eq!(from(NONE, 9, NONE), None, "all are sealed");
    }

    #[test]
    fn another_run_means_to_load_again() {
        let replay = from_recent(&Position::new("a", 4), Some(&run("b")), &[]);
        assert!(matches!(replay, Replay::Reload));
    }
}
