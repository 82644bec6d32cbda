//! One worker as the master sees it in one second.

use crate::confidence::Reasons;
use crate::histogram::Histogram;
use crate::system::SystemSample;

/// What Locust's master knows of a worker's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WorkerState {
    /// Connected, no test runs on it.
    #[default]
    Ready,
    /// Runs users, or starts or stops them.
    Running,
    /// Has sent no heartbeat for some seconds.
    Missing,
    /// Was missing and sends heartbeats again.
    Back,
    /// Has left, or was missing for so long that Locust gave it up.
    Gone,
}

impl WorkerState {
    /// The name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Missing => "missing",
            Self::Back => "back",
            Self::Gone => "gone",
        }
    }

    /// Whether anything is to be expected from it.
    #[must_use]
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Missing | Self::Gone)
    }
}

/// How a worker's clock stands to the master's: master's time = worker's time + `offset_ns`, give or take `error_ns`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOffset {
    /// What to add to the worker's time, in nanoseconds.
    pub offset_ns: i64,
    /// How far off that may be, in nanoseconds.
    pub error_ns: u64,
}

/// What became of the frames of one worker in this run, so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameCounts {
    /// Taken in, each sequence number once.
    pub received: u64,
    /// Of those, the ones that came only when the master asked for them again.
    pub resent: u64,
    /// Of those, the ones that came behind one with a higher number, though nobody asked.
    pub reordered: u64,
    /// Refused: had come before.
    pub replayed: u64,
    /// Refused: damaged, of a foreign format, or of another run.
    pub refused: u64,
    /// Given up: the worker has them no more, or is gone itself.
    pub lost: u64,
}

/// What one worker did in one second.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkerWindow {
    /// `worker-<index>`.
    pub source_id: String,
    /// What Locust knows of its life, when the second was closed.
    pub state: WorkerState,
    /// Requests that finished in the second.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
    /// Response times over all its series.
    pub latency: Histogram,
    /// Simulated users at the end of the second.
    pub users: u64,
    /// How late the latest tick of its gevent hub came, in nanoseconds; `None` without a tick.
    pub hub_lag_max_ns: Option<u64>,
    /// Its sample of CPU, memory, network and pressure.
    pub system: Option<SystemSample>,
    /// Why its latencies of the second are suspect; empty if they are trusted.
    pub reasons: Reasons,
    /// Its clock against the master's, once that is known.
    pub clock: Option<ClockOffset>,
    /// Its frames of the run so far.
    pub frames: FrameCounts,
}
