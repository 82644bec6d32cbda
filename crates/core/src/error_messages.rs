//! What failed requests said: each distinct message of each series, with its exact count.

use crate::series::SeriesKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The message that stands for all those which the limit on messages turned away.
pub const OTHER_MESSAGES: &str = "(other messages)";

/// How often each message came, by the series of the requests that failed with it.
///
/// Ordered by series, then by message. Messages are texts as [`message_text::clean`](crate::message_text::clean) makes
/// them. Merging only adds, so it is associative and commutative, and equals having counted everything in one place.
///
/// The counts of a series add up to its requests where every failure told its message; those of a worker that speaks
/// an older wire format do not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorMessages {
    /// No series is without a message, and no count is 0.
    counts: BTreeMap<Arc<SeriesKey>, BTreeMap<Arc<str>, u64>>,
}

impl ErrorMessages {
    /// Counts `message` of `series` another `count` times.
    pub fn add(&mut self, series: &Arc<SeriesKey>, message: &Arc<str>, count: u64) {
        if count == 0 {
            return;
        }
        let messages = match self.counts.get_mut(series) {
            Some(messages) => messages,
            None => self.counts.entry(Arc::clone(series)).or_default(),
        };
        match messages.get_mut(message) {
            Some(mine) => *mine += count,
            None => {
                messages.insert(Arc::clone(message), count);
            }
        }
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(series, message, count)| self.add(series, message, count));
    }

    /// Each message of each series with its count, which is at least 1; ascending by series, then by message.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<SeriesKey>, &Arc<str>, u64)> {
        let counts = self.counts.iter();
        counts.flat_map(|(series, messages)| messages.iter().map(move |(message, count)| (series, message, *count)))
    }

    /// How many rows [`iter`](Self::iter) gives.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.values().map(BTreeMap::len).sum()
    }

    /// Whether no message was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A series, a message and a count, from few enough to meet again.
    type Row = (u8, u8, u64);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        prop::collection::vec((0..3_u8, 0..4_u8, 0..1_000_u64), 0..30)
    }

    fn series(number: u8) -> Arc<SeriesKey> {
        let (name, error_type) = (format!("/{number}").into(), Some("HTTPError".into()));
        Arc::new(SeriesKey { name, method: "GET".into(), status: None, error_type })
    }

    fn counted(rows: &[Row]) -> ErrorMessages {
        let mut errors = ErrorMessages::default();
        rows.iter()
            .for_each(|(number, message, count)| errors.add(&series(*number), &message.to_string().into(), *count));
        errors
    }

    fn merged(one: &ErrorMessages, other: &ErrorMessages) -> ErrorMessages {
        let mut both = one.clone();
        both.merge(other);
        both
    }

    #[test]
    fn rows_ascend_by_series_and_message_and_have_their_counts() {
        let errors = counted(&[(1, 3, 5), (0, 2, 1), (1, 0, 2), (1, 3, 4)]);
        let rows: Vec<_> = errors.iter().map(|(series, message, count)| (&*series.name, &**message, count)).collect();
        assert_eq!(rows, [("/0", "2", 1), ("/1", "0", 2), ("/1", "3", 9)]);
        assert_eq!((errors.len(), errors.is_empty()), (3, false));
    }

    #[test]
    fn what_did_not_occur_makes_no_row() {
        assert_eq!(counted(&[(0, 0, 0)]), ErrorMessages::default());
        assert!(counted(&[(0, 0, 0)]).is_empty());
    }

    proptest! {
        #[test]
        fn merging_equals_having_counted_all_in_one_place_in_any_order(rows in rows(), cut in 0_usize..30) {
            let (left, right) = rows.split_at(cut.min(rows.len()));
            let (left, right) = (counted(left), counted(right));
            prop_assert_eq!(merged(&left, &right), counted(&rows));
            prop_assert_eq!(merged(&right, &left), counted(&rows));
        }

        #[test]
        fn merging_is_associative(a in rows(), b in rows(), c in rows()) {
            let (a, b, c) = (counted(&a), counted(&b), counted(&c));
            prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        }

        #[test]
        fn no_occurrence_is_lost_or_made_up(rows in rows()) {
            let expected: u64 = rows.iter().map(|(_, _, count)| count).sum();
            prop_assert_eq!(counted(&rows).iter().map(|(_, _, count)| count).sum::<u64>(), expected);
        }
    }
}
