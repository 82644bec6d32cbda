//! Where the messages of failed requests are interned and counted until the window closes.
//!
//! A row is a message of a series. Like series, rows are numbered for a run, and counted by number in the buffers that
//! alternate.

use crate::anomaly::{Anomalies, Anomaly};
use crate::error_messages::{ErrorMessages, OTHER_MESSAGES};
use crate::message_text::{self, MAX_MESSAGE_BYTES};
use crate::series::SeriesKey;
use hashbrown::HashTable;
use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

/// How many distinct messages a process keeps in a run, [`OTHER_MESSAGES`] not counted. Texts of the service under
/// test may be in them, so there is no end to what they can say.
pub const MAX_MESSAGES: usize = 200;

/// How many rows a process keeps in a run, those of [`OTHER_MESSAGES`] not counted: one message may come in every
/// series, but not every message.
pub(crate) const MAX_ROWS: usize = 20_000;

/// One message of one series.
#[derive(Debug)]
struct Row {
    series: u32,
    message: Arc<str>,
}

/// The rows of a run.
#[derive(Debug, Default)]
pub(crate) struct MessageTable {
    /// From a row's hash to its number.
    numbers: HashTable<u32>,
    /// By number.
    rows: Vec<Row>,
    /// Each message once, whatever the number of its series.
    messages: BTreeSet<Arc<str>>,
}

impl MessageTable {
    /// The number of the row for `message` of the series numbered `series`.
    ///
    /// Cost: one table probe for a known message that is clean.
    #[inline]
    pub(crate) fn intern(&mut self, series: u32, message: &str, anomalies: &mut Anomalies) -> u32 {
        // No row has a longer one, and hashing it could take long.
        let known = if message.len() <= MAX_MESSAGE_BYTES { self.find(series, message) } else { None };
        known.unwrap_or_else(|| self.intern_new(series, message, anomalies))
    }

    /// A message that has no row under this very text: cleans it, then adds it or counts it among the others.
    #[cold]
    fn intern_new(&mut self, series: u32, message: &str, anomalies: &mut Anomalies) -> u32 {
        let message = message_text::clean(message);
        if let Some(number) = self.find(series, &message) {
            return number;
        }
        if self.has_room_for(&message) {
            return self.add(series, &message);
        }
        anomalies.count(Anomaly::MessageOverflow);
        self.find(series, OTHER_MESSAGES).unwrap_or_else(|| self.add(series, OTHER_MESSAGES))
    }

    fn find(&self, series: u32, message: &str) -> Option<u32> {
        let is_it = |&number: &u32| {
            let row = &self.rows[number as usize];
            row.series == series && *row.message == *message
        };
        self.numbers.find(hash(series, message), is_it).copied()
    }

    fn has_room_for(&self, message: &str) -> bool {
        let is_known = self.messages.contains(message);
        self.rows.len() < MAX_ROWS && (is_known || self.messages.len() < MAX_MESSAGES)
    }

    fn add(&mut self, series: u32, message: &str) -> u32 {
        let message = match self.messages.get(message) {
            Some(known) => Arc::clone(known),
            None => {
                let new = Arc::<str>::from(message);
                self.messages.insert(Arc::clone(&new));
                new
            }
        };
        // Rows are bounded, and so are the series that have one for the others.
        let number = self.rows.len() as u32;
        let hash = hash(series, &message);
        self.rows.push(Row { series, message });
        let rows = &self.rows;
        self.numbers.insert_unique(hash, number, |&other| {
            let row = &rows[other as usize];
            self::hash(row.series, &row.message)
        });
        number
    }
}

#[inline]
fn hash(series: u32, message: &str) -> u64 {
    let mut state = crate::requests::HASHER.build_hasher();
    state.write_u32(series);
    state.write(message.as_bytes());
    state.finish()
}

/// A row's place in a buffer.
#[derive(Debug)]
struct Slot {
    series: Arc<SeriesKey>,
    message: Arc<str>,
    count: u64,
}

/// How often each row came since the last swap.
#[derive(Debug, Default)]
pub(crate) struct MessageCounts {
    /// By row number; rows beyond the end were not seen yet by this buffer.
    slots: Vec<Slot>,
    /// The numbers of the rows that came.
    touched: Vec<u32>,
}

