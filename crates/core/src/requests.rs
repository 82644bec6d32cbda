//! Where a finished request lands: the table that interns series and counts requests until the window
//! closes.
//!
//! One writer at a time (the caller holds a lock or the GIL). Closing a window swaps two buffers, so the
//! lock is held for a few assignments however many series there are; the closed buffer is read and
//! cleared outside of it and handed back at the next swap.

use crate::aggregate::RequestAggregate;
use crate::anomaly::{Anomalies, Anomaly};
use crate::folded::FoldedNames;
use crate::histogram::MAX_ELAPSED_NS;
use crate::message_table::{MessageCounts, MessageTable};
use crate::series::{OVERFLOW_NAME, SeriesKey, SeriesStats};
use crate::text;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many series a process keeps by default before it folds new ones into the overflow series.
pub const DEFAULT_MAX_SERIES: usize = 10_000;

/// Fast rather than hard to flood: the names come from the user's own test.
pub(crate) const HASHER: FixedState = FixedState::with_seed(0x5EED);

/// One finished request, borrowed from whoever reports it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The request's name.
    pub name: &'a str,
    /// The request's type (HTTP method).
    pub method: &'a str,
    /// The response's status, if there was a response.
    pub status: Option<NonZeroU16>,
    /// The class of the exception, if the request failed.
    pub error_type: Option<&'a str>,
    /// What the exception says, as it came; `None` if that is not known. Not looked at if the request succeeded.
    pub message: Option<&'a str>,
    /// The response time in milliseconds, any float; or why there is none.
    pub elapsed_ms: Result<f64, Anomaly>,
    /// The length of the response in bytes.
    pub response_bytes: u64,
}

/// A series that a request was counted in, for further requests of the very same texts and outcome.
///
/// It means something to the one table that gave it, until that forgets its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownSeries {
    number: u32,
    generation: u64,
}

/// Numbers sets of series, of all tables of the process: a [`KnownSeries`] of one means nothing to another.
static GENERATIONS: AtomicU64 = AtomicU64::new(1);

fn next_generation() -> u64 {
    GENERATIONS.fetch_add(1, Ordering::Relaxed)
}

/// A series' place in the buffers.
#[derive(Debug)]
struct Slot {
    key: Arc<SeriesKey>,
    stats: SeriesStats,
}

/// What was counted since the last swap. Made and reused by [`RequestTable`].
#[derive(Debug, Default)]
pub struct Buffer {
    /// By series number; rows beyond the end were not seen yet by this buffer.
    slots: Vec<Slot>,
    /// The numbers of the series that gained something.
    touched: Vec<u32>,
    messages: MessageCounts,
    anomalies: Anomalies,
    folded: FoldedNames,
    /// Which set of series the numbers belong to.
    generation: u64,
}

impl Buffer {
    /// Turns the counts into an aggregate and clears them, keeping the room.
    pub fn drain(&mut self) -> RequestAggregate {
        let mut aggregate = RequestAggregate { anomalies: self.anomalies, ..RequestAggregate::default() };
        aggregate.folded = std::mem::take(&mut self.folded);
        aggregate.errors = self.messages.drain();
        for number in self.touched.drain(..) {
            let slot = &mut self.slots[number as usize];
            aggregate.series.insert(Arc::clone(&slot.key), slot.stats.compact());
            slot.stats.clear();
        }
        self.anomalies = Anomalies::default();
        aggregate
    }
}

/// Interns series and counts requests.
#[derive(Debug)]
pub struct RequestTable {
    /// From a series' hash to its number.
    numbers: HashTable<u32>,
    /// By number; shared with the buffers.
    keys: Vec<Arc<SeriesKey>>,
    messages: MessageTable,
    max_series: usize,
    active: Buffer,
}

impl RequestTable {
    /// An empty table that keeps at most `max_series` series (at least 1), the two overflow series not
    /// counted. Allocates nothing until the first request.
    #[must_use]
    pub fn new(max_series: usize) -> Self {
        Self {
            numbers: HashTable::new(),
            keys: Vec::new(),
            messages: MessageTable::default(),
            max_series: max_series.max(1),
            active: Buffer { generation: next_generation(), ..Buffer::default() },
        }
    }

