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
    /// When it was made, by which it ages: Unix seconds of this process's own clock.
    made_s: i64,
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
    /// When a frame was last asked for: Unix seconds of this process's own clock.
    now_s: i64,
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
            now_s: 0,
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
            self.now_s = self.now_s.saturating_add(self.builder.windows() as i64);
            self.finish(None);
        }
    }

    /// A frame of all windows since the last one. There is one without windows too, as a sign of life and so that the
    /// master notices what it has missed; `None` only once a run's end has been told and nothing came after it.
    ///
    /// `now_s` is the time by this process's own clock, in Unix seconds.
    pub fn frame(&mut self, clock: Option<ClockOffset>, now_s: i64) -> Option<Vec<u8>> {
        self.now_s = self.now_s.max(now_s);
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
        self.kept.push_back(Kept { sequence, made_s: self.now_s, bytes: bytes.clone() });
        self.forget();
        bytes
    }

    /// Drops what is too old, or too much; the newest frame always stays.
    fn forget(&mut self) {
        let oldest_s = self.now_s.saturating_sub(i64::from(self.history_s));
        while self.kept.len() > 1
            && let Some(kept) =
                self.kept.pop_front_if(|kept| kept.made_s < oldest_s || self.kept_bytes > MAX_KEPT_BYTES)
        {
            self.kept_bytes -= kept.bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::decode;

    const NOW_S: i64 = 1_700_000_000;

    fn outbox(history_s: u32) -> Outbox {
        let mut outbox = Outbox::new(7, history_s);
        outbox.start_run("r");
        outbox
    }

    fn window(start_s: i64) -> Window {
        Window { start_s, users: 1, ..Window::default() }
    }

    fn sequences(frames: &[Vec<u8>]) -> Vec<u64> {
        frames.iter().map(|frame| decode(frame).unwrap().header.sequence).collect()
    }

    #[test]
    fn frames_are_numbered_and_each_window_is_in_one() {
        let mut outbox = outbox(300);
        outbox.add(&window(NOW_S));
        let first = decode(&outbox.frame(None, NOW_S + 1).unwrap()).unwrap();
        let second = decode(&outbox.frame(None, NOW_S + 4).unwrap()).unwrap();
        assert_eq!((first.header.sequence, first.windows.len(), first.header.closed_until_s), (0, 1, NOW_S + 1));
        assert_eq!((second.header.sequence, second.windows.len()), (1, 0));
    }

    #[test]
    fn what_is_asked_for_again_is_what_was_given_out_even_the_first_one_without_windows() {
        let mut outbox = outbox(300);
        let empty = outbox.frame(None, NOW_S).unwrap();
        outbox.add(&window(NOW_S + 2));
        let full = outbox.frame(None, NOW_S + 3).unwrap();
        assert_eq!(outbox.again(0, 9, None), [empty, full]);
    }

    #[test]
    fn what_is_still_to_be_given_out_is_a_frame_too_where_all_is_asked_for() {
        let mut outbox = outbox(300);
        outbox.add(&window(NOW_S));
        assert_eq!(sequences(&outbox.again(0, u64::MAX, None)), [0]);
    }

    #[test]
    fn frames_are_forgotten_with_age_and_the_newest_stays() {
        let mut outbox = outbox(10);
        for second in 0..30 {
            outbox.frame(None, NOW_S + second);
        }
        assert_eq!(sequences(&outbox.again(0, 99, None)), (19..30).collect::<Vec<_>>());
        outbox.frame(None, NOW_S + 9_999);
        assert_eq!(sequences(&outbox.again(0, 99, None)), [30]);
    }

    #[test]
    fn windows_that_nobody_fetches_are_bounded() {
        let mut outbox = outbox(10);
        for second in 0..1_000 {
            outbox.add(&window(NOW_S + second));
        }
        let kept: usize =
            outbox.again(0, u64::MAX, None).iter().map(|frame| decode(frame).unwrap().windows.len()).sum();
        assert!((10..=33).contains(&kept), "{kept} windows are kept");
    }

    #[test]
    fn after_the_last_frame_there_is_none_until_something_comes_late() {
        let mut outbox = outbox(300);
        outbox.stop_run();
        assert!(decode(&outbox.frame(None, NOW_S).unwrap()).unwrap().header.is_final);
        assert_eq!(outbox.frame(None, NOW_S + 3), None);
        outbox.add(&window(NOW_S + 3));
        assert!(decode(&outbox.frame(None, NOW_S + 4).unwrap()).unwrap().header.is_final);
    }

    #[test]
    fn all_is_acknowledged_once_the_last_number_is() {
        let mut outbox = outbox(300);
        assert!(outbox.is_acknowledged(), "nothing was sent");
        outbox.frame(None, NOW_S);
        outbox.frame(None, NOW_S);
        outbox.acknowledge(0);
        assert!(!outbox.is_acknowledged());
        outbox.acknowledge(7);
        assert!(!outbox.is_acknowledged(), "a number that was never given out");
        outbox.acknowledge(1);
        assert!(outbox.is_acknowledged());
    }
}
