//! Names and methods as they may be stored: printable, not empty, bounded.

use crate::anomaly::{Anomalies, Anomaly};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::hash::BuildHasher as _;

/// The longest name or method that is kept, in bytes.
pub const MAX_TEXT_BYTES: usize = 1024;

/// What stands for an empty name or method.
pub const EMPTY: &str = "(empty)";

/// A text that hashes the same in every process, so that a cut name is one series on all workers.
const CUT_HASHER: foldhash::quality::FixedState = foldhash::quality::FixedState::with_seed(0);

/// `raw` as it may be stored, and what was changed in it.
///
/// Printable text comes back borrowed. Control characters and line separators are escaped as in Rust
/// (`\n`, `\u{1b}`); what is longer than [`MAX_TEXT_BYTES`] is cut and ends in `…#` and a hash of the
/// whole, so that two long names stay two series.
pub fn clean<'a>(raw: &'a str, anomalies: &mut Anomalies) -> Cow<'a, str> {
    if raw.is_empty() {
        anomalies.count(Anomaly::TextEmpty);
        return Cow::Borrowed(EMPTY);
    }
    let dirty = raw.chars().any(must_be_escaped);
    if !dirty && raw.len() <= MAX_TEXT_BYTES {
        return Cow::Borrowed(raw);
    }
    let mut text = String::new();
    if dirty {
        anomalies.count(Anomaly::TextEscaped);
    }
    for character in raw.chars() {
        if must_be_escaped(character) {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
        if text.len() > MAX_TEXT_BYTES {
            break;
        }
    }
    if text.len() > MAX_TEXT_BYTES {
        anomalies.count(Anomaly::TextCut);
        const SUFFIX_BYTES: usize = "…#".len() + 16;
        let mut end = MAX_TEXT_BYTES - SUFFIX_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        // Writing to a String cannot fail.
        let _ = write!(text, "…#{:016x}", CUT_HASHER.hash_one(raw.as_bytes()));
    }
    Cow::Owned(text)
}

/// Whether `raw` is stored as it is: the check of [`clean`], without the work.
#[must_use]
pub fn is_clean(raw: &str) -> bool {
    !raw.is_empty() && raw.len() <= MAX_TEXT_BYTES && !raw.chars().any(must_be_escaped)
}

/// Control characters break terminals and logs; U+2028 and U+2029 break lines in browsers.
pub(crate) fn must_be_escaped(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cleaned(raw: &str) -> (String, Vec<Anomaly>) {
        let mut anomalies = Anomalies::default();
        let text = clean(raw, &mut anomalies).into_owned();
        (text, anomalies.occurred().map(|(kind, _)| kind).collect())
    }

    #[test]
    fn printable_text_stays_as_it_is() {
        assert_eq!(cleaned("/käse/[id]?q=1 2"), ("/käse/[id]?q=1 2".into(), vec![]));
    }

    #[test]
    fn empty_text_gets_a_name() {
        assert_eq!(cleaned(""), ("(empty)".into(), vec![Anomaly::TextEmpty]));
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(cleaned("a\nb\u{1b}[0m"), ("a\\nb\\u{1b}[0m".into(), vec![Anomaly::TextEscaped]));
    }

    #[test]
    fn huge_names_are_cut_and_stay_distinct() {
        let long = "x".repeat(5_000_000);
        let (a, kinds) = cleaned(&long);
        let (b, _) = cleaned(&(long + "y"));
        assert_eq!(kinds, vec![Anomaly::TextCut]);
        assert_ne!(a, b);
    }

    proptest! {
        #[test]
        fn the_result_is_always_clean_and_bounded(raw in "(?s).{0,600}", repeat in 1_usize..8) {
            let (text, _) = cleaned(&raw.repeat(repeat));
            prop_assert!(is_clean(&text), "{text:?}");
        }

        #[test]
        fn cleaning_twice_changes_nothing(raw in "(?s).{0,600}") {
            let (once, _) = cleaned(&raw);
            prop_assert_eq!(cleaned(&once), (once, vec![]));
        }
    }
}
