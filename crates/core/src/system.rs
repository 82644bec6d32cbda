//! What the load generator itself used: one sample of CPU, memory, network and scheduler pressure.
//!
//! Plain data. `crates/system` takes the samples; recorders read them.

/// One reading of the machine and of this process.
///
/// Fields named `…_since_last` cover the time since the sample before; the others are levels at the
/// moment of the sample. `None` means that the platform does not tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SystemSample {
    /// When the sample was taken: nanoseconds since the Unix epoch.
    pub time_unix_ns: i64,
    /// CPU used by this process since the last sample, in percent of one core (above 100 on several).
    pub process_cpu_percent: f64,
    /// Resident memory of this process, in bytes.
    pub process_memory_bytes: u64,
    /// CPU used on the whole host since the last sample, in percent of all its cores (0 to 100).
    pub host_cpu_percent: f64,
    /// Memory in use on the host, in bytes.
    pub host_memory_used_bytes: u64,
    /// Memory of the host, in bytes.
    pub host_memory_total_bytes: u64,
    /// Bytes sent on all interfaces of this process's network namespace since the sampler started.
    pub network_sent_bytes: u64,
    /// Bytes received on all interfaces of this process's network namespace since the sampler started.
    pub network_received_bytes: u64,
    /// Time that threads of this process were ready to run but had to wait for a core, in
    /// nanoseconds (Linux, `/proc/self/task/*/schedstat`).
    pub run_queue_delay_since_last_ns: Option<u64>,
    /// Time for which the cgroup's CPU quota stopped this process's group, in nanoseconds (Linux).
    pub throttled_since_last_ns: Option<u64>,
}
