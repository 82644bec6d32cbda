//! The resident memory of this process.

use std::error::Error;

/// Bytes that are resident now, and the most that ever were.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resident {
    pub(crate) now_bytes: u64,
    pub(crate) peak_bytes: u64,
}

impl Resident {
    /// Asks the kernel (Linux).
    pub(crate) fn read() -> Result<Self, Box<dyn Error>> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        Ok(Self { now_bytes: field(&status, "VmRSS:")?, peak_bytes: field(&status, "VmHWM:")? })
    }
}

fn field(status: &str, name: &str) -> Result<u64, Box<dyn Error>> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("the kernel does not tell the memory")?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim_end().parse()?;
    Ok(kibibytes << 10)
}
