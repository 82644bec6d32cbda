//! A summary for a pull request, in GitHub's Markdown.

use crate::figures::{EndpointFigures, ErrorFigures, Figures};
use crate::tally::Tally;
use crate::time;
use crate::words;
use locust_telemetry_core::text::clean;
use locust_telemetry_core::{Anomalies, Length};
use std::fmt::Write as _;

/// A comment of a pull request shows the endpoints that matter; all are in the report.
const MAX_ENDPOINTS: usize = 20;
const MAX_ERRORS: usize = 10;
const MAX_NOTES: usize = 10;
/// Longer names and messages are cut, since a table cell is one line.
const MAX_CODE_CHARACTERS: usize = 120;

/// The summary of a run or of a part of it.
pub(crate) fn encode(figures: &Figures) -> String {
    let mut text = format!("### {} · run {}\n\n", code(&figures.run.testplan), code(&figures.run.run_id));
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(text, "{}\n", [figures.headline(), figures.when(time::readable)].concat().join(" · "));
    for warning in figures.warnings(time::readable) {
        let _ = writeln!(text, "> **{warning}**\n");
    }
    endpoints(&mut text, figures);
    errors(&mut text, figures);
    let _ = writeln!(text, "- confidence: {}", figures.verdict().join(" · "));
    let _ = writeln!(text, "- recorded: {}", figures.books().join(" · "));
    for cause in figures.run.causes.iter().filter(|_| figures.is_whole) {
        let words = cause.in_words(|unix_ms| time::readable(unix_ms.div_euclid(1_000)));
        let _ = writeln!(text, "- difference: {}", words.join(" "));
    }
    let labels: Vec<_> = figures.labels().iter().map(|label| code(label)).collect();
    if !labels.is_empty() {
        let _ = writeln!(text, "- labels: {}", labels.join(" · "));
    }
    notes(&mut text, figures);
    text
}

fn endpoints(text: &mut String, figures: &Figures) {
    if figures.endpoints.is_empty() {
        text.push_str("No requests.\n\n");
        return;
    }
    text.push_str("| endpoint | requests | rate | fail | p50 | p95 | p99 | max |\n");
    text.push_str("|---|--:|--:|--:|--:|--:|--:|--:|\n");
    let shown = &figures.endpoints[..figures.endpoints.len().min(MAX_ENDPOINTS)];
    for EndpointFigures { method, name, tally } in shown {
        row(text, &cell(&format!("{method} {name}")), tally, figures.length);
    }
    let hidden = figures.endpoints.len() - shown.len();
    if hidden > 0 {
        let _ = writeln!(text, "| … and {} more | | | | | | | |", words::count(hidden as u64));
    }
    row(text, "**total**", &figures.total, figures.length);
    text.push('\n');
}

fn row(text: &mut String, label: &str, tally: &Tally, length: Length) {
    let _ = writeln!(text, "| {label} | {} |", tally.in_words(length).join(" | "));
}

fn errors(text: &mut String, figures: &Figures) {
    if figures.errors.is_empty() {
        return;
    }
    text.push_str("| errors | kind | endpoint | message |\n|--:|---|---|---|\n");
    let (shown, hidden) = figures.errors.split_at(figures.errors.len().min(MAX_ERRORS));
    for error in shown {
        let ErrorFigures { method, name, message, count, .. } = error;
        let (kind, endpoint) = (cell(&error.kind()), cell(&format!("{method} {name}")));
        let _ = writeln!(text, "| {} | {kind} | {endpoint} | {} |", words::count(*count), cell(message));
    }
    let times = hidden.iter().fold(0, |sum: u64, error| sum.saturating_add(error.count));
    if times > 0 {
        let others = words::counted(hidden.len() as u64, "other error");
        let _ = writeln!(text, "| {} | {others} | | |", words::count(times));
    }
    text.push('\n');
}

fn notes(text: &mut String, figures: &Figures) {
    let notes = figures.notes();
    let (shown, hidden) = notes.split_at(notes.len().min(MAX_NOTES));
    for (time_unix_ns, note) in shown {
        let when = time_unix_ns.map(|unix_ns| format!("{} ", time::readable(time::second_of(unix_ns))));
        let _ = writeln!(text, "- note: {}{}", when.unwrap_or_default(), code(note));
    }
    if !hidden.is_empty() {
        let _ = writeln!(text, "- … and {}", words::counted(hidden.len() as u64, "more note"));
    }
}

/// `text` as code in a cell of a table. A bar ends a cell even within code, unless it is escaped.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// `text` as code: nothing in it is markup, a mention, a reference or the end of the line.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let clean = clean(text, &mut Anomalies::default());
    let mut short: String = clean.chars().take(MAX_CODE_CHARACTERS).collect();
    if short.len() < clean.len() {
        short.push('…');
    }
    // The fence is longer than any row of backticks within.
    let longest = short.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // Spaces at both ends keep backticks at the ends apart from the fence; they are not shown.
    let pad = if short.starts_with(['`', ' ']) || short.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{short}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_code_that_ends_where_it_should() {
        assert_eq!(code("GET /pay"), "`GET /pay`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(code("a|b"), "`a|b`");
        assert_eq!(cell("a\n| b |\n<script>@user"), "`a\\n\\| b \\|\\n<script>@user`");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(code(&"x".repeat(500)).chars().count(), MAX_CODE_CHARACTERS + 3);
    }
}
