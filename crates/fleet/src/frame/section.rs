//! The sections of a frame: what lets a reader pass over what it does not know.

use crate::frame::decode::DecodeError;
use crate::frame::put;
use crate::frame::reader::{Reader, contradictory};

/// How the worker stands.
pub(super) const STATUS: u64 = 1;
/// The table of series.
pub(super) const KEYS: u64 = 2;
/// The windows.
pub(super) const WINDOWS: u64 = 3;

/// What failed requests said; left out where nothing failed. 64 is never given, so that tests have a tag that no reader
/// knows.
pub(super) const MESSAGES: u64 = 65;

/// From this tag on a section may be passed over by a reader that does not know it.
const FIRST_SKIPPABLE: u64 = 64;

/// Appends one section.
pub(super) fn put_section(out: &mut Vec<u8>, tag: u64, body: &[u8]) {
    put::varint(out, tag);
    put::size(out, body.len());
    out.extend_from_slice(body);
}

/// The sections of a frame; every one has the first three.
#[derive(Debug)]
pub(super) struct Sections<'a> {
    pub(super) status: Reader<'a>,
    pub(super) keys: Reader<'a>,
    pub(super) windows: Reader<'a>,
    pub(super) messages: Option<Reader<'a>>,
}

/// Takes the sections apart, up to the end.
pub(super) fn take_sections<'a>(reader: &mut Reader<'a>) -> Result<Sections<'a>, DecodeError> {
    let (mut status, mut keys, mut windows, mut messages) = (None, None, None, None);
    let mut least = 0;
    while reader.left() > 0 {
        let tag = reader.varint()?;
        let length = reader.count(1)?;
        let body = Reader::new(reader.bytes(length)?);
        if tag < least {
            return contradictory("sections that do not ascend");
        }
        least = tag.saturating_add(1);
        match tag {
            STATUS => status = Some(body),
            KEYS => keys = Some(body),
            WINDOWS => windows = Some(body),
            MESSAGES => messages = Some(body),
            FIRST_SKIPPABLE.. => {}
            _ => return Err(DecodeError::UnknownSection { tag }),
        }
    }
    match (status, keys, windows) {
        (Some(status), Some(keys), Some(windows)) => Ok(Sections { status, keys, windows, messages }),
        _ => contradictory("a section is missing"),
    }
}
