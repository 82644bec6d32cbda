//! Run-queue delay from `/proc/<pid>/task/<tid>/schedstat` (Linux). Pure: text in, numbers out.
//!
//! Format, from the kernel's `Documentation/scheduler/sched-stats.rst`: time spent on a core (ns), time
//! spent waiting on a run queue (ns), number of timeslices.

use std::collections::HashMap;

/// What one thread did since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadTimes {
    /// Time on a core, in nanoseconds.
    pub(crate) ran_ns: u64,
    /// Time ready to run but without a core, in nanoseconds.
    pub(crate) waited_ns: u64,
}

/// Reads one `schedstat` text. `None` for anything but three whole numbers.
pub(crate) fn parse_schedstat(text: &str) -> Option<ThreadTimes> {
    let mut fields = text.split_ascii_whitespace();
    let ran_ns = fields.next()?.parse().ok()?;
    let waited_ns = fields.next()?.parse().ok()?;
    let _timeslices: u64 = fields.next()?.parse().ok()?;
    if fields.next().is_some() {
        return None;
    }
    Some(ThreadTimes { ran_ns, waited_ns })
}

/// The run-queue delay of all threads of a process, from reading to reading.
///
/// What a thread waits between the last reading and its own end is lost: its file goes with it.
#[derive(Debug, Default)]
pub(crate) struct RunQueueDelay {
    /// Wait of each thread of the last reading, by thread id; `None` before the base reading.
    waited_ns: Option<HashMap<u32, u64>>,
}

impl RunQueueDelay {
    /// Takes the present times of every living thread; returns the wait since the last call, in
    /// nanoseconds (0 for the first, which is the base).
    ///
    /// A thread that is new, or whose id was given to another since, adds its whole wait. `None`, and
    /// no change, when no thread is told of or when none has ever run: a kernel without scheduler
    /// statistics writes zeros.
    pub(crate) fn advance(&mut self, threads: &[(u32, ThreadTimes)]) -> Option<u64> {
        if threads.iter().all(|(_, times)| times.ran_ns == 0) {
            return None;
        }
        let now: HashMap<u32, u64> = threads.iter().map(|(tid, times)| (*tid, times.waited_ns)).collect();
        let gained = self.waited_ns.as_ref().map_or(0, |before| {
            now.iter()
                .map(|(tid, waited)| match before.get(tid) {
                    Some(last) if last <= waited => waited - last,
                    _ => *waited,
                })
                .fold(0, u64::saturating_add)
        });
        self.waited_ns = Some(now);
        Some(gained)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waited(tid: u32, waited_ns: u64) -> (u32, ThreadTimes) {
        let ran_ns = 1;
        (tid, ThreadTimes { ran_ns, waited_ns })
    }

    #[test]
    fn a_schedstat_line_is_read() {
        let times = parse_schedstat("355782 1200 17\n").unwrap();
        assert_eq!((times.ran_ns, times.waited_ns), (355_782, 1_200));
    }

    #[test]
    fn malformed_text_is_refused() {
        for text in [
            "",
            "\n",
            "1",
            "1 2",
            "1 2 3 4",
            "1 -2 3",
            "1 two 3",
            "1 2.5 3",
            "1 18446744073709551616 3",
            "\0\u{fffd} 1 2",
        ] {
            assert_eq!(parse_schedstat(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_first_reading_is_the_base() {
        let mut delay = RunQueueDelay::default();
        assert_eq!(delay.advance(&[waited(1, 900)]), Some(0));
        assert_eq!(delay.advance(&[waited(1, 950)]), Some(50));
    }

    #[test]
    fn a_new_thread_adds_its_whole_wait() {
        let mut delay = RunQueueDelay::default();
        delay.advance(&[waited(1, 100)]);
        assert_eq!(delay.advance(&[waited(1, 101), waited(2, 40)]), Some(41));
    }

    #[test]
    fn a_thread_that_ends_takes_nothing_away() {
        let mut delay = RunQueueDelay::default();
        delay.advance(&[waited(1, 100), waited(2, 5_000)]);
        assert_eq!(delay.advance(&[waited(1, 103)]), Some(3));
    }

    #[test]
    fn a_reused_thread_id_counts_from_zero() {
        let mut delay = RunQueueDelay::default();
        delay.advance(&[waited(1, 100), waited(2, 5_000)]);
        assert_eq!(delay.advance(&[waited(1, 100), waited(2, 7)]), Some(7));
    }

    #[test]
    fn nothing_told_is_none_and_keeps_the_last_reading() {
        let mut delay = RunQueueDelay::default();
        delay.advance(&[waited(1, 100)]);
        assert_eq!(delay.advance(&[]), None);
        assert_eq!(delay.advance(&[waited(1, 130)]), Some(30));
    }

    #[test]
    fn a_kernel_that_writes_zeros_tells_nothing() {
        let idle = parse_schedstat("0 0 0").unwrap();
        assert_eq!(RunQueueDelay::default().advance(&[(1, idle)]), None);
    }
}
