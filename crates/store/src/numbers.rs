//! Ids: things of a run, numbered from 0 in order of appearance.

use std::collections::HashMap;
use std::hash::Hash;

/// Things and their numbers, and which of them the file has already.
#[derive(Debug)]
pub(crate) struct Numbers<K> {
    numbers: HashMap<K, u32>,
    things: Vec<K>,
    written: usize,
}

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), things: Vec::new(), written: 0 }
    }
}

impl<K: Clone + Eq + Hash> Numbers<K> {
    /// The number of a thing, a new one if need be.
    pub(crate) fn number_of(&mut self, thing: &K) -> u32 {
        if let Some(number) = self.numbers.get(thing) {
            return *number;
        }
        let number = self.things.len() as u32;
        self.numbers.insert(thing.clone(), number);
        self.things.push(thing.clone());
        number
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.things.len()
    }

    /// The things from number `from` on, with their numbers.
    pub(crate) fn since(&self, from: usize) -> impl Iterator<Item = (u32, &K)> {
        (from as u32..).zip(self.things.get(from..).unwrap_or_default())
    }

    /// Those that the file does not have yet.
    pub(crate) fn unwritten(&self) -> impl Iterator<Item = (u32, &K)> {
        self.since(self.written)
    }

    /// The file has the first `count` now.
    pub(crate) fn written(&mut self, count: usize) {
        self.written = count;
    }
}
