//! Reads CPU, memory and network of this process and its host through sysinfo.

use crate::interfaces::Interfaces;
use crate::network::{Bytes, Traffic};
use std::time::{Duration, Instant};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// One reading; the units are those of `SystemSample`. Percentages cover the time since the reading
/// before, and are 0 in the first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostReading {
    pub(crate) process_cpu_percent: f64,
    pub(crate) process_memory_bytes: u64,
    pub(crate) host_cpu_percent: f64,
    pub(crate) host_memory_used_bytes: u64,
    pub(crate) host_memory_total_bytes: u64,
    pub(crate) network: Bytes,
}

/// Reads the host; keeps the last counters.
pub(crate) struct HostReader {
    system: System,
    interfaces: Interfaces,
    traffic: Traffic,
    pid: Pid,
    last_process_cpu: Option<(Instant, Duration)>,
}

impl HostReader {
    /// Reads nothing yet: the first [`read`](Self::read) is the base.
    /// Fails where sysinfo does not know the operating system.
    pub(crate) fn new() -> Result<Self, sysinfo::Error> {
        Ok(Self {
            system: System::new()?,
            interfaces: Interfaces::new()?,
            traffic: Traffic::default(),
            pid: Pid::from_u32(std::process::id()),
            last_process_cpu: None,
        })
    }

    /// Takes one reading. `None` when the operating system does not tell of this process.
    ///
    /// sysinfo moves the host's CPU figure only when
    /// [`MINIMUM_CPU_UPDATE_INTERVAL`](sysinfo::MINIMUM_CPU_UPDATE_INTERVAL) has passed since the
    /// reading before. Cost: on Linux a handful of files.
    pub(crate) fn read(&mut self) -> Option<HostReading> {
        self.system.refresh_memory();
        self.system.refresh_cpu_usage();
        let refreshed = self.system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[self.pid]),
            false,
            ProcessRefreshKind::nothing().with_cpu().with_memory(),
        );
        let process = self.system.process(self.pid).filter(|_| refreshed > 0)?;

        // From the CPU time and our own clock, not sysinfo's percentage: that one divides by the
        // host's ticks, and stays at its old value when the reading before used no tick.
        let now = Instant::now();
        let cpu_time = Duration::from_millis(process.accumulated_cpu_time());
        let before = self.last_process_cpu.replace((now, cpu_time));
        let (process_cpu_percent, host_cpu_percent) = match before {
            Some((then, cpu_time_then)) => (
                percent_of_one_core(cpu_time.saturating_sub(cpu_time_then), now.saturating_duration_since(then)),
                percent_of_host(self.system.global_cpu_usage()),
            ),
            // sysinfo's first figure covers the time since the host booted.
            None => (0.0, 0.0),
        };

        let total = self.system.total_memory();
        let interfaces = self.interfaces.read();
        Some(HostReading {
            process_cpu_percent,
            process_memory_bytes: process.memory(),
            host_cpu_percent,
            // What cannot be had any more; reclaimable caches are not in use. `used_memory()` would
            // underflow where a virtualised /proc/meminfo shows more available than there is.
            host_memory_used_bytes: total.saturating_sub(self.system.available_memory()),
            host_memory_total_bytes: total,
            network: self.traffic.advance(interfaces.iter().map(|(name, bytes)| (name.as_os_str(), *bytes))),
        })
    }
}

/// CPU time as a share of the time that passed: 100 for one busy core, above on several.
fn percent_of_one_core(cpu_time: Duration, passed: Duration) -> f64 {
    if passed.is_zero() {
        return 0.0;
    }
    100.0 * cpu_time.as_secs_f64() / passed.as_secs_f64()
}

/// Keeps a figure of the operating system within 0 to 100; one that is no number becomes 0.
fn percent_of_host(percent: f32) -> f64 {
    let percent = f64::from(percent);
    if percent.is_finite() { percent.clamp(0.0, 100.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_busy_core_is_100_percent_whatever_the_number_of_cores() {
        let second = Duration::from_secs(1);
        assert_eq!(percent_of_one_core(second, second), 100.0);
        assert_eq!(percent_of_one_core(second * 3, second * 2), 150.0);
        assert_eq!(percent_of_one_core(second, Duration::ZERO), 0.0);
    }

    #[test]
    fn a_host_percentage_stays_in_its_range() {
        let read = [f32::NAN, f32::INFINITY, -3.0, 42.0, 100.5].map(percent_of_host);
        assert_eq!(read, [0.0, 0.0, 0.0, 42.0, 100.0]);
    }
}