    /// Changes the limit on series (at least 1); what is interned stays.
    pub fn set_max_series(&mut self, max_series: usize) {
        self.max_series = max_series.max(1);
    }

    /// How many series are interned.
    #[must_use]
    pub fn series(&self) -> usize {
        self.keys.len()
    }

    /// Adds one finished request to its series.
    ///
    /// A response time that cannot be used is counted as an anomaly, and the request without it.
    /// Cost: one table probe and a handful of adds; no allocation once the series exists and its
    /// latencies stay within the range seen (`benches/record.rs`, `tests/no_allocation.rs`). A failure with a known
    /// message takes one probe more.
    ///
    /// Returns the series, for [`record_known`](Self::record_known), if it has the request's texts as they came and was
    /// there before: what is new, cleaned or folded is counted as such each time.
    #[inline]
    pub fn record(&mut self, request: &Request<'_>) -> Option<KnownSeries> {
        let hash = hash_parts(request.name, request.method, request.status, request.error_type);
        let found = self.find(request, hash);
        let number = found.unwrap_or_else(|| self.intern_new(request, hash));
        self.add_to(number, request.elapsed_ms, request.response_bytes);
        if let Some(message) = request.message {
            self.record_message(number, request, message);
        }
        found.map(|number| KnownSeries { number, generation: self.active.generation })
    }

    /// Adds one more request that succeeded to a series, without looking at its texts. False, and nothing is added, if
    /// the table has forgotten that series.
    #[inline]
    #[must_use]
    pub fn record_known(&mut self, series: KnownSeries, elapsed_ms: Result<f64, Anomaly>, response_bytes: u64) -> bool {
        let is_known = series.generation == self.active.generation;
        if is_known {
            self.add_to(series.number, elapsed_ms, response_bytes);
        }
        is_known
    }

    #[inline]
    fn add_to(&mut self, number: u32, elapsed_ms: Result<f64, Anomaly>, response_bytes: u64) {
        if number as usize >= self.active.slots.len() {
            self.open_slots(number);
        }
        let stats = &mut self.active.slots[number as usize].stats;
        if stats.requests == 0 {
            self.active.touched.push(number);
        }
        stats.requests += 1;
        stats.response_bytes = stats.response_bytes.saturating_add(response_bytes);
        match elapsed_ns(elapsed_ms) {
            Ok(elapsed_ns) => stats.latency.record(elapsed_ns),
            Err(Anomaly::TimeClamped) => {
                stats.latency.record(MAX_ELAPSED_NS);
                self.active.anomalies.count(Anomaly::TimeClamped);
            }
            Err(anomaly) => self.active.anomalies.count(anomaly),
        }
    }

    /// Counts what a failed request of the series `number` said.
    #[inline(never)]
    fn record_message(&mut self, number: u32, request: &Request<'_>, message: &str) {
        if request.error_type.is_some() {
            let row = self.messages.intern(number, message, &mut self.active.anomalies);
            self.active.messages.count(row, &self.messages, &self.keys);
        }
    }

    /// Counts something odd about a request that is recorded as well, or cannot be.
    pub fn count_anomaly(&mut self, anomaly: Anomaly) {
        self.active.anomalies.count(anomaly);
    }

    /// Puts `spare` in place of what was counted so far, and returns that.
    ///
    /// Cost: constant, whatever the number of series. `spare` must be drained; pass
    /// `Buffer::default()` the first time.
    #[must_use]
    pub fn swap(&mut self, spare: Buffer) -> Buffer {
        let mut next = if spare.generation == self.active.generation { spare } else { self.empty_buffer() };
        std::mem::swap(&mut self.active, &mut next);
        next
    }

    /// Forgets all series, for a new run. What was counted and not swapped out is returned.
    #[must_use]
    pub fn reset(&mut self) -> Buffer {
        let counted = std::mem::take(&mut self.active);
        self.active.generation = next_generation();
        self.numbers = HashTable::new();
        self.keys = Vec::new();
        self.messages = MessageTable::default();
        counted
    }

    fn empty_buffer(&self) -> Buffer {
        Buffer { generation: self.active.generation, ..Buffer::default() }
    }

    fn intern(&mut self, request: &Request<'_>) -> u32 {
        let hash = hash_parts(request.name, request.method, request.status, request.error_type);
        self.find(request, hash).unwrap_or_else(|| self.intern_new(request, hash))
    }

