//! What failed requests said, in a section of its own: the messages of a frame, and in each window how often each came.

use crate::frame::decode::DecodeError;
use crate::frame::put;
use crate::frame::reader::{Reader, contradictory};
use crate::frame::{FrameWindow, MessageGain};
use locust_telemetry_core::SeriesKey;
use locust_telemetry_core::message_text::MAX_MESSAGE_BYTES;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The shortest row: series, message and count.
const LEAST_BYTES: usize = 3;

/// What a message of a window is about, on its way into a frame.
#[derive(Debug)]
pub(super) struct MessageRow {
    pub(super) series: Arc<SeriesKey>,
    pub(super) message: Arc<str>,
    pub(super) count: u64,
}

/// The section's body; `None` where there are no messages. `windows` are the rows of each, ascending by series and
/// message; `place_of` tells where in the frame's table a series is.
pub(super) fn put_messages<'a>(
    windows: impl Iterator<Item = &'a [MessageRow]> + Clone,
    place_of: impl Fn(&Arc<SeriesKey>) -> Option<usize>,
) -> Option<Vec<u8>> {
    let table: BTreeSet<&str> = windows.clone().flatten().map(|row| &*row.message).collect();
    if table.is_empty() {
        return None;
    }
    let table: Vec<&str> = table.into_iter().collect();
    let mut out = Vec::new();
    put::size(&mut out, table.len());
    table.iter().for_each(|message| put::text(&mut out, message));
    for rows in windows {
        let placed = rows
            .iter()
            .filter_map(|row| Some((place_of(&row.series)?, table.binary_search(&&*row.message).ok()?, row.count)));
        let placed: Vec<_> = placed.collect();
        put::size(&mut out, placed.len());
        let (mut series_before, mut message_after) = (0, 0);
        for (series, message, count) in placed {
            if series != series_before {
                message_after = 0;
            }
            put::size(&mut out, series - series_before);
            put::size(&mut out, message - message_after);
            put::varint(&mut out, count);
            (series_before, message_after) = (series, message + 1);
        }
    }
    Some(out)
}

/// Reads the section into `windows`, and returns the messages. `keys` are the frame's.
pub(super) fn take_messages(
    mut reader: Reader<'_>,
    keys: &[SeriesKey],
    windows: &mut [FrameWindow],
) -> Result<Vec<Box<str>>, DecodeError> {
    let count = reader.count(1)?;
    let mut messages = Vec::<Box<str>>::with_capacity(count);
    for _ in 0..count {
        let message = reader.text(MAX_MESSAGE_BYTES)?;
        if messages.last().is_some_and(|last| **last >= *message) {
            return contradictory("messages that do not ascend");
        }
        messages.push(message.into());
    }
    for window in windows {
        take_rows(&mut reader, keys, messages.len(), window)?;
    }
    reader.end()?;
    Ok(messages)
}

/// Reads how often each of `messages` messages came in one window.
fn take_rows(
    reader: &mut Reader<'_>,
    keys: &[SeriesKey],
    messages: usize,
    window: &mut FrameWindow,
) -> Result<(), DecodeError> {
    let count = reader.count(LEAST_BYTES)?;
    window.messages.reserve_exact(count);
    // Failures of the series that have not said anything yet.
    let (mut series, mut message_after, mut silent) = (0_u64, 0_u64, None);
    for _ in 0..count {
        let step = reader.at_most(keys.len() as u64, "a message of no series")?;
        if step > 0 || silent.is_none() {
            series += step;
            message_after = 0;
            silent = Some(failures(keys, window, series)?);
        }
        let message = message_after.saturating_add(reader.varint()?);
        if message >= messages as u64 {
            return contradictory("a message beyond the table");
        }
        let count = reader.varint()?;
        silent = silent.and_then(|silent| silent.checked_sub(count));
        if count == 0 || silent.is_none() {
            return contradictory("a message that came never, or more often than failures");
        }
        message_after = message + 1;
        window.messages.push(MessageGain { series: series as u32, message: message as u32, count });
    }
    Ok(())
}

/// How many requests of a series failed in a window.
fn failures(keys: &[SeriesKey], window: &FrameWindow, series: u64) -> Result<u64, DecodeError> {
    let is_failure = keys.get(series as usize).is_some_and(SeriesKey::is_failure);
    let gain = window.series.binary_search_by_key(&series, |gain| gain.key.into());
    match gain {
        Ok(place) if is_failure => Ok(window.series[place].requests),
        _ => contradictory("a message of what did not fail"),
    }
}
