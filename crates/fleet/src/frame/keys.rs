//! The table of series: which requests the windows of a frame are about.
//!
//! Keys are in their order, so that neighbours share the beginnings of their names. Method, status and error type make
//! a **kind**; there are few, and a key only says which.

use crate::frame::decode::DecodeError;
use crate::frame::put;
use crate::frame::reader::{Reader, contradictory};
use locust_telemetry_core::SeriesKey;
use locust_telemetry_core::text::MAX_TEXT_BYTES;
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;

/// Method, status and error type.
type Kind<'a> = (&'a str, Option<NonZeroU16>, Option<&'a str>);

fn kind_of(key: &SeriesKey) -> Kind<'_> {
    (&key.method, key.status, key.error_type.as_deref())
}

/// Appends the table of `keys`, which ascend.
pub(super) fn put_keys(out: &mut Vec<u8>, keys: &[Arc<SeriesKey>]) {
    let mut numbers = BTreeMap::<Kind<'_>, usize>::new();
    let mut rows = Vec::new();
    let mut last_kind = None;
    let mut last_name: &[u8] = &[];
    for key in keys {
        let kind = kind_of(key);
        let number = match last_kind {
            Some((last, number)) if last == kind => number,
            _ => {
                let next = numbers.len();
                *numbers.entry(kind).or_insert(next)
            }
        };
        last_kind = Some((kind, number));
        let name = key.name.as_bytes();
        let shared = name.iter().zip(last_name).take_while(|(byte, last)| byte == last).count();
        put::size(&mut rows, shared);
        put::size(&mut rows, name.len() - shared);
        rows.extend_from_slice(&name[shared..]);
        put::size(&mut rows, number);
        last_name = name;
    }
    put_kinds(out, numbers);
    put::size(out, keys.len());
    out.append(&mut rows);
}

fn put_kinds(out: &mut Vec<u8>, numbers: BTreeMap<Kind<'_>, usize>) {
    let mut kinds: Vec<_> = numbers.into_iter().collect();
    kinds.sort_unstable_by_key(|(_, number)| *number);
    put::size(out, kinds.len());
    for ((method, status, error_type), _) in kinds {
        put::text(out, method);
        put::varint(out, status.map_or(0, NonZeroU16::get).into());
        out.push(u8::from(error_type.is_some()));
        if let Some(error_type) = error_type {
            put::text(out, error_type);
        }
    }
}

/// Reads the table, whose texts may take up to `budget_bytes` when they are written out.
pub(super) fn take_keys(reader: &mut Reader<'_>, mut budget_bytes: usize) -> Result<Vec<SeriesKey>, DecodeError> {
    let kinds = take_kinds(reader)?;
    // A key of the same name as the one before, with another outcome, has three bytes.
    let count = reader.count(3)?;
    let mut keys = Vec::<SeriesKey>::with_capacity(count);
    let mut name = Vec::new();
    for _ in 0..count {
        let shared = reader.at_most(name.len() as u64, "a name shares more than there is")? as usize;
        let suffix = reader.at_most((MAX_TEXT_BYTES - shared) as u64, "a name is too long")? as usize;
        name.truncate(shared);
        name.extend_from_slice(reader.bytes(suffix)?);
        let kind = usize::try_from(reader.varint()?).ok().and_then(|kind| kinds.get(kind));
        let Some((method, status, error_type)) = kind else { return contradictory("a kind beyond the table") };
        let text_bytes = name.len() + method.len() + error_type.map_or(0, str::len);
        let Some(left) = budget_bytes.checked_sub(text_bytes) else {
            return contradictory("keys that outgrow the frame");
        };
        budget_bytes = left;
        let Ok(name) = std::str::from_utf8(&name) else { return contradictory("a name is not UTF-8") };
        let key = SeriesKey {
            name: name.into(),
            method: (*method).into(),
            status: *status,
            error_type: error_type.map(Into::into),
        };
        if keys.last().is_some_and(|last| *last >= key) {
            return contradictory("keys that do not ascend");
        }
        keys.push(key);
    }
    reader.end()?;
    Ok(keys)
}

fn take_kinds<'a>(reader: &mut Reader<'a>) -> Result<Vec<Kind<'a>>, DecodeError> {
    let count = reader.count(3)?;
    let mut kinds = Vec::with_capacity(count);
    for _ in 0..count {
        let method = reader.text(MAX_TEXT_BYTES)?;
        let status = reader.at_most(u16::MAX.into(), "a status that is none")? as u16;
        let error_type = match reader.byte()? {
            0 => None,
            1 => Some(reader.text(MAX_TEXT_BYTES)?),
            _ => return contradictory("a flag that is neither 0 nor 1"),
        };
        kinds.push((method, NonZeroU16::new(status), error_type));
    }
    Ok(kinds)
}
