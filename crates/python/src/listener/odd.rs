//! What was odd about one event, without allocating.

use locust_telemetry_core::Anomaly;

/// Up to this many oddities of one event are counted; it cannot have more: its length, its status, its name, its type,
/// and two of its message.
const MAX_ODD: usize = 6;

/// The oddities of one event.
#[derive(Default)]
pub(super) struct Odd {
    kinds: [Option<Anomaly>; MAX_ODD],
    len: usize,
}

impl Odd {
    pub(super) fn add(&mut self, anomaly: Anomaly) {
        if let Some(slot) = self.kinds.get_mut(self.len) {
            *slot = Some(anomaly);
            self.len += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All of them.
    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = Anomaly> {
        self.kinds[..self.len].iter().flatten().copied()
    }
}
