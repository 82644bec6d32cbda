//! Text within XML.

use locust_telemetry_core::Anomalies;
use locust_telemetry_core::text::clean;

/// `text` as the content of an element or of a quoted attribute: it ends neither, and is well-formed XML 1.0.
pub(super) fn escape(text: &str) -> String {
    // Control characters are no XML characters, not even as references.
    let text = if text.is_empty() { text.into() } else { clean(text, &mut Anomalies::default()) };
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_element_or_attribute() {
        assert_eq!(escape("</text><script>\"'&"), "&lt;/text&gt;&lt;script&gt;&quot;&#39;&amp;");
    }

    #[test]
    fn what_xml_has_no_place_for_is_shown_otherwise() {
        assert_eq!(escape("a\u{0}\u{1b}[0m\u{ffff}"), "a\\u{0}\\u{1b}[0m\u{fffd}");
        assert_eq!(escape(""), "");
    }
}
