//! The messages of a run over all workers.

use crate::series_index::Folded;
use locust_telemetry_core::{MAX_MESSAGES, OTHER_MESSAGES};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many distinct messages a master keeps in a run: workers tend to say the same, and each has its own limit.
const MAX_RUN_MESSAGES: usize = 10 * MAX_MESSAGES;

/// Keeps each message once, up to a limit; later ones are all [`OTHER_MESSAGES`].
#[derive(Debug, Default)]
pub(crate) struct MessageIndex(BTreeSet<Arc<str>>);

impl MessageIndex {
    /// The message to count for `message`, and whether that is another one.
    pub(crate) fn text(&mut self, message: &str) -> (Arc<str>, Folded) {
        if let Some(known) = self.0.get(message) {
            return (Arc::clone(known), Folded::No);
        }
        if self.0.len() < MAX_RUN_MESSAGES || message == OTHER_MESSAGES {
            return (self.add(message), Folded::No);
        }
        (self.0.get(OTHER_MESSAGES).cloned().unwrap_or_else(|| self.add(OTHER_MESSAGES)), Folded::Yes)
    }

    fn add(&mut self, message: &str) -> Arc<str> {
        let message = Arc::<str>::from(message);
        self.0.insert(Arc::clone(&message));
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_is_one_text() {
        let mut index = MessageIndex::default();
        let (first, folded) = index.text("refused");
        assert_eq!((&*first, folded), ("refused", Folded::No));
        assert!(Arc::ptr_eq(&first, &index.text("refused").0));
    }

    #[test]
    fn beyond_the_limit_new_messages_are_others_and_known_ones_themselves() {
        let mut index = MessageIndex::default();
        for number in 0..MAX_RUN_MESSAGES {
            assert_eq!(index.text(&number.to_string()).1, Folded::No);
        }
        assert_eq!(index.text(OTHER_MESSAGES), (OTHER_MESSAGES.into(), Folded::No), "folded on a worker already");
        assert_eq!(index.text("one too many"), (OTHER_MESSAGES.into(), Folded::Yes));
        assert_eq!(index.text("7"), ("7".into(), Folded::No));
    }
}
