//! Columns by second, in slots long enough that they fit.

use super::size;
use crate::column::second;
use crate::slots::LENGTHS_S;
use locust_telemetry_store::Columns;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How the values of one slot become one.
#[derive(Debug, Clone, Copy)]
enum Merge {
    Sum,
    Most,
    /// Bits of either.
    Union,
    Last,
}

/// The columns that the page reads.
const COLUMNS: [(&str, Merge); 12] = [
    ("users", Merge::Most),
    ("requests", Merge::Sum),
    ("failures", Merge::Sum),
    ("response_bytes", Merge::Sum),
    ("hub_lag_ms", Merge::Most),
    ("reasons", Merge::Union),
    ("cpu_percent", Merge::Most),
    ("memory_bytes", Merge::Most),
    ("worker", Merge::Last),
    ("state", Merge::Last),
    ("clock_offset_ms", Merge::Last),
    ("clock_error_ms", Merge::Last),
];

/// Columns as they are in the report.
#[derive(Debug)]
pub(super) struct Slotted {
    /// An object with a list for each column; null if nothing fits.
    pub(super) columns: Value,
    /// How many seconds a row stands for.
    pub(super) slot_s: i64,
}

/// The columns in at most `room` bytes: each second, or slots of several seconds under the first of them.
pub(super) fn within(columns: &Columns, room: usize) -> Slotted {
    let mut whole_size = None;
    for slot_s in LENGTHS_S {
        // Many rows become few about in proportion: lengths that cannot be enough are not tried.
        if whole_size.is_some_and(|size: usize| size / usize::try_from(slot_s).unwrap_or(usize::MAX) > room * 2) {
            continue;
        }
        let slotted = Slotted { columns: merged(columns, slot_s), slot_s };
        let size = size(&slotted.columns);
        if size <= room {
            return slotted;
        }
        whole_size.get_or_insert(size);
    }
    Slotted { columns: Value::Null, slot_s: 0 }
}

fn merged(columns: &Columns, slot_s: i64) -> Value {
    let seconds = columns.column("second");
    let workers = columns.column("worker");
    // By worker and slot, the rows of both in their order.
    let mut slots = BTreeMap::<(u64, i64), Vec<usize>>::new();
    for (place, at) in seconds.iter().enumerate() {
        let worker = workers.get(place).map_or(0, crate::column::count);
        slots.entry((worker, second(at).div_euclid(slot_s))).or_default().push(place);
    }
    let firsts = slots.values().map(|places| places.first().map_or(Value::Null, |first| seconds[*first].clone()));
    let mut object = Map::new();
    object.insert("second".to_owned(), firsts.collect());
    for (name, merge) in COLUMNS {
        let values = columns.column(name);
        if !values.is_empty() {
            let values = slots.values().map(|places| merge.all(places.iter().filter_map(|place| values.get(*place))));
            object.insert(name.to_owned(), values.collect());
        }
    }
    object.into()
}

impl Merge {
    fn all<'a>(self, values: impl Iterator<Item = &'a Value>) -> Value {
        let known = values.filter(|value| !value.is_null());
        known.cloned().reduce(|one, other| self.two(&one, &other)).unwrap_or(Value::Null)
    }

    fn two(self, one: &Value, other: &Value) -> Value {
        let (ones, others) = (one.as_u64().unwrap_or(0), other.as_u64().unwrap_or(0));
        match self {
            Self::Sum => json!(ones.saturating_add(others)),
            Self::Union => json!(ones | others),
            Self::Most if other.as_f64() > one.as_f64() => other.clone(),
            Self::Most => one.clone(),
            Self::Last => other.clone(),
        }
    }
}
