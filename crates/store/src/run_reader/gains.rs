//! What subjects gained over a range, slot by slot: for slots of other lengths than those of the store.

use super::RunReader;
use crate::cover::cover_within;
use crate::error::{DecodeError, ReadError};
use crate::gain::Gain;
use crate::kind::Kind;
use crate::message;
use crate::strip::{self, SLOTS};
use rusqlite::{Transaction, params};
use std::ops::Range;

impl RunReader<'_> {
    /// Hands over all that subjects of a kind gained in a range ([`snapped`](Self::snapped)): the subject's id, the
    /// first second of the slot, and the gain. Every slot is within one of `slot_s` seconds (which begin at multiples
    /// of that since the epoch), and as long as the store has it for that; several gains of one slot add up.
    ///
    /// Where the run was compacted `slot_s` must be whole minutes.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn each_gain(
        &self,
        kind: Kind,
        subjects: Range<u32>,
        slot_s: i64,
        range: Option<Range<i64>>,
        mut add: impl FnMut(u32, i64, &Gain),
    ) -> Result<(), ReadError> {
        let transaction = self.connection.unchecked_transaction()?;
        let snapped = self.snap(&transaction, range)?;
        if snapped.is_empty() {
            return Ok(());
        }
        for (level_s, part) in cover_within(self.widened(&transaction, &snapped)?, slot_s) {
            self.each_sealed(&transaction, kind, &subjects, level_s, &part, &mut |subject, start_s, gain| {
                add(subject, start_s, gain);
                Ok(())
            })?;
        }
        let mut journal = transaction
            .prepare_cached("SELECT second, message FROM journal WHERE run = ?1 AND second >= ?2 AND second < ?3")?;
        let mut rows = journal.query(params![self.row.id, snapped.start, snapped.end])?;
        while let Some(row) = rows.next()? {
            let second = row.get(0)?;
            let window = message::gained(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
            let gains = if kind == Kind::Worker { window.workers } else { window.series };
            for (id, gain) in &gains {
                let subject = if kind == Kind::Total { 0 } else { *id };
                if subjects.contains(&subject) {
                    add(subject, second, gain);
                }
            }
        }
        Ok(())
    }

    /// The gains of one level's slots in a part of the run.
    pub(super) fn each_sealed(
        &self,
        transaction: &Transaction<'_>,
        kind: Kind,
        subjects: &Range<u32>,
        slot_s: i64,
        part: &Range<i64>,
        add: &mut impl FnMut(u32, i64, &Gain) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let sql = format!(
            "SELECT subject, start_s, data FROM {}
             WHERE run = ?1 AND slot_s = ?2 AND start_s > ?3 AND start_s < ?4 AND kind = ?5
                 AND subject >= ?6 AND subject < ?7",
            strip::table(slot_s)
        );
        let mut select = transaction.prepare_cached(&sql)?;
        let earliest = part.start - SLOTS as i64 * slot_s;
        let wanted = params![self.row.id, slot_s, earliest, part.end, kind as u8, subjects.start, subjects.end];
        let mut rows = select.query(wanted)?;
        while let Some(row) = rows.next()? {
            let (subject, strip_s): (u32, i64) = (row.get(0)?, row.get(1)?);
            let damaged = |source: DecodeError| ReadError::Damaged { what: "a strip", source };
            let data = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            for (slot, gain) in strip::decode(data).map_err(damaged)? {
                let start_s = strip_s + i64::from(slot) * slot_s;
                if part.contains(&start_s) {
                    add(subject, start_s, &gain)?;
                }
            }
        }
        Ok(())
    }
}