impl MessageCounts {
    /// Counts the row `number` of `table` once more. `series` are the keys that its series numbers stand for.
    #[inline]
    pub(crate) fn count(&mut self, number: u32, table: &MessageTable, series: &[Arc<SeriesKey>]) {
        if number as usize >= self.slots.len() {
            self.open_slots(number, table, series);
        }
        let slot = &mut self.slots[number as usize];
        if slot.count == 0 {
            self.touched.push(number);
        }
        slot.count += 1;
    }

    /// Takes the counts out and clears them, keeping the room.
    pub(crate) fn drain(&mut self) -> ErrorMessages {
        let mut errors = ErrorMessages::default();
        for number in self.touched.drain(..) {
            let slot = &mut self.slots[number as usize];
            errors.add(&slot.series, &slot.message, std::mem::take(&mut slot.count));
        }
        errors
    }

    /// Makes a slot for every row up to `number`, and room to touch them all, so that counting a known row never
    /// allocates.
    #[cold]
    fn open_slots(&mut self, number: u32, table: &MessageTable, series: &[Arc<SeriesKey>]) {
        let missing = &table.rows[self.slots.len()..=number as usize];
        self.slots.extend(missing.iter().map(|row| Slot {
            series: Arc::clone(&series[row.series as usize]),
            message: Arc::clone(&row.message),
            count: 0,
        }));
        let wanted = self.slots.capacity() - self.touched.len();
        self.touched.reserve(wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(count: usize) -> Vec<Arc<SeriesKey>> {
        (0..count).map(|_| Arc::new(SeriesKey::overflow(true))).collect()
    }

    #[test]
    fn a_message_has_one_row_for_each_series_and_one_text_for_all() {
        let (mut table, mut anomalies) = (MessageTable::default(), Anomalies::default());
        let first = table.intern(0, "refused", &mut anomalies);
        assert_eq!(table.intern(0, "refused", &mut anomalies), first);
        let second = table.intern(1, "refused", &mut anomalies);
        assert_ne!(second, first);
        let [one, other] = [first, second].map(|number| &table.rows[number as usize].message);
        assert!(Arc::ptr_eq(one, other));
    }

    #[test]
    fn the_limit_is_on_messages_and_known_ones_go_on_in_new_series() {
        let (mut table, mut anomalies) = (MessageTable::default(), Anomalies::default());
        for number in 0..2 * MAX_MESSAGES {
            table.intern(0, &number.to_string(), &mut anomalies);
        }
        assert_eq!(table.rows.len(), MAX_MESSAGES + 1);
        assert_eq!(anomalies.get(Anomaly::MessageOverflow), MAX_MESSAGES as u64);
        let known = table.intern(1, "7", &mut anomalies);
        assert_eq!(*table.rows[known as usize].message, *"7");
        let unknown = table.intern(1, "unknown", &mut anomalies);
        assert_eq!(*table.rows[unknown as usize].message, *OTHER_MESSAGES);
    }

    #[test]
    fn rows_are_bounded_too() {
        let (mut table, mut anomalies) = (MessageTable::default(), Anomalies::default());
        for series in 0..MAX_ROWS as u32 + 10 {
            table.intern(series, "refused", &mut anomalies);
        }
        let last = table.intern(MAX_ROWS as u32, "refused", &mut anomalies);
        assert_eq!(*table.rows[last as usize].message, *OTHER_MESSAGES);
        assert_eq!(anomalies.get(Anomaly::MessageOverflow), 11);
    }

    #[test]
    fn counts_are_taken_out_once() {
        let (mut table, mut counts, keys) = (MessageTable::default(), MessageCounts::default(), keys(2));
        let mut anomalies = Anomalies::default();
        for message in ["a", "b", "a"] {
            let number = table.intern(1, message, &mut anomalies);
            counts.count(number, &table, &keys);
        }
        let drained = counts.drain();
        let rows: Vec<_> = drained.iter().map(|(_, message, count)| (&**message, count)).collect();
        assert_eq!(rows, [("a", 2), ("b", 1)]);
        assert!(counts.drain().is_empty());
    }
}
