use super::*;
use crate::testing::{fail, interval, interval_entry, last, summary_entry};
use locust_telemetry_json::read::SummaryEntry;

fn chosen(entries: impl IntoIterator<Item = Entry>, wanted: Option<&str>) -> Result<RunSummary, ChooseRunError> {
    let mut runs = Runs::new(wanted.map(str::to_owned));
    entries.into_iter().for_each(|entry| runs.add(entry).unwrap());
    runs.choose()
}

fn closing(change: impl FnOnce(&mut SummaryEntry)) -> Entry {
    let mut entry = summary_entry("r", "local", (0, 10_000), 100);
    change(&mut entry);
    Entry::Summary(entry)
}

/// Two workers and a master, two endpoints, each worker's file rotated once.
fn distributed() -> Vec<Entry> {
    let mut failing = interval_entry("r", "worker-1", 6_000, "/pay", 40);
    fail(&mut failing, "HTTPError", Some(503), 4);
    vec![
        interval("r", "worker-0", 0, "/", 100),
        interval("r", "worker-0", 3_000, "/", 50),
        Entry::Summary(summary_entry("r", "worker-0", (200, 9_100), 150)),
        interval("r", "worker-1", 0, "/pay", 200),
        Entry::Interval(failing),
        Entry::Summary(summary_entry("r", "worker-1", (300, 9_200), 240)),
        last("r", "worker-1", 7, 0),
        last("r", "master", 390, 4),
        Entry::Summary(summary_entry("r", "master", (0, 10_000), 0)),
    ]
}

#[test]
fn files_in_any_order_give_the_same_run() {
    let forwards = chosen(distributed(), None).unwrap();
    let backwards = chosen(distributed().into_iter().rev(), None).unwrap();
    for run in [forwards, backwards] {
        assert_eq!((run.total.requests, run.total.failures), (390, 4));
        assert_eq!(run.total.latency.quantile_ms(1.0), Some(200.0));
        assert_eq!(run.locust.map(|count| count.requests), Some(390));
        assert_eq!((run.duration_ms, run.workers().count(), run.peak_users), (10_000, 2, 10));
        assert_eq!((run.recorded_requests(), run.missing_requests(), run.surplus_requests()), (390, 0, 0));
        let names: Vec<_> = run.endpoints.iter().map(|(endpoint, _)| endpoint.name.as_str()).collect();
        assert_eq!(names, ["/pay", "/"]);
        assert_eq!(run.faults.len(), 1);
        assert_eq!((run.faults[0].requests, run.faults[0].fault.status), (4, Some(503)));
        assert_eq!(run.unclosed().count(), 0);
    }
}

#[test]
fn quantiles_are_of_all_samples_not_means_of_quantiles() {
    let run = chosen([interval("r", "worker-0", 0, "/", 1_000), interval("r", "worker-1", 0, "/", 10)], None).unwrap();
    let p50 = run.total.latency.quantile_ms(0.5).unwrap();
    assert!((p50 - 495.0).abs() / 495.0 < 0.0055, "{p50}");
}

#[test]
fn the_run_that_began_last_is_chosen_whatever_the_order() {
    let two = || [interval("b", "local", 50_000, "/", 1), interval("a", "local", 90_000, "/", 2)];
    assert_eq!(chosen(two(), None).unwrap().run_id, "a");
    assert_eq!(chosen(two().into_iter().rev(), None).unwrap().run_id, "a");
    let earlier_start_comes_late = [interval("a", "worker-1", 10_000, "/", 1)];
    assert_eq!(chosen(two().into_iter().chain(earlier_start_comes_late), None).unwrap().run_id, "b");
}

#[test]
fn the_run_that_was_asked_for_is_chosen() {
    let two = || [interval("b", "local", 50_000, "/", 1), interval("a", "local", 90_000, "/", 2)];
    assert_eq!(chosen(two(), Some("b")).unwrap().total.requests, 1);
    let error = chosen(two(), Some("c")).unwrap_err();
    assert_eq!(error.to_string(), "no run c in these files; they have a, b");
}

#[test]
fn files_without_a_run_have_none() {
    assert_eq!(chosen([Entry::Other { run_id: Some("r".to_owned()) }], None).unwrap_err(), ChooseRunError::NoRuns);
    assert_eq!(chosen([], Some("r")).unwrap_err(), ChooseRunError::NoRuns);
}

