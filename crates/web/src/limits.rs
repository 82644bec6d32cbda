//! How much the server takes on at once.

use std::time::Duration;

/// Bounds of time and number; whatever is beyond them is refused or cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Open connections, waiting ones included.
    pub(crate) connections: usize,
    /// Pages that follow live windows. Less than connections, so that listeners never lock out requests.
    pub(crate) listeners: usize,
    /// Reads of the store at a time; others wait.
    pub(crate) reads: usize,
    /// Files under way at a time; others wait. Less than reads, so that there is a thread for other reads.
    pub(crate) downloads: usize,
    /// How long a connection may take for a request's head, or stay without one.
    pub(crate) head: Duration,
    /// How long a client may take for its body.
    pub(crate) body: Duration,
    /// How long nothing that is sent may be taken by the client.
    pub(crate) stall: Duration,
    /// How long a quiet live stream is left without a sign of life.
    pub(crate) heartbeat: Duration,
    /// How long an end waits for answers that are under way.
    pub(crate) close: Duration,
}

/// The largest body of a request, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 16 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 128,
            listeners: 64,
            reads: 3,
            downloads: 2,
            head: Duration::from_secs(30),
            body: Duration::from_secs(10),
            stall: Duration::from_secs(20),
            heartbeat: Duration::from_secs(10),
            close: Duration::from_secs(1),
        }
    }
}
