//! The series of a run over all workers, numbered.

use locust_telemetry_core::SeriesKey;
use std::collections::HashMap;
use std::sync::Arc;

/// Numbers series in the order in which they come, up to a limit; later ones share the two overflow series.
#[derive(Debug, Default)]
pub(crate) struct SeriesIndex {
    numbers: HashMap<Arc<SeriesKey>, u32>,
    keys: Vec<Arc<SeriesKey>>,
    max_series: usize,
}

impl SeriesIndex {
    /// An index of at most `max_series` series (at least 1), the overflow series not counted.
    pub(crate) fn new(max_series: usize) -> Self {
        Self { numbers: HashMap::new(), keys: Vec::new(), max_series: max_series.max(1) }
    }

    /// The number of `key`, new if need be. Beyond the limit it is that of an overflow series, as [`Folded`] says.
    pub(crate) fn number(&mut self, key: &SeriesKey) -> (u32, Folded) {
        if let Some(&number) = self.numbers.get(key) {
            return (number, Folded::No);
        }
        let overflow = SeriesKey::overflow(key.is_failure());
        if self.keys.len() < self.max_series || *key == overflow {
            return (self.add(key.clone()), Folded::No);
        }
        let number = match self.numbers.get(&overflow) {
            Some(&number) => number,
            None => self.add(overflow),
        };
        (number, Folded::Yes)
    }

    fn add(&mut self, key: SeriesKey) -> u32 {
        // The limit on series is far below 2^32.
        let number = self.keys.len() as u32;
        let key = Arc::new(key);
        self.keys.push(Arc::clone(&key));
        self.numbers.insert(key, number);
        number
    }

    /// The series with a number that this index gave.
    pub(crate) fn key(&self, number: usize) -> &Arc<SeriesKey> {
        &self.keys[number]
    }

    /// Whether the requests of a numbered series failed.
    pub(crate) fn is_failure(&self, number: u32) -> bool {
        self.keys.get(number as usize).is_some_and(|key| key.is_failure())
    }

    /// How many series have a number.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }
}

/// Whether a limit of the master made a series, or a message, share a place with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Folded {
    /// It has one of its own.
    No,
    /// It shares one.
    Yes,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, error_type: Option<&str>) -> SeriesKey {
        SeriesKey { name: name.into(), method: "GET".into(), status: None, error_type: error_type.map(Into::into) }
    }

    #[test]
    fn the_same_series_has_the_same_number_and_its_key_back() {
        let mut index = SeriesIndex::new(10);
        let first = index.number(&key("/a", None));
        assert_eq!(index.number(&key("/b", None)), (1, Folded::No));
        assert_eq!(index.number(&key("/a", None)), first);
        assert_eq!(**index.key(0), key("/a", None));
    }

    #[test]
    fn beyond_the_limit_series_share_the_overflow_and_keep_their_outcome() {
        let mut index = SeriesIndex::new(1);
        index.number(&key("/a", None));
        let (success, failure) = (index.number(&key("/b", None)), index.number(&key("/b", Some("E"))));
        assert_eq!((success.1, failure.1), (Folded::Yes, Folded::Yes));
        assert_eq!(index.number(&key("/c", None)), success);
        assert!(!index.is_failure(success.0) && index.is_failure(failure.0));
        assert_eq!(index.number(&SeriesKey::overflow(true)), (failure.0, Folded::No), "folded on a worker already");
    }
}
