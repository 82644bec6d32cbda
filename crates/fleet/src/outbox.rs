//! A worker's windows on their way to the master: the next frame, and the last minutes of those given out.

use crate::frame::{FrameBuilder, FrameHeader};
use locust_telemetry_core::{ClockOffset, Window};
use std::collections::VecDeque;

/// How many bytes of frames are kept at most, whatever their age.
const MAX_KEPT_BYTES: usize = 64 << 20;

/// How many seconds of frames are kept by default.
pub const DEFAULT_HISTORY_S: u32 = 300;

/// A frame that may be asked for again.
#[derive(Debug)]
struct Kept {
    sequence: u64,
    /// The end of its last window (master's time), by which it ages.
    closed_until_s: i64,
    bytes: Vec<u8>,
}

/// Gathers a worker's windows into frames, and keeps these for as long as they may be asked for.
///
/// Memory is bounded: by age and by [`MAX_KEPT_BYTES`], also where nobody ever asks for a frame.
#[derive(Debug)]
pub struct Outbox {
    incarnation: u64,
    history_s: u32,
    run_id: String,
    builder: FrameBuilder,
    next_sequence: u64,
    closed_until_s: i64,
    has_ended: bool,
    /// Whether a frame that says so has been made.
    has_told_end: bool,
    kept: VecDeque<Kept>,
    kept_bytes: usize,
    /// The number behind the last frame that the master has said to have, with all before it.
    acknowledged_until: u64,
}

impl Outbox {
    /// An outbox of this process, which `incarnation`, a random number, tells from the others.
    #[must_use]
    pub fn new(incarnation: u64, history_s: u32) -> Self {
        Self {
            incarnation,
            history_s,
            run_id: String::new(),
            builder: FrameBuilder::default(),
            next_sequence: 0,
            closed_until_s: 0,
            has_ended: false,
            has_told_end: false,
            kept: VecDeque::new(),
            kept_bytes: 0,
            acknowledged_until: 0,
        }
    }

    /// Begins a run; nothing of the last one is given out any more.
    pub fn start_run(&mut self, run_id: &str) {
        *self = Self { run_id: run_id.to_owned(), ..Self::new(self.incarnation, self.history_s) };
    }

    /// The run whose windows are taken; empty before the first.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The run has ended: the next frame says that it is the last.
    pub fn stop_run(&mut self) {
        self.has_ended = true;
    }

    /// Adds a closed window of the run.
    pub fn add(&mut self, window: &Window) {
        self.builder.add(window);
        self.closed_until_s = self.closed_until_s.max(window.start_s.saturating_add(1));
        if self.builder.windows() > self.history_s.max(1) as usize {
            // Nobody has asked for a frame for so long: it joins the history, where it ages.
            self.finish(None);
        }
    }

    /// A frame of all windows since the last one. There is one without windows too, as a sign of life and so that the
    /// master notices what it has missed; `None` only once a run's end has been told and nothing came after it.
    pub fn frame(&mut self, clock: Option<ClockOffset>) -> Option<Vec<u8>> {
        if self.run_id.is_empty() || (self.has_told_end && self.builder.windows() == 0) {
            return None;
        }
        Some(self.finish(clock))
    }

    /// The frames with these numbers (both included) that are still kept. Asked for what is to come, it is made now.
    pub fn again(&mut self, first: u64, last: u64, clock: Option<ClockOffset>) -> Vec<Vec<u8>> {
        if last >= self.next_sequence && self.builder.windows() > 0 {
            self.finish(clock);
        }
        let asked = self.kept.iter().filter(|kept| (first..=last).contains(&kept.sequence));
        asked.map(|kept| kept.bytes.clone()).collect()
    }

    /// The master has every frame up to this number.
    pub fn acknowledge(&mut self, sequence: u64) {
        if sequence < self.next_sequence {
            self.acknowledged_until = self.acknowledged_until.max(sequence + 1);
        }
    }

    /// Whether the master has everything there is.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.acknowledged_until >= self.next_sequence && self.builder.windows() == 0
    }

    fn finish(&mut self, clock: Option<ClockOffset>) -> Vec<u8> {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.has_told_end = self.has_ended;
        let bytes = self.builder.finish(&FrameHeader {
            incarnation: self.incarnation,
            sequence,
            run_id: self.run_id.clone(),
            is_final: self.has_ended,
            closed_until_s: self.closed_until_s,
            clock,
        });
        self.kept_bytes += bytes.len();
        self.kept.push_back(Kept { sequence, closed_until_s: self.closed_until_s, bytes: bytes.clone() });
        self.forget();
        bytes
    }

    /// Drops what is too old, or too much; the newest frame always stays.
    fn forget(&mut self) {
        let oldest_s = self.closed_until_s.saturating_sub(i64::from(self.history_s));
        while self.kept.len() > 1
            && let Some(kept) =
                self.kept.pop_front_if(|kept| kept.closed_until_s < oldest_s || self.kept_bytes > MAX_KEPT_BYTES)
        {
            self.kept_bytes -= kept.bytes.len();
        }
    }
}
