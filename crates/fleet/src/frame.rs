//! One report of a worker to its master: some windows of one run, as bytes.
//!
//! `docs/wire-format.md` says what each byte is. [`FrameBuilder`] writes frames, [`decode`] reads them; both are pure.
//! A frame stands alone: it can be read without any other, in whatever order they come.

mod decode;
mod encode;
mod keys;
mod latency;
mod limits;
mod messages;
mod put;
mod reader;
mod runs;
mod section;
mod series;
mod spans;
mod window;

pub use decode::{DecodeError, decode};
pub use encode::FrameBuilder;

use locust_telemetry_core::{Anomalies, ClockOffset, Event, Reasons, SeriesKey, SparseHistogram, SystemSample};

/// The format that is written. A reader takes this one and the next, of which it skips what it does not know.
pub const FORMAT: u8 = 1;

/// What every frame begins with, of whatever format.
const MAGIC: [u8; 4] = *b"LTWF";

/// The flag of a worker's last frame.
const FINAL: u8 = 1;

/// The longest id of a run, in bytes.
pub const MAX_RUN_ID_BYTES: usize = 256;

/// Which frame it is, and how its worker stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameHeader {
    /// Random, new for each process: tells a restarted worker from the one before.
    pub incarnation: u64,
    /// Counts the frames of a run in one incarnation, from 0.
    pub sequence: u64,
    /// The run that the windows belong to; at most [`MAX_RUN_ID_BYTES`] bytes.
    pub run_id: String,
    /// Whether the worker's run has ended and all its windows are in this frame and those before.
    pub is_final: bool,
    /// The worker has closed every second before this one (Unix time of the master).
    pub closed_until_s: i64,
    /// The worker's clock against the master's, once that is known.
    pub clock: Option<ClockOffset>,
}

/// A frame, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Which one it is.
    pub header: FrameHeader,
    /// The series of its windows; a window names them by their place here.
    pub keys: Vec<SeriesKey>,
    /// What failed requests said, ascending; a window names a message by its place here. None of workers that speak an
    /// older format.
    pub messages: Vec<Box<str>>,
    /// Its windows, in the order in which they were closed.
    pub windows: Vec<FrameWindow>,
}

/// One second of one worker.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FrameWindow {
    /// The second: whole seconds since the Unix epoch, of the master's time.
    pub start_s: i64,
    /// Simulated users at its end.
    pub users: u64,
    /// How late the latest tick of the gevent hub came, in nanoseconds; `None` without a tick.
    pub hub_lag_max_ns: Option<u64>,
    /// The sample of the system, if there is one.
    pub system: Option<SystemSample>,
    /// Why the latencies are suspect.
    pub reasons: Reasons,
    /// What happened in it.
    pub events: Vec<Event>,
    /// What was odd.
    pub anomalies: Anomalies,
    /// Names that the limit on series folded away, each as `method name`.
    pub folded: Vec<String>,
    /// What each series gained, ascending by key.
    pub series: Vec<SeriesGain>,
    /// How often each message came, ascending by series and message.
    pub messages: Vec<MessageGain>,
}

/// What one series gained in one second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesGain {
    /// The place of its key in [`Frame::keys`].
    pub key: u32,
    /// Requests, with and without a usable response time; at least 1.
    pub requests: u64,
    /// Bytes of the responses.
    pub response_bytes: u64,
    /// Response times.
    pub latency: SparseHistogram,
}

/// How often failed requests of one series said the same in one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageGain {
    /// The place of the series' key in [`Frame::keys`]. The series failed, and gained something in the same window.
    pub series: u32,
    /// The place of the message in [`Frame::messages`].
    pub message: u32,
    /// How many requests said it: at least 1, and over all messages at most those that the series gained.
    pub count: u64,
}