    #[inline]
    fn find(&self, request: &Request<'_>, hash: u64) -> Option<u32> {
        let known = self.numbers.find(hash, |&number| {
            let key = &self.keys[number as usize];
            *key.name == *request.name
                && *key.method == *request.method
                && key.status == request.status
                && key.error_type.as_deref() == request.error_type
        });
        known.copied()
    }

    /// A series that is not in the table under these very texts: clean them, then fold or add.
    #[cold]
    fn intern_new(&mut self, request: &Request<'_>, hash: u64) -> u32 {
        let is_clean = text::is_clean(request.name)
            && text::is_clean(request.method)
            && request.error_type.is_none_or(text::is_clean);
        if !is_clean {
            let name = text::clean(request.name, &mut self.active.anomalies);
            let method = text::clean(request.method, &mut self.active.anomalies);
            let error_type = request.error_type.map(|error| text::clean(error, &mut self.active.anomalies));
            return self.intern(&Request {
                name: &name,
                method: &method,
                error_type: error_type.as_deref(),
                ..*request
            });
        }
        let is_overflow = request.name == OVERFLOW_NAME
            && request.method == OVERFLOW_NAME
            && request.status.is_none()
            && request.error_type.is_none_or(|error_type| error_type == OVERFLOW_NAME);
        if self.keys.len() >= self.max_series && !is_overflow {
            self.active.anomalies.count(Anomaly::SeriesOverflow);
            self.active.folded.add(request.method, request.name);
            let overflow = SeriesKey::overflow(request.error_type.is_some());
            return self.intern(&Request {
                name: &overflow.name,
                method: &overflow.method,
                status: None,
                error_type: overflow.error_type.as_deref(),
                ..*request
            });
        }
        self.add(
            SeriesKey {
                name: request.name.into(),
                method: request.method.into(),
                status: request.status,
                error_type: request.error_type.map(Into::into),
            },
            hash,
        )
    }

    fn add(&mut self, key: SeriesKey, hash: u64) -> u32 {
        // The limit on series is far below 2^32.
        let number = self.keys.len() as u32;
        self.keys.push(Arc::new(key));
        let keys = &self.keys;
        self.numbers.insert_unique(hash, number, |&other| hash_key(&keys[other as usize]));
        number
    }

    /// Gives the active buffer a row for every series up to `number`.
    #[cold]
    fn open_slots(&mut self, number: u32) {
        let from = self.active.slots.len();
        let missing = &self.keys[from..=number as usize];
        self.active
            .slots
            .extend(missing.iter().map(|key| Slot { key: Arc::clone(key), stats: SeriesStats::default() }));
        // Room for every series, so that touching a known one never allocates.
        let wanted = self.active.slots.capacity() - self.active.touched.len();
        self.active.touched.reserve(wanted);
    }
}

fn hash_key(key: &SeriesKey) -> u64 {
    hash_parts(&key.name, &key.method, key.status, key.error_type.as_deref())
}

#[inline]
fn hash_parts(name: &str, method: &str, status: Option<NonZeroU16>, error_type: Option<&str>) -> u64 {
    let mut state = HASHER.build_hasher();
    state.write(name.as_bytes());
    state.write(method.as_bytes());
    state.write_u16(status.map_or(0, NonZeroU16::get));
    if let Some(error_type) = error_type {
        error_type.hash(&mut state);
    }
    state.finish()
}

/// Milliseconds as Locust has them, in whole nanoseconds; or what is wrong with them.
#[inline]
fn elapsed_ns(elapsed_ms: Result<f64, Anomaly>) -> Result<u64, Anomaly> {
    let elapsed_ms = elapsed_ms?;
    let nanoseconds = elapsed_ms * 1_000_000.0;
    if nanoseconds >= 0.0 && nanoseconds <= MAX_ELAPSED_NS as f64 {
        // Half up; both operands are exact below 2^53.
        return Ok((nanoseconds + 0.5) as u64);
    }
    Err(if elapsed_ms.is_nan() {
        Anomaly::TimeNan
    } else if elapsed_ms.is_infinite() {
        Anomaly::TimeInfinite
    } else if elapsed_ms < 0.0 {
        Anomaly::TimeNegative
    } else {
        Anomaly::TimeClamped
    })
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
