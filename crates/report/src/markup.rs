//! Text within markup, of HTML and XML alike.

/// `text` as the content of an element or of a quoted attribute's value: it ends neither, and is well-formed XML 1.0.
///
/// Not for what is within a script or a style, where references mean nothing.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // No XML characters, not even as references.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            // Nor are most of these; and names with line breaks are shown in one line.
            character if character.is_control() => escaped.extend(character.escape_default()),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_text_ends_its_element() {
        assert_eq!(escape("</title><script>x&amp;"), "&lt;/title&gt;&lt;script&gt;x&amp;amp;");
        assert_eq!(escape("]]>"), "]]&gt;");
    }

    #[test]
    fn no_value_ends_its_attribute() {
        assert_eq!(escape("\" onload=\"x()"), "&quot; onload=&quot;x()");
        assert_eq!(escape("' onload='x()"), "&#39; onload=&#39;x()");
    }

    #[test]
    fn what_xml_has_no_place_for_is_shown_otherwise() {
        assert_eq!(escape("a\u{0}\u{1b}[0m\r\n\u{ffff}"), "a\\u{0}\\u{1b}[0m\\r\\n\u{fffd}");
        assert_eq!(escape(""), "");
    }

    proptest! {
        #[test]
        fn nothing_of_a_text_is_markup_and_all_of_it_comes_back(text in "[ -~äß€\u{10000}]{0,40}") {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
            let back = pairs.iter().fold(escaped, |text, (reference, character)| text.replace(reference, character));
            prop_assert_eq!(back, text);
        }
    }
}
