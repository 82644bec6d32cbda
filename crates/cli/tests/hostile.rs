//! Texts that break what does not take care, in every format.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/call.rs"]
mod call;
#[path = "../../report/tests/support/mod.rs"]
mod support;

use call::call;
use locust_telemetry_cli::Terminals;
use serde_json::Value;
use support::{HOSTILE, hostile};

fn exported(words: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = hostile(folder.path());
    let called = call(&path, words);
    assert_eq!(called.status, 0, "{}", called.stderr);
    called.stdout
}

#[test]
fn no_text_ends_the_reports_script_or_begins_another() {
    let report = exported(&["report", "-o", "-"]);
    let lower = report.to_lowercase();
    let bundle_only = lower.matches("</script").count();
    assert_eq!(bundle_only, 2, "the data's and the page's");
    assert_eq!(lower.matches("<script").count(), 2);
    assert!(!lower.contains("<!--") && !lower.contains("<img"), "nothing of a name is markup");
    let (_, rest) = report.split_once(r#"id="run-data">"#).unwrap();
    let data: Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    let names: Vec<_> = data["head"]["series"].as_array().unwrap().iter().map(|series| &series[2]).collect();
    assert_eq!(names, HOSTILE, "and all is there as it was");
}

#[test]
fn the_reports_policy_allows_its_own_script_and_style_only() {
    let report = exported(&["report", "-o", "-"]);
    let (_, rest) = report.split_once(r#"http-equiv="Content-Security-Policy" content=""#).unwrap();
    let policy = rest.split_once('"').unwrap().0;
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    for word in ["unsafe", "http:", "https:", "*", "eval"] {
        assert!(!policy.contains(word), "{policy}");
    }
    assert!(report.find("Content-Security-Policy") < report.find("<script"), "before anything that it is about");
}

#[test]
fn every_row_of_csv_has_as_many_fields_as_titles_and_none_is_a_formula() {
    for table in ["endpoints", "errors", "intervals"] {
        let csv = exported(&["export", "--format", "csv", "--table", table]);
        let records = records(&csv);
        for record in &records {
            assert_eq!(record.len(), records[0].len(), "{record:?}");
            assert!(!record.iter().any(|field| field.starts_with(['=', '+', '@', '\t', '\r'])), "{record:?}");
        }
        // Each of them was a second, an endpoint and an error of its own.
        assert_eq!(records.len(), HOSTILE.len() + 1, "{table}");
    }
}

/// Reads CSV as RFC 4180 has it.
fn records(csv: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = csv.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(std::mem::take(&mut field)),
            '\n' if !is_quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            character => field.push(character),
        }
    }
    records
}

#[test]
fn every_cell_of_markdown_is_one_piece_of_code() {
    let markdown = exported(&["export", "--format", "markdown"]);
    let rows: Vec<_> = markdown.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), HOSTILE.len(), "{markdown}");
    for row in rows {
        let bars = row.replace("\\|", "").matches('|').count();
        assert_eq!(bars, 9, "{row}");
    }
    assert!(!markdown.contains('\u{1b}') && !markdown.contains('\0'));
}

#[test]
fn the_picture_is_well_formed_xml() {
    let svg = exported(&["export", "--format", "svg"]);
    assert!(!svg.chars().any(|character| character.is_control() && character != '\n'));
    assert!(!svg.contains("<script") && !svg.contains("<img") && !svg.contains("<!--") && !svg.contains("]]>"));
    // Every `<` begins a tag of ours, and every tag is closed.
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let tag = tag.split_once('>').unwrap().0;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        assert!(["svg", "title", "desc", "style", "rect", "text", "g", "line", "path"].contains(&name), "<{tag}>");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty());
}

#[test]
fn nothing_in_the_terminal_is_obeyed_by_it() {
    for words in [&["show"][..], &["runs"], &["export", "--format", "markdown"]] {
        let text = exported(words);
        let controls: Vec<_> = text.chars().filter(|character| character.is_control() && *character != '\n').collect();
        assert!(controls.is_empty(), "{words:?}: {controls:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = hostile(folder.path());
    let asked = call::call_with(
        &path,
        &["delete", "@1"],
        "n\n",
        Terminals { stdin: true, stderr: true, ..Terminals::default() },
    );
    assert!(!asked.stderr.contains('\u{1b}'), "{:?}", asked.stderr);
    let missed = call(&path, &["show", "\u{1b}[2J"]);
    assert!(missed.status == 2 && !missed.stderr.contains('\u{1b}'), "{:?}", missed.stderr);
}

#[test]
fn json_has_every_text_as_it_was() {
    let json: Value = serde_json::from_str(&exported(&["export", "--format", "json"])).unwrap();
    let names: Vec<_> =
        json["errors"].as_array().unwrap().iter().map(|error| error["message"].as_str().unwrap()).collect();
    assert!(HOSTILE.iter().all(|text| names.contains(text)), "{names:?}");
}
