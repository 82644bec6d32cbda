//! The message of a failure as it is counted: printable, bounded, and the same for equal failures.

use crate::text;
use std::borrow::Cow;

/// How many characters of a message are its identity; what is behind them is cut off.
pub const MAX_MESSAGE_CHARACTERS: usize = 512;

/// What a message that was cut ends in.
pub const CUT_MARK: char = '…';

/// The longest message that is kept, in bytes of UTF-8.
pub const MAX_MESSAGE_BYTES: usize = 4 * MAX_MESSAGE_CHARACTERS + CUT_MARK.len_utf8();

/// What Python writes before the address of an object, in a text such as `<Socket object at 0x7f2b3c1d>`.
const BEFORE_ADDRESS: &str = " at 0x";

/// The same with what Locust writes in place of an address's digits.
const LEFT_OUT: &str = " at 0x....";

/// `raw` as it is counted.
///
/// Addresses in memory become `0x....`, as Locust has them, since they would make every failure one of a kind. Control
/// characters and line separators are escaped as in names ([`text::clean`]). Beyond [`MAX_MESSAGE_CHARACTERS`] the rest
/// is cut off and [`CUT_MARK`] put in its place. Cleaning a clean message changes nothing.
pub fn clean(raw: &str) -> Cow<'_, str> {
    if raw.is_empty() {
        return Cow::Borrowed(text::EMPTY);
    }
    if raw.len() <= MAX_MESSAGE_CHARACTERS && !raw.contains(BEFORE_ADDRESS) && !raw.chars().any(text::must_be_escaped) {
        return Cow::Borrowed(raw);
    }
    let mut message = Bounded { text: String::with_capacity(raw.len().min(MAX_MESSAGE_BYTES)), characters: 0 };
    let mut rest = raw;
    while let Some(character) = rest.chars().next() {
        let (has_fit, length) = match address_digits(rest) {
            Some(digits) => (message.push(LEFT_OUT), BEFORE_ADDRESS.len() + digits),
            None if text::must_be_escaped(character) => {
                (message.push(&character.escape_default().to_string()), character.len_utf8())
            }
            None => (message.push(character.encode_utf8(&mut [0; 4])), character.len_utf8()),
        };
        rest = &rest[length..];
        if !has_fit {
            message.text.push(CUT_MARK);
            break;
        }
    }
    Cow::Owned(message.text)
}

/// How many digits an address that `text` begins with has; `None` if it does not begin with one.
fn address_digits(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(BEFORE_ADDRESS)?.bytes().take_while(u8::is_ascii_hexdigit).count();
    (digits > 0).then_some(digits)
}

/// A text of at most [`MAX_MESSAGE_CHARACTERS`].
struct Bounded {
    text: String,
    characters: usize,
}

impl Bounded {
    /// Appends a piece as a whole, or nothing of it and returns false.
    fn push(&mut self, piece: &str) -> bool {
        let characters = piece.chars().count();
        if self.characters + characters > MAX_MESSAGE_CHARACTERS {
            return false;
        }
        self.text.push_str(piece);
        self.characters += characters;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_usual_message_stays_as_it_is() {
        let message = "HTTPError('404 Client Error: Not Found for url: http://host/käse?at=0x1f')";
        assert!(matches!(clean(message), Cow::Borrowed(same) if same == message));
    }

    #[test]
    fn addresses_are_left_out_wherever_they_are_and_however_often() {
        let message = |one: &str, other: &str| {
            format!("NewConnectionError('<Connection object at {one}>: refused by <function f at {other}>')")
        };
        let expected = message("0x....", "0x....");
        assert_eq!(clean(&message("0x7f2b3c1d4e50", "0x7f2b3c1d4e50")), expected);
        assert_eq!(clean(&message("0x1", "0xFFFFFFFFFFFFFFFF")), expected);
        assert_eq!(clean("ends at 0x"), "ends at 0x", "no address");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(clean("a\nb\u{1b}[0m\u{2028}"), "a\\nb\\u{1b}[0m\\u{2028}");
    }

    #[test]
    fn an_empty_message_gets_a_name() {
        assert_eq!(clean(""), "(empty)");
    }

    #[test]
    fn a_long_message_is_cut_between_characters_and_says_so() {
        let fits = "ä".repeat(MAX_MESSAGE_CHARACTERS);
        assert_eq!(clean(&fits), fits);
        assert_eq!(clean(&format!("{fits}b")), format!("{fits}…"));
        assert_eq!(clean(&"x".repeat(5_000_000)), format!("{}…", "x".repeat(512)));
        // An escape, and an address, are there as a whole or not at all.
        let nearly = "x".repeat(MAX_MESSAGE_CHARACTERS - 1);
        assert_eq!(clean(&format!("{nearly}\n")), format!("{nearly}…"));
    }

    #[test]
    fn messages_that_differ_behind_the_limit_only_are_one() {
        let long = "x".repeat(MAX_MESSAGE_CHARACTERS);
        assert_eq!(clean(&format!("{long} 1")), clean(&format!("{long} 2")));
    }

    fn raw() -> impl Strategy<Value = String> {
        let piece = prop_oneof!["(?s).{0,40}", Just(" at 0x".to_owned()), "[0-9a-f]{0,9}", " at 0x[0-9a-f]{1,3}"];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn the_result_is_printable_and_bounded(raw in raw()) {
            let message = clean(&raw);
            prop_assert!(!message.is_empty() && !message.chars().any(text::must_be_escaped), "{message:?}");
            prop_assert!(message.chars().count() <= MAX_MESSAGE_CHARACTERS + 1 && message.len() <= MAX_MESSAGE_BYTES);
        }

        #[test]
        fn cleaning_twice_changes_nothing(raw in raw()) {
            let once = clean(&raw);
            prop_assert_eq!(clean(&once), once.as_ref());
        }
    }
}
