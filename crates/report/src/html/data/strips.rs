//! What subjects gained, in slots as short as fit.

use crate::slots::{LENGTHS_S, Slots};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use locust_telemetry_store::error::ReadError;
use locust_telemetry_store::{Kind, RunReader};
use serde_json::{Value, json};
use std::io::Write as _;
use std::ops::Range;

/// So many subjects are in memory at once.
const CHUNK: u32 = 64;
/// What the name and braces of one entry take.
const ENTRY_BYTES: usize = 80;
/// The strips of one kind.
#[derive(Debug)]
pub(super) struct Strips {
    kind: Kind,
    /// How many seconds a slot has; 0 if nothing fits.
    pub(super) slot_s: i64,
    /// Deflated, as base64.
    container: String,
}

impl Strips {
    /// How many bytes of the file they take.
    pub(super) fn bytes(&self) -> usize {
        self.container.len() + ENTRY_BYTES
    }

    /// As the page reads them; `None` without any.
    pub(super) fn to_json(&self) -> Option<Value> {
        let strips = json!({ "kind": self.kind.name(), "slot_s": self.slot_s, "container": self.container });
        (!self.container.is_empty()).then_some(strips)
    }
}

/// Reads the gains of a range.
pub(super) struct Reader<'a, 'b> {
    pub(super) run: &'a RunReader<'b>,
    pub(super) range: &'a Range<i64>,
    /// The shortest slots that the store has, in seconds.
    pub(super) finest_s: i64,
    pub(super) progress: &'a mut dyn FnMut(f64),
    /// How much of the report is done, from 0 to 1.
    pub(super) done: f64,
}

impl Reader<'_, '_> {
    /// The strips of all `subjects` of a kind in at most `room` bytes of the file: in the shortest slots that fit.
    /// `shown_as` gives the id in the report; those that do not keep theirs share it with others. When the strips are
    /// there, the report is `done_then`.
    pub(super) fn within(
        &mut self,
        kind: Kind,
        subjects: Range<u32>,
        shown_as: impl Fn(u32) -> u32,
        room: usize,
        done_then: f64,
    ) -> Result<Strips, ReadError> {
        let mut fitting = Strips { kind, slot_s: 0, container: String::new() };
        let (begun, span, finest_s) = (self.done, done_then - self.done, self.finest_s);
        self.done = done_then;
        if subjects.is_empty() || self.range.is_empty() {
            return Ok(fitting);
        }
        // From long slots, which cost little, to shorter ones, until they are too many.
        let mut tried = 0.0;
        for slot_s in LENGTHS_S.into_iter().rev().filter(|slot_s| slot_s % finest_s == 0) {
            // What is left is halved with each length, since nobody knows which is the last.
            let part = (begun + span * tried, span * (1.0 - tried) / 2.0);
            tried += (1.0 - tried) / 2.0;
            let Some(container) = self.container(kind, &subjects, slot_s, &shown_as, room, part)? else { break };
            let strips = Strips { kind, slot_s, container: STANDARD.encode(container) };
            if strips.bytes() > room {
                break;
            }
            fitting = strips;
        }
        Ok(fitting)
    }

    /// The strips in slots of `slot_s`, deflated; `None` as soon as they are more than `room`.
    fn container(
        &mut self,
        kind: Kind,
        subjects: &Range<u32>,
        slot_s: i64,
        shown_as: &impl Fn(u32) -> u32,
        room: usize,
        (begun, span): (f64, f64),
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let mut container = Vec::new();
        // Subjects that share an id come in any chunk, so they are kept to the end.
        let mut shared = Slots::new(slot_s);
        let mut first = subjects.start;
        while first < subjects.end {
            let chunk = first..first.saturating_add(CHUNK).min(subjects.end);
            let mut slots = Slots::new(slot_s);
            self.run.each_gain(kind, chunk.clone(), slot_s, Some(self.range.clone()), |subject, start_s, gain| {
                let shown = shown_as(subject);
                if shown == subject { &mut slots } else { &mut shared }.add(shown, start_s, gain);
            })?;
            slots.encode(&mut container);
            // Strips hardly shrink any more, and base64 makes four bytes of three.
            if container.len() / 3 * 4 > room + room / 8 {
                return Ok(None);
            }
            first = chunk.end;
            (self.progress)(
                begun + span * f64::from(first - subjects.start) / f64::from(subjects.end - subjects.start),
            );
        }
        shared.encode(&mut container);
        Ok(Some(deflated(&container)))
    }
}

/// Raw deflate.
fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
