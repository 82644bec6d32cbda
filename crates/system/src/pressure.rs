//! Reads what the scheduler kept from this process: run-queue delay and throttling. Linux only; it
//! reads `/proc/self` and `/sys/fs/cgroup` and writes nothing.

/// Scheduler pressure since the reading before; `None` where the platform does not tell.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Pressure {
    /// Summed over threads. A thread that a quota stops waits on its run queue too, so this holds the
    /// throttling of busy threads as well.
    pub(crate) run_queue_delay_ns: Option<u64>,
    /// Summed over cores.
    pub(crate) throttled_ns: Option<u64>,
}

#[cfg(target_os = "linux")]
pub(crate) use linux::PressureReader;
#[cfg(not(target_os = "linux"))]
pub(crate) use other::PressureReader;

#[cfg(target_os = "linux")]
mod linux {
    use super::Pressure;
    use crate::schedstat::{RunQueueDelay, ThreadTimes, parse_schedstat};
    use crate::throttle::{Throttled, candidate_files, parse_throttled_ns};
    use std::fs;
    use std::io;
    use std::path::{Path, PathBuf};

    /// Reads pressure; keeps the last counters.
    pub(crate) struct PressureReader {
        run_queue: RunQueueDelay,
        groups: Vec<PathBuf>,
        throttled: Throttled,
    }

    impl PressureReader {
        /// Finds the control group and takes its base reading; that of the threads is the first
        /// [`read`](Self::read).
        pub(crate) fn new() -> Self {
            let cgroup = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
            let groups = candidate_files(&cgroup)
                .into_iter()
                .map(|chain| {
                    let told = |path: &PathBuf| read_throttled_ns(path).is_some();
                    chain.into_iter().filter(told).collect::<Vec<_>>()
                })
                .find(|chain| !chain.is_empty())
                .unwrap_or_default();
            let base_ns = groups.iter().map(|path| read_throttled_ns(path).unwrap_or_default());
            Self { run_queue: RunQueueDelay::default(), throttled: Throttled::new(base_ns.collect()), groups }
        }

        /// Cost: one open and one read per thread of the process and per group above it.
        pub(crate) fn read(&mut self) -> Pressure {
            let groups = self.groups.iter();
            let now_ns: Vec<_> = groups.map(|path| read_throttled_ns(path)).collect();
            Pressure {
                run_queue_delay_ns: read_threads().ok().and_then(|threads| self.run_queue.advance(&threads)),
                throttled_ns: self.throttled.advance(&now_ns),
            }
        }
    }

    fn read_throttled_ns(cpu_stat: &Path) -> Option<u64> {
        parse_throttled_ns(&fs::read_to_string(cpu_stat).ok()?)
    }

    /// The times of every living thread.
    ///
    /// Fails as a whole when a living thread cannot be read (no file descriptor left, say): left out,
    /// it would look new at the next reading and count its whole past.
    fn read_threads() -> io::Result<Vec<(u32, ThreadTimes)>> {
        let mut threads = Vec::new();
        for entry in fs::read_dir("/proc/self/task")? {
            let entry = entry?;
            let Some(tid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let text = match fs::read_to_string(entry.path().join("schedstat")) {
                Ok(text) => text,
                Err(error) if is_gone(&error) => continue,
                Err(error) => return Err(error),
            };
            let times = parse_schedstat(&text).ok_or(io::ErrorKind::InvalidData)?;
            threads.push((tid, times));
        }
        Ok(threads)
    }

    /// Whether the thread ended between the listing and the reading.
    fn is_gone(error: &io::Error) -> bool {
        // "No such process": what /proc says where the file was opened before the thread ended.
        const ESRCH: i32 = 3;
        error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn every_thread_of_this_process_is_read() {
            if !Path::new("/proc/self/schedstat").exists() {
                println!("skipped: this kernel keeps no schedstat");
                return;
            }
            let (end, ended) = std::sync::mpsc::channel::<()>();
            let thread = std::thread::spawn(move || ended.recv());
            let read = read_threads().unwrap();
            assert!(read.len() >= 2, "{read:?}");
            assert!(read.iter().any(|(tid, _)| *tid == std::process::id()));
            drop(end);
            thread.join().unwrap().unwrap_err();
        }

        #[test]
        fn threads_that_share_cores_see_run_queue_delay() {
            if !Path::new("/proc/self/schedstat").exists() {
                println!("skipped: this kernel keeps no schedstat");
                return;
            }
            let mut reader = PressureReader::new();
            assert_eq!(reader.read().run_queue_delay_ns, Some(0));
            let cores = std::thread::available_parallelism().unwrap().get();
            std::thread::scope(|scope| {
                let spinning = std::time::Instant::now();
                for _ in 0..cores + 2 {
                    scope.spawn(move || while spinning.elapsed().as_millis() < 300 {});
                }
                // Read while the threads live: their wait goes with them.
                std::thread::sleep(std::time::Duration::from_millis(200));
                let delay_ns = reader.read().run_queue_delay_ns.unwrap();
                assert!(delay_ns > 20_000_000, "{delay_ns}");
            });
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use super::Pressure;

    /// Tells nothing: there is no `/proc`.
    pub(crate) struct PressureReader;

    impl PressureReader {
        pub(crate) fn new() -> Self {
            Self
        }

        pub(crate) fn read(&mut self) -> Pressure {
            Pressure::default()
        }
    }
}
