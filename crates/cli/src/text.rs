//! Text in columns of a terminal: its width, shortening, and lists that continue on the next line.

use locust_telemetry_core::Anomalies;
use locust_telemetry_core::text::clean;
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

/// How wide a summary may be.
pub(crate) const PAGE_COLUMNS: usize = 80;

const ELLIPSIS: char = '…';

/// How many items an [`enumeration`] names.
const MAX_ENUMERATED: usize = 8;

/// Columns that `text` takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// `text` without anything that a terminal would obey.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.is_empty() { Cow::Borrowed(text) } else { clean(text, &mut Anomalies::default()) }
}

/// `text`, printable and at most `max` columns wide: shortened in the middle if need be.
pub(crate) fn shorten(text: &str, max: usize) -> Cow<'_, str> {
    let text = printable(text);
    if columns(&text) <= max {
        return text;
    }
    if max == 0 {
        return Cow::Borrowed("");
    }
    let tail_room = (max - 1) / 2;
    let mut tail: Vec<char> = Vec::new();
    for character in text.chars().rev() {
        tail.push(character);
        if columns(&tail.iter().rev().collect::<String>()) > tail_room {
            tail.pop();
            break;
        }
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if columns(&short) > max - 1 - tail_room {
            short.pop();
            break;
        }
    }
    short.push(ELLIPSIS);
    short.extend(tail.iter().rev());
    // Joining may widen what it joins (an emoji and its selector), so the whole is measured again.
    while columns(&short) > max {
        short.pop();
    }
    Cow::Owned(short)
}

/// `text` in exactly `width` columns, at the left.
pub(crate) fn left(text: &str, width: usize) -> String {
    let text = shorten(text, width);
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(&text))))
}

/// `text` in exactly `width` columns, at the right.
pub(crate) fn right(text: &str, width: usize) -> String {
    let text = shorten(text, width);
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(&text))))
}

/// The items in one text: `a, b, c and 4 more`.
pub(crate) fn enumeration(items: &[String]) -> String {
    let named: Vec<_> = items.iter().take(MAX_ENUMERATED).map(|item| printable(item)).collect();
    let named = named.join(", ");
    match items.len().saturating_sub(MAX_ENUMERATED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// `lead` and the items after it, `separator` between them, as lines of the page.
///
/// Where the page ends, the next item begins a line, indented as wide as `lead`; the separator is left
/// out there. An item that is wider than a line is shortened.
pub(crate) fn flow(lead: &str, items: &[String], separator: &str) -> Vec<String> {
    flow_within(PAGE_COLUMNS, lead, items, separator)
}

/// The same for a page that is `page_columns` wide.
pub(crate) fn flow_within(page_columns: usize, lead: &str, items: &[String], separator: &str) -> Vec<String> {
    let indent = columns(lead);
    let room = page_columns.saturating_sub(indent);
    let mut lines = Vec::new();
    let mut line = lead.to_owned();
    let mut empty = true;
    for item in items {
        let item = shorten(item, room);
        let joined = if empty { format!("{line}{item}") } else { format!("{line}{separator}{item}") };
        if empty || columns(&joined) <= page_columns {
            line = joined;
        } else {
            lines.push(std::mem::replace(&mut line, format!("{}{item}", " ".repeat(indent))));
        }
        empty = false;
    }
    lines.push(line);
    lines
}

/// The words of a text, so that it may be continued on the next line.
pub(crate) fn words_of(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_text_is_shortened_in_the_middle() {
        assert_eq!(shorten("/checkout/cart/items", 20), "/checkout/cart/items");
        assert_eq!(shorten("/checkout/cart/items", 11), "/chec…items");
        assert_eq!(shorten("/checkout/cart/items", 10), "/chec…tems");
        assert_eq!(shorten("/checkout", 1), "…");
        assert_eq!(shorten("/checkout", 0), "");
    }

    #[test]
    fn wide_and_combining_characters_count_as_their_columns() {
        assert_eq!(columns("買い物"), 6);
        assert_eq!(shorten("買い物かご", 6), "買…ご");
        assert_eq!(columns("e\u{301}"), 1);
    }

    #[test]
    fn terminal_controls_are_escaped() {
        assert_eq!(shorten("a\u{1b}[2J", 20), "a\\u{1b}[2J");
    }

    #[test]
    fn a_flow_continues_under_its_first_item() {
        let items: Vec<String> = (0..3).map(|n| format!("{n}{}", "x".repeat(30))).collect();
        let lines = flow("  label  ", &items, " · ");
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], format!("  label  {} · {}", items[0], items[1]));
        assert_eq!(lines[1], format!("         {}", items[2]));
    }

    #[test]
    fn an_enumeration_ends_where_it_gets_long() {
        let items: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        assert_eq!(enumeration(&items[..2]), "0, 1");
        assert_eq!(enumeration(&items), "0, 1, 2, 3, 4, 5, 6, 7 and 2 more");
    }

    proptest! {
        #[test]
        fn shortened_text_fits_and_padded_text_fills(text in "(?s).{0,80}", width in 0_usize..60) {
            prop_assert!(columns(&shorten(&text, width)) <= width);
            prop_assert_eq!(columns(&left(&text, width)), width);
            prop_assert_eq!(columns(&right(&text, width)), width);
        }

        #[test]
        fn joining_and_selecting_characters_do_not_break_columns(
            text in "[a1…✈☺👩🇩🇪لا買\u{301}\u{fe0f}\u{fe0e}\u{200d}\u{20e3}\u{1f3fb}\u{202e} ]{0,24}",
            width in 0_usize..30,
        ) {
            prop_assert!(columns(&shorten(&text, width)) <= width);
            prop_assert_eq!(columns(&format!("{}  {}", left(&text, width), right(&text, width))), 2 * width + 2);
        }

        #[test]
        fn no_line_of_a_flow_is_wider_than_the_page(items in prop::collection::vec("(?s).{0,120}", 0..8)) {
            for line in flow("  recorded ", &items, " · ") {
                prop_assert!(columns(&line) <= PAGE_COLUMNS, "{line:?}");
            }
        }
    }
}
