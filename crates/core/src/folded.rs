//! Which names the limit on series folded away: a bounded, mergeable sample.

use std::collections::BTreeSet;

/// How many folded names are kept.
const MAX_NAMES: usize = 20;

/// The first few (in alphabetical order) of the `method name` pairs that went to the overflow series.
///
/// Keeping the smallest makes merging exact: the smallest of a union are the smallest of the smallest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoldedNames(BTreeSet<Box<str>>);

impl FoldedNames {
    /// Notes one folded series.
    pub fn add(&mut self, method: &str, name: &str) {
        self.add_label(&format!("{method} {name}"));
    }

    /// Notes one folded series by its `method name`.
    pub fn add_label(&mut self, label: &str) {
        if self.0.len() == MAX_NAMES && self.0.last().is_some_and(|last| **last <= *label) {
            return;
        }
        self.insert(label.into());
    }

    /// Adds the names of `other`.
    pub fn merge(&mut self, other: &Self) {
        for label in &other.0 {
            self.insert(label.clone());
        }
    }

    /// The names, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|label| &**label)
    }

    fn insert(&mut self, label: Box<str>) {
        self.0.insert(label);
        if self.0.len() > MAX_NAMES {
            self.0.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(names: &[u16]) -> FoldedNames {
        let mut folded = FoldedNames::default();
        names.iter().for_each(|name| folded.add("GET", &format!("/{name}")));
        folded
    }

    proptest! {
        #[test]
        fn merging_parts_equals_adding_all(names in prop::collection::vec(any::<u16>(), 0..100), cut in 0_usize..100) {
            let (left, right) = names.split_at(cut.min(names.len()));
            let mut merged = of(left);
            merged.merge(&of(right));
            let mut other_way = of(right);
            other_way.merge(&of(left));
            prop_assert_eq!(&merged, &of(&names));
            prop_assert_eq!(&merged, &other_way);
            prop_assert!(merged.iter().count() <= MAX_NAMES);
        }
    }
}
