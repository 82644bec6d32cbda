use super::*;
use crate::run_tally::RunTally;
use crate::runs::Runs;
use crate::testing::{fail, interval, interval_entry, last, recorder, summary_entry};
use crate::text::PAGE_COLUMNS;
use locust_telemetry_json::read::Entry;
use proptest::prelude::*;

fn summarised(entries: Vec<Entry>) -> RunSummary {
    let mut runs = Runs::new(None);
    entries.into_iter().for_each(|entry| runs.add(entry).unwrap());
    runs.choose().unwrap()
}

/// Compares byte for byte; with `UPDATE_GOLDEN` set it writes the file instead.
fn assert_golden(name: &str, page: &str) {
    for line in page.lines() {
        assert!(columns(line) <= PAGE_COLUMNS, "{} columns: {line}", columns(line));
    }
    let path = format!("{}/tests/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    assert_eq!(page, std::fs::read_to_string(&path).unwrap_or_default(), "see {path}");
}

#[test]
fn a_distributed_run_that_went_well() {
    let mut pay = interval_entry("7f3a91c2", "worker-1", 43_000_000, "/pay", 400_331);
    pay.method = "POST".to_owned();
    fail(&mut pay, "HTTPError", Some(503), 3_731);
    fail(&mut pay, "ConnectionResetError", None, 12);
    let mut closing = summary_entry("7f3a91c2", "worker-1", (43_000_200, 43_252_000), 1_001_331);
    closing.failures = 3_743;
    let mut master = summary_entry("7f3a91c2", "master", (43_000_000, 43_252_000), 0);
    master.peak_users = 400;
    let page = page(
        &summarised(vec![
            interval("7f3a91c2", "worker-0", 43_000_000, "/products/[id]", 211_673),
            Entry::Summary(summary_entry("7f3a91c2", "worker-0", (43_000_100, 43_252_000), 211_673)),
            interval("7f3a91c2", "worker-1", 43_000_000, "/products/[id]", 600_000),
            interval("7f3a91c2", "worker-1", 43_000_000, "/", 1_000),
            Entry::Interval(pay),
            Entry::Summary(closing),
            last("7f3a91c2", "master", 1_213_004, 3_743),
            Entry::Summary(master),
        ]),
        &[],
    );
    assert_golden("distributed", &page);
}

#[test]
fn a_local_run_of_one_request() {
    let mut closing = summary_entry("a1", "local", (0, 812), 1);
    closing.peak_users = 1;
    let mut one = interval_entry("a1", "local", 0, "/", 1);
    one.user_count = 1;
    let entries = vec![Entry::Interval(one), Entry::Summary(closing), last("a1", "local", 1, 0)];
    assert_golden("local", &page(&summarised(entries), &[]));
}

#[test]
fn a_run_in_which_everything_went_wrong() {
    let mut entries = Vec::new();
    for number in 0..33 {
        let name = format!("/shop/{number}/a/rather/long/path/to/something/that/nobody/can/read");
        let mut entry = interval_entry("9c", "worker-10", 43_380_000, &name, 10_000 + number);
        entry.method = ["GET", "POST", "WEBSOCKET-MESSAGE"][number as usize % 3].to_owned();
        if number < 12 {
            fail(&mut entry, "requests.exceptions.ChunkedEncodingError", Some(500), 100 + number);
        }
        entries.push(Entry::Interval(entry));
    }
    entries.push(interval("9c", "worker-2", 43_381_000, "(overflow)", 40));
    let Some(Entry::Interval(overflow)) = entries.last_mut() else { panic!("no interval") };
    overflow.method = "(overflow)".to_owned();
    let mut closing = summary_entry("9c", "worker-2", (43_380_000, 43_390_000), 1_040);
    closing.folded_requests = 40;
    closing.folded_names = (0..9).map(|number| format!("GET /user/{number}/{}", "x".repeat(40))).collect();
    closing.anomalies = ["time_missing", "time_not_numeric", "text_not_string", "text_escaped", "series_overflow"]
        .map(|kind| (kind.to_owned(), 1_234))
        .to_vec();
    closing.recorders[0].dropped_requests = 1_000;
    closing.recorders[0].dropped_records = 1;
    closing.recorders[0].drop_reasons = vec!["disk full".to_owned(), "queue full".to_owned()];
    let mut otel = recorder("otel", 900);
    otel.queued_requests = 140;
    closing.recorders.push(otel);
    entries.push(Entry::Summary(closing));
    entries.push(last("9c", "master", 331_600, 1_270));
    let unread = [("out/run.jsonl".to_owned(), 1), (format!("/var/{}/run.jsonl", "deep/".repeat(30)), 12)];
    assert_golden("troubled", &page(&summarised(entries), &unread));
}

#[test]
fn many_workers_are_summed_up() {
    let workers = (0..12).map(|number| interval("r", &format!("worker-{number}"), 0, "/", 100 + number));
    let page = page(&summarised(workers.collect()), &[]);
    assert!(page.contains("  workers  0 of 12 · 100 to 111 requests each\n"), "{page}");
    assert!(page.contains("           worker-7 has no closing record"), "{page}");
    assert!(!page.contains("worker-8 ") && page.contains("           … and 4 more\n"), "{page}");
}

#[test]
fn a_run_without_requests_says_so() {
    let page = page(&summarised(vec![Entry::Summary(summary_entry("r", "local", (0, 5_000), 0))]), &[]);
    assert!(page.contains("no requests in these files"), "{page}");
    assert!(!page.contains("errors"), "{page}");
}

#[test]
fn a_summary_of_nothing_is_still_a_page() {
    assert!(page(&RunSummary::new("r".to_owned(), RunTally::default()), &[]).contains("run r"));
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_page_for_any_names_and_counts(
        texts in prop::collection::vec("(?s).{0,100}", 12),
        counts in prop::collection::vec((0_u64..1 << 58, 0_u32..58), 12),
    ) {
        let text = |index: usize| texts[index].clone();
        let number = |index: usize| counts[index].0 >> counts[index].1;
        let mut entries = Vec::new();
        for index in 0..4 {
            let mut entry = interval_entry(&text(11), &text(index), number(index) as i64, &text(index + 1), 3);
            (entry.testplan, entry.method, entry.user_count) = (text(10), text(index + 2), number(11));
            (entry.requests, entry.failures) = (number(index), number(index + 1));
            entry.outcomes[0].error_type = Some(text(index + 3));
            entry.outcomes[0].requests = number(index + 2);
            entries.push(Entry::Interval(entry));
        }
        let mut closing = summary_entry(&text(11), &text(2), (0, number(10) as i64), number(9));
        closing.folded_requests = number(8);
        closing.folded_names = texts.clone();
        closing.anomalies = vec![(text(7), number(7)), (text(8), number(7))];
        closing.recorders.push(recorder(&text(9), 1));
        closing.recorders[1].dropped_requests = number(6);
        closing.recorders[1].drop_reasons = texts.clone();
        entries.push(Entry::Summary(closing));
        entries.push(last(&text(11), "master", number(5), number(6)));
        let page = page(&summarised(entries), &[(text(5), number(5))]);
        for line in page.lines() {
            prop_assert!(columns(line) <= PAGE_COLUMNS, "{} columns: {line:?}", columns(line));
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}
