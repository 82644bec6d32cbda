//! The bounds of what a frame may claim. They are far above what a worker can see, and so low that no sum over
//! frames, workers and seconds of a run overflows.

/// The farthest second from the Unix epoch, either way: some 34,000 years.
pub(super) const MAX_SECOND: u64 = 1 << 40;

/// The farthest moment from the Unix epoch and the largest offset of a clock, either way, in nanoseconds: 146 years.
/// A moment and an offset can be added.
pub(super) const MAX_MOMENT_NS: u64 = (1 << 62) - 1;

/// The largest amount of bytes or nanoseconds, and the highest sequence number.
pub(super) const MAX_AMOUNT: u64 = 1 << 60;

/// The most users, occurrences of an anomaly in one window, and requests in one frame.
pub(super) const MAX_COUNT: u64 = 1 << 40;

/// The texts of a frame's keys are front-coded; written out they may take so many times the bytes of the frame.
///
/// Real keys stay below 20. The bound is what keeps a hostile frame from filling the memory of its reader.
pub(super) const MAX_KEY_EXPANSION: usize = 256;

/// `moment_ns` within [`MAX_MOMENT_NS`].
pub(super) fn clamp_moment(moment_ns: i64) -> i64 {
    let limit = MAX_MOMENT_NS as i64;
    moment_ns.clamp(-limit, limit)
}
