//! Texts of backends, made fit to be part of a reason.

use crate::settings::Headers;

/// More characters than this are cut.
const LONGEST_CHARACTERS: usize = 100;

/// A backend's text on one line, cut, without the user's header values, and with `#` for whatever has a digit in it:
/// sizes, ids and times differ from answer to answer, while a reason must not. Empty if nothing can be read.
pub(super) fn of_backend(text: &str, headers: &Headers) -> String {
    let text = headers.redact(text);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let mut reason = String::new();
    for word in line.split_whitespace() {
        if !reason.is_empty() {
            reason.push(' ');
        }
        push_word(&mut reason, word);
        if reason.chars().count() > LONGEST_CHARACTERS {
            reason = reason.chars().take(LONGEST_CHARACTERS).collect();
            reason.push('…');
            break;
        }
    }
    reason
}

/// Appends a word. Its parts between punctuation are looked at one by one, so that `(5243281` keeps its bracket.
fn push_word(reason: &mut String, word: &str) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':');
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_part(c) != is_part(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        if is_part(first) && part.chars().any(|c| c.is_ascii_digit()) {
            reason.push('#');
        } else {
            reason.extend(part.chars().filter(|c| !c.is_control()));
        }
        rest = after;
    }
}

/// `head`, and what a backend said about it in brackets.
pub(super) fn with_text(head: &str, text: &str, headers: &Headers) -> String {
    match of_backend(text, headers) {
        text if text.is_empty() => head.to_owned(),
        text => format!("{head} ({text})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        of_backend(text, &Headers::default())
    }

    #[test]
    fn what_differs_from_answer_to_answer_is_left_out() {
        assert_eq!(
            reason("grpc: received message larger than max (5243281 vs. 4194304)"),
            "grpc: received message larger than max (# vs. #)"
        );
        assert_eq!(reason("trace id 4bf92f35-77b3 from 10.0.0.1:4317 at 12:00:01Z"), "trace id # from # at #");
    }

    #[test]
    fn it_is_one_line_without_control_characters_and_of_bounded_length() {
        assert_eq!(reason("\n  too\tmany\u{1b}[31m points \nsecond line"), "too many[# points");
        let long = reason(&"word ".repeat(1000));
        assert!(long.chars().count() == LONGEST_CHARACTERS + 1 && long.ends_with('…'), "{long}");
        assert!(reason(&"é".repeat(1000)).chars().count() <= LONGEST_CHARACTERS + 1);
    }

    #[test]
    fn a_header_value_that_a_backend_repeats_is_not_in_it() {
        let headers = Headers::read("H", "authorization=Bearer%20s3cret-t0ken").unwrap();
        assert_eq!(with_text("HTTP 401", "no such key: s3cret-t0ken", &headers), "HTTP 401 (no such key: [redacted])");
    }
}