#[test]
fn a_worker_without_a_summary_is_unclosed_and_its_requests_count() {
    let entries = distributed()
        .into_iter()
        .filter(|entry| !matches!(entry, Entry::Summary(summary) if summary.source_id == "worker-1"));
    let run = chosen(entries, None).unwrap();
    let unclosed: Vec<_> = run.unclosed().collect();
    assert_eq!(unclosed.len(), 1);
    assert_eq!((unclosed[0].0.0.as_str(), unclosed[0].1.last_interval_end_ms()), ("worker-1", Some(9_000)));
    assert_eq!((run.recorded_requests(), run.workers().count()), (390, 2));
}

#[test]
fn a_rotated_file_left_out_shows_as_missing_requests() {
    let run = chosen(distributed().into_iter().skip(1), None).unwrap();
    assert_eq!((run.recorded_requests(), run.total.requests, run.missing_requests()), (390, 290, 100));
}

#[test]
fn a_copy_of_a_file_shows_as_surplus_and_its_summary_counts_once() {
    let copy = distributed().into_iter().take(3);
    let run = chosen(distributed().into_iter().chain(copy), None).unwrap();
    assert_eq!((run.recorded_requests(), run.surplus_requests()), (390, 150));
}

#[test]
fn without_a_closing_record_the_intervals_tell_duration_and_users() {
    let late = || interval("r", "worker-1", 6_000, "/", 1);
    let entries = [interval("r", "worker-0", 0, "/", 1), late(), interval("r", "worker-1", 3_000, "/", 1)];
    let run = chosen(entries, None).unwrap();
    let ends: Vec<_> = run.unclosed().map(|(_, source)| source.last_interval_end_ms()).collect();
    assert_eq!(ends, [Some(3_000), Some(9_000)]);
    assert_eq!((run.duration_ms, run.peak_users, run.locust), (9_000, 20, None));
}

#[test]
fn a_summary_said_again_replaces_the_earlier_and_a_later_start_adds() {
    let run = chosen(
        [
            closing(|entry| (entry.end_ms, entry.requests) = (12_000, 120)),
            closing(|_| ()),
            closing(|entry| (entry.start_ms, entry.end_ms, entry.requests) = (20_000, 30_000, 5)),
        ],
        None,
    )
    .unwrap();
    assert_eq!((run.recorded_requests(), run.duration_ms), (125, 30_000));
}

#[test]
fn folded_names_and_anomalies_of_all_processes_come_together() {
    let odd = |source_id: &str, names: &[&str], times: u64| {
        let mut entry = summary_entry("r", source_id, (0, 10_000), 0);
        entry.folded_requests = times;
        entry.folded_names = names.iter().map(|name| (*name).to_owned()).collect();
        entry.anomalies = vec![("time_nan".to_owned(), times), ("text_cut".to_owned(), 0)];
        Entry::Summary(entry)
    };
    let run = chosen([odd("worker-0", &["GET /b"], 3), odd("worker-1", &["GET /a", "GET /b"], 4)], None).unwrap();
    assert_eq!((run.folded_requests, run.folded_names), (7, vec!["GET /a".to_owned(), "GET /b".to_owned()]));
    assert_eq!(run.anomalies, [("time_nan".to_owned(), 7)]);
}

#[test]
fn counts_that_overflow_are_refused_and_leave_the_run_as_it_was() {
    let mut runs = Runs::new(None);
    runs.add(interval("r", "local", 0, "/", 5)).unwrap();
    let mut absurd = interval_entry("r", "local", 3_000, "/", 1);
    absurd.requests = u64::MAX;
    assert_eq!(runs.add(Entry::Interval(absurd)), Err(AddEntryError::CountsOverflow));
    assert_eq!(runs.choose().unwrap().total.requests, 5);
}

#[test]
fn absurd_times_do_no_harm() {
    let mut entry = interval_entry("r", "local", i64::MAX, "/", 5);
    entry.interval_seconds = f64::NAN;
    let run = chosen([Entry::Interval(entry), interval("r", "local", i64::MIN, "/", 1)], None).unwrap();
    assert_eq!(run.duration_ms, i64::MAX as u64);
}
