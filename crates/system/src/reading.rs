//! Puts one [`SystemSample`] together from its sources.

use crate::host::HostReader;
use crate::pressure::PressureReader;
use crate::sampler::StartSamplerError;
use locust_telemetry_core::system::SystemSample;
use std::time::{SystemTime, UNIX_EPOCH};

/// All sources of a sample, each with its last counters. For one thread: whoever reads waits for the operating system.
pub struct SampleReader {
    host: HostReader,
    pressure: PressureReader,
}

impl SampleReader {
    /// Finds the sources. The first [`read`](Self::read) is the base of all that is counted.
    ///
    /// # Errors
    /// Where sysinfo does not know the operating system.
    pub fn new() -> Result<Self, StartSamplerError> {
        let host = HostReader::new().map_err(|source| StartSamplerError::Unsupported { source })?;
        Ok(Self { host, pressure: PressureReader::new() })
    }

    /// Takes one sample. `None` when the operating system does not tell of this process; what it
    /// used and waited in that time is then in the next sample.
    pub fn read(&mut self) -> Option<SystemSample> {
        let host = self.host.read()?;
        let pressure = self.pressure.read();
        Some(SystemSample {
            time_unix_ns: unix_ns(SystemTime::now()),
            process_cpu_percent: host.process_cpu_percent,
            process_memory_bytes: host.process_memory_bytes,
            host_cpu_percent: host.host_cpu_percent,
            host_memory_used_bytes: host.host_memory_used_bytes,
            host_memory_total_bytes: host.host_memory_total_bytes,
            network_sent_bytes: host.network.sent,
            network_received_bytes: host.network.received,
            run_queue_delay_since_last_ns: pressure.run_queue_delay_ns,
            throttled_since_last_ns: pressure.throttled_ns,
        })
    }
}

/// Nanoseconds since the Unix epoch; 0 for a clock set before it.
fn unix_ns(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map(|since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn time_is_in_nanoseconds_since_the_epoch() {
        assert_eq!(unix_ns(UNIX_EPOCH + Duration::from_micros(1_500)), 1_500_000);
        assert_eq!(unix_ns(UNIX_EPOCH - Duration::from_secs(1)), 0);
    }
}
