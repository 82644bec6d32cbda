//! Reads frames.

use crate::frame::keys::take_keys;
use crate::frame::limits::{MAX_AMOUNT, MAX_COUNT, MAX_KEY_EXPANSION, MAX_MOMENT_NS, MAX_SECOND};
use crate::frame::messages::take_messages;
use crate::frame::reader::{Reader, contradictory};
use crate::frame::runs::Runs;
use crate::frame::section::take_sections;
use crate::frame::series::{self, SeriesReader};
use crate::frame::window::{self, take_window};
use crate::frame::{FINAL, FORMAT, Frame, FrameHeader, FrameWindow, MAGIC, MAX_RUN_ID_BYTES};
use locust_telemetry_core::ClockOffset;
use thiserror::Error;

/// Why bytes are no frame. The sender's next frames are not affected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Look at what was sent: these bytes are something else. Asking again gives the same.
    #[error("these bytes are no frame")]
    NoFrame,
    /// Ask for it again: something on the way cut or changed it.
    #[error("the frame is damaged")]
    Damaged,
    /// Bring both sides' versions of Locust Telemetry closer together: the frame is intact, and they may be one format
    /// apart. Asking again gives the same.
    #[error("the frame has format {found}; this build reads format {supported} and those one apart from it")]
    ForeignFormat {
        /// The frame's format.
        found: u8,
        /// The format of this build.
        supported: u8,
    },
    /// Upgrade this side: the frame is intact, but what it tells cannot be understood without a section that this
    /// build does not know. Asking again gives the same.
    #[error("the frame needs section {tag}, which this build does not know")]
    UnknownSection {
        /// The section's tag.
        tag: u64,
    },
    /// Report a defect of the sender: nothing was changed on the way, but what the frame says cannot be. Asking again
    /// gives the same.
    #[error("the frame contradicts itself: {what}")]
    Contradictory {
        /// What is wrong with it.
        what: &'static str,
    },
}

/// Reads one frame.
///
/// Never panics, whatever the bytes, and takes memory in proportion to their number: some 10 bytes for each byte of
/// a worker's frame, at most some 400 for one that was made for the purpose.
///
/// # Errors
/// When the bytes are not exactly one frame of a known format; nothing of them is to be used then.
pub fn decode(bytes: &[u8]) -> Result<Frame, DecodeError> {
    let mut reader = open(bytes)?;
    let mut header = take_header(&mut reader)?;
    let sections = take_sections(&mut reader)?;
    take_status(sections.status, &mut header)?;
    let mut keys = sections.keys;
    let keys = take_keys(&mut keys, bytes.len().saturating_mul(MAX_KEY_EXPANSION))?;
    let mut windows = take_windows(sections.windows, keys.len())?;
    let messages = match sections.messages {
        Some(messages) => take_messages(messages, &keys, &mut windows)?,
        None => Vec::new(),
    };
    Ok(Frame { header, keys, messages, windows })
}

/// Checks magic, checksum and format, in this order, and returns what is between.
fn open(bytes: &[u8]) -> Result<Reader<'_>, DecodeError> {
    if bytes.iter().zip(&MAGIC).any(|(byte, magic)| byte != magic) {
        return Err(DecodeError::NoFrame);
    }
    let Some((content, checksum)) = bytes.split_last_chunk() else { return Err(DecodeError::Damaged) };
    let Some((format, rest)) = content.get(MAGIC.len()..).and_then(<[u8]>::split_first) else {
        return Err(DecodeError::Damaged);
    };
    if crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
        return Err(DecodeError::Damaged);
    }
    if *format == 0 || format.abs_diff(FORMAT) > 1 {
        return Err(DecodeError::ForeignFormat { found: *format, supported: FORMAT });
    }
    Ok(Reader::new(rest))
}

/// The header, but for what the status section tells.
fn take_header(reader: &mut Reader<'_>) -> Result<FrameHeader, DecodeError> {
    let is_final = reader.byte()? & FINAL != 0;
    let incarnation = reader.u64_le()?;
    let sequence = reader.at_most(MAX_AMOUNT, "a sequence number beyond reason")?;
    let run_id = reader.text(MAX_RUN_ID_BYTES)?.to_owned();
    if run_id.is_empty() {
        return contradictory("a run without an id");
    }
    Ok(FrameHeader { incarnation, sequence, run_id, is_final, closed_until_s: 0, clock: None })
}

fn take_status(mut reader: Reader<'_>, header: &mut FrameHeader) -> Result<(), DecodeError> {
    header.closed_until_s = reader.signed_at_most(MAX_SECOND, SECOND_BEYOND)?;
    header.clock = match reader.byte()? {
        0 => None,
        1 => Some(ClockOffset {
            offset_ns: reader.signed_at_most(MAX_MOMENT_NS, "an offset beyond reason")?,
            error_ns: reader.at_most(MAX_MOMENT_NS, "an offset beyond reason")?,
        }),
        _ => return contradictory("a flag that is neither 0 nor 1"),
    };
    reader.end()
}

const SECOND_BEYOND: &str = "a second beyond reason";

fn take_windows(mut reader: Reader<'_>, keys: usize) -> Result<Vec<FrameWindow>, DecodeError> {
    let count = reader.count(window::LEAST_BYTES)?;
    let mut windows = Vec::with_capacity(count);
    let (mut before_s, mut requests) = (0_i64, 0);
    for _ in 0..count {
        let step_s = reader.signed_at_most(2 * MAX_SECOND, SECOND_BEYOND)?;
        let mut window = FrameWindow { start_s: before_s + step_s, ..FrameWindow::default() };
        if window.start_s.unsigned_abs() > MAX_SECOND {
            return contradictory(SECOND_BEYOND);
        }
        before_s = window.start_s;
        take_window(&mut reader, &mut window)?;
        take_series(&mut reader, &mut window, keys, &mut requests)?;
        windows.push(window);
    }
    reader.end()?;
    Ok(windows)
}

/// Reads what each series gained. `requests` is how many requests were in the frame so far.
fn take_series(
    reader: &mut Reader<'_>,
    window: &mut FrameWindow,
    keys: usize,
    requests: &mut u64,
) -> Result<(), DecodeError> {
    let runs = Runs::take(reader, keys)?;
    window.series.reserve_exact(runs.keys().min(reader.left() / series::LEAST_BYTES));
    let mut series = SeriesReader::new();
    for key in runs.places() {
        let gain = series.take(reader, key)?;
        *requests += gain.requests;
        if *requests > MAX_COUNT {
            return contradictory("too many requests");
        }
        window.series.push(gain);
    }
    Ok(())
}
