use super::*;
use crate::run_tally::RunTally;
use crate::runs::Runs;
use crate::testing::{
    confidence, fail, interval, interval_entry, last, reconciliation_entry, recorder, summary_entry, worker_entry,
};
use crate::text::PAGE_COLUMNS;
use locust_telemetry_json::Phase;
use locust_telemetry_json::read::{CauseEntry, ClockEntry, Entry, RecorderEntry, SummaryEntry, WorkerEntry};
use proptest::prelude::*;

/// The page as it is in UTC.
fn page(run: &RunSummary, unread_lines: &[(String, u64)]) -> String {
    super::page(run, unread_lines, &Zone::utc())
}

fn summarised(entries: Vec<Entry>) -> RunSummary {
    let mut runs = Runs::new(None, false);
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

/// What the page tells of deliveries, for books of json and otel; lines are put together with a space.
fn deliveries(otel: RecorderEntry) -> String {
    let mut closing = summary_entry("9c", "local", (43_380_000, 43_390_000), 100);
    closing.recorders.push(otel);
    let page = page(&summarised(vec![Entry::Summary(closing)]), &[]);
    let words = page.lines().skip_while(|line| !line.starts_with("  recorded")).take_while(|line| line.len() > 13);
    words.map(|line| line[13..].trim()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_recorder_that_delivered_nothing_is_not_said_to_have() {
    let mut otel =
        RecorderEntry { delivered_requests: 0, queued_requests: 100, queued_records: 4, ..recorder("otel", 100) };
    let text = deliveries(otel.clone());
    assert!(text.contains("delivered to json NOT delivered by otel: 100 requests and 4 records"), "{text}");
    (otel.queued_requests, otel.queued_records, otel.dropped_requests) = (0, 0, 100);
    let text = deliveries(otel);
    assert!(
        text.contains("delivered to json · dropped 100 requests") || text.contains("json dropped 100 requests"),
        "{text}"
    );
}

#[test]
fn what_workers_deliver_themselves_is_not_claimed_from_their_master_s_books() {
    let text = deliveries(recorder("otel", 0));
    assert!(text.contains("delivered to json by otel: see the workers' files · dropped 0"), "{text}");
    let text = deliveries(RecorderEntry { queued_records: 9, ..recorder("otel", 0) });
    assert!(text.contains("delivered to json NOT delivered by otel: 9 records · dropped 0"), "{text}");
}

/// A merging master's closing record.
fn master(run_id: &str, requests: u64, change: impl FnOnce(&mut SummaryEntry)) -> Entry {
    let mut closing = summary_entry(run_id, "master", (43_380_000, 43_400_000), requests);
    closing.peak_users = 60;
    closing.confidence = Some(confidence(20, 0, &[]));
    change(&mut closing);
    Entry::Summary(closing)
}

fn worker(run_id: &str, id: &str, requests: u64, change: impl FnOnce(&mut WorkerEntry)) -> Entry {
    let mut entry = worker_entry(run_id, id, 43_380_000, requests);
    change(&mut entry);
    Entry::Worker(entry)
}

#[test]
fn a_merged_run_that_went_well() {
    let page = page(
        &summarised(vec![
            interval("08de", "master", 43_380_000, "/item/[id]", 4_000),
            interval("08de", "master", 43_380_000, "/", 1_195),
            worker("08de", "worker-0", 2_602, |_| ()),
            worker("08de", "worker-1", 2_593, |entry| entry.cpu_percent_max = Some(7.4)),
            interval("08de", "worker-0", 43_380_000, "/item/[id]", 2_602),
            Entry::Summary(summary_entry("08de", "worker-0", (43_380_100, 43_400_000), 2_602)),
            interval("08de", "worker-1", 43_380_000, "/item/[id]", 2_593),
            Entry::Summary(summary_entry("08de", "worker-1", (43_380_100, 43_400_000), 2_593)),
            Entry::Reconciliation(reconciliation_entry("08de", &[("/item/[id]", 4_000, 4_000)], Vec::new())),
            last("08de", "master", 5_195, 0),
            master("08de", 5_195, |_| ()),
        ]),
        &[],
    );
    assert_golden("merged", &page);
}

/// One of each cause, and one of a newer version.
fn all_causes() -> Vec<CauseEntry> {
    let cause = |name: &str, worker: Option<&str>, requests| CauseEntry {
        cause: name.to_owned(),
        worker: worker.map(str::to_owned),
        requests,
        ..CauseEntry::default()
    };
    vec![
        CauseEntry {
            from_ms: Some(43_383_000),
            until_ms: Some(43_385_000),
            frames: Some(2),
            ..cause("frames_lost", Some("worker-1"), None)
        },
        CauseEntry { frames: Some(1), ..cause("frames_lost", Some("worker-2"), Some(1)) },
        cause("reports_lost", Some("worker-1"), Some(41)),
        cause("worker_silent", Some("worker-3"), Some(1_204)),
        cause("statistics_reset", None, Some(5)),
        cause("after_locust", None, Some(1)),
        cause("overflow", None, Some(8)),
        CauseEntry {
            missing_requests: Some(3),
            surplus_requests: Some(2),
            failures: Some(1),
            ..cause("unexplained", None, None)
        },
        cause("solar_flare", None, Some(9)),
    ]
}

#[test]
fn a_merged_run_in_which_everything_went_wrong() {
    let endpoints: Vec<_> = (0..9).map(|number| (format!("/item/{number}"), 500 + number, 510)).collect();
    let endpoints: Vec<_> = endpoints.iter().map(|(name, ours, theirs)| (name.as_str(), *ours, *theirs)).collect();
    let mut entries = vec![
        interval("9c", "master", 43_380_000, "/item/[id]", 4_536),
        worker("9c", "worker-0", 2_602, |entry| {
            (entry.cpu_percent_max, entry.hub_lag_ms, entry.verdict.suspect_seconds) = (Some(99.6), Some(312.0), 7);
            entry.frames.resent = 3;
        }),
        worker("9c", "worker-1", 1_934, |entry| {
            (entry.frames.lost, entry.frames.refused, entry.state) = (2, 1, "gone".to_owned());
            entry.clock = Some(ClockEntry { offset_ms: 3_000.0, error_ms: 1.2 });
        }),
        worker("9c", "worker-2", 0, |entry| {
            (entry.cpu_percent_max, entry.hub_lag_ms) = (None, None);
            entry.clock = Some(ClockEntry { offset_ms: -1_200_000.0, error_ms: 0.4 });
            // Not one came.
            (entry.frames.lost, entry.frames.received) = (1, 0);
        }),
        interval("9c", "worker-1", 43_380_000, "/item/[id]", 1_950),
        interval("9c", "worker-4", 43_380_000, "/item/[id]", 11),
        Entry::Reconciliation(reconciliation_entry("9c", &endpoints, all_causes())),
        last("9c", "master", 4_590, 0),
    ];
    entries.push(master("9c", 4_536, |closing| {
        closing.confidence = Some(confidence(20, 7, &[("hub_lag", 5), ("process_cpu", 7)]));
    }));
    assert_golden("merged_troubled", &page(&summarised(entries), &[]));
}

#[test]
fn a_killed_worker_is_told_of_as_one_that_did_not_tell_its_last() {
    let cause = CauseEntry {
        cause: "frames_lost".to_owned(),
        worker: Some("worker-1".to_owned()),
        frames: Some(0),
        requests: Some(27),
        ..CauseEntry::default()
    };
    let entries = vec![
        interval("9c", "master", 43_380_000, "/", 100),
        Entry::Reconciliation(reconciliation_entry("9c", &[("/", 100, 127)], vec![cause])),
        master("9c", 100, |_| ()),
    ];
    let text = page(&summarised(entries), &[]);
    assert!(text.contains("  difference worker-1 ended before its last frame (27 requests)\n"), "{text}");
}

/// The page without the ramp-up.
fn after_ramp_up(entries: Vec<Entry>) -> String {
    let mut runs = Runs::new(None, true);
    entries.into_iter().for_each(|entry| runs.add(entry).unwrap());
    page(&runs.choose().unwrap(), &[])
}

fn phased(start_ms: i64, phase: Phase) -> Entry {
    let mut entry = interval_entry("08de", "local", start_ms, "/", 300);
    entry.phase = Some(phase);
    Entry::Interval(entry)
}

#[test]
fn a_page_without_the_ramp_up_says_so() {
    let page = after_ramp_up(vec![
        phased(0, Phase::RampUp),
        phased(3_000, Phase::Steady),
        phased(6_000, Phase::Steady),
        Entry::Summary(summary_entry("08de", "local", (0, 9_000), 900)),
        last("08de", "local", 900, 0),
    ]);
    assert_golden("after_ramp_up", &page);
}

#[test]
fn a_run_that_never_got_beyond_its_ramp_up_says_so() {
    let page = after_ramp_up(vec![phased(0, Phase::RampUp)]);
    assert!(page.contains("  no requests after the ramp-up\n"), "{page}");
    assert!(page.contains("  ramp-up    300 requests in 3 s left out above\n"), "{page}");
}

#[test]
fn a_run_of_files_without_phases_says_that_all_is_shown() {
    let page = after_ramp_up(vec![interval("r", "local", 0, "/", 5)]);
    assert!(page.contains("  ramp-up    not marked in these files: nothing is left out\n"), "{page}");
    assert!(!page.contains("after ramp-up"), "{page}");
}

#[test]
fn of_many_workers_the_worst_figures_are_named() {
    let workers = (0..12).map(|number| {
        worker("r", &format!("worker-{number}"), 100 + number, |entry| {
            entry.cpu_percent_max = Some(40.0 + number as f64);
            entry.hub_lag_ms = Some(if number == 3 { 310.0 } else { 2.0 });
            entry.verdict.suspect_seconds = u64::from(number > 8);
            entry.frames.resent = 1;
        })
    });
    let page = page(&summarised(workers.collect()), &[]);
    assert!(page.contains("  workers    12 · 100 to 111 requests each · peak cpu 51% (worker-11)\n"), "{page}");
    assert!(page.contains("             hub lag 310 ms (worker-3) · 3 suspect\n"), "{page}");
    assert!(page.contains("worker-7 1 resent · … and 4 more\n"), "{page}");
}

#[test]
fn what_only_workers_tell_of_confidence_is_in_seconds_of_workers() {
    let closing = |id: &str| {
        let mut entry = summary_entry("r", id, (0, 20_000), 0);
        entry.confidence = Some(confidence(20, 4, &[("throttled", 4)]));
        Entry::Summary(entry)
    };
    let page = page(&summarised(vec![closing("worker-0"), closing("worker-1")]), &[]);
    assert!(page.contains("  confidence suspect in 8 of 40 seconds of workers · throttled in 8 s\n"), "{page}");
}

#[test]
fn many_workers_are_summed_up() {
    let workers = (0..12).map(|number| interval("r", &format!("worker-{number}"), 0, "/", 100 + number));
    let page = page(&summarised(workers.collect()), &[]);
    assert!(page.contains("  workers    0 of 12 · 100 to 111 requests each\n"), "{page}");
    assert!(page.contains("             worker-7 has no closing record"), "{page}");
    assert!(!page.contains("worker-8 ") && page.contains("             … and 4 more\n"), "{page}");
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
        let mut seen = worker_entry(&text(11), &text(6), number(4) as i64, number(3));
        (seen.state, seen.source_id) = (text(7), text(8));
        (seen.cpu_percent_max, seen.hub_lag_ms) = (Some(number(5) as f64), Some(number(6) as f64));
        seen.verdict.suspect_seconds = number(7);
        seen.clock = Some(ClockEntry { offset_ms: number(8) as f64, error_ms: number(9) as f64 });
        (seen.frames.lost, seen.frames.resent, seen.frames.refused) = (number(1), number(2), number(3));
        entries.push(Entry::Worker(seen));
        let cause = CauseEntry { cause: text(4), worker: Some(text(5)), requests: Some(number(4)), ..CauseEntry::default() };
        let names = [(texts[0].as_str(), number(0) >> 8, number(1) >> 8), (texts[1].as_str(), 1, 2)];
        let mut reconciled = reconciliation_entry(&text(11), &names, all_causes());
        reconciled.causes.insert(0, cause);
        reconciled.causes[1].worker = Some(text(6));
        entries.push(Entry::Reconciliation(reconciled));
        entries.push(last(&text(11), "master", number(5), number(6)));
        let page = page(&summarised(entries), &[(text(5), number(5))]);
        for line in page.lines() {
            prop_assert!(columns(line) <= PAGE_COLUMNS, "{} columns: {line:?}", columns(line));
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}
