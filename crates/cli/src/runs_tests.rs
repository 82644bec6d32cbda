use super::*;
use crate::run_summary::RampUp;
use crate::testing::{
    confidence, fail, interval, interval_entry, last, reconciliation_entry, summary_entry, worker_entry,
};
use locust_telemetry_core::Length;
use locust_telemetry_json::Phase;
use locust_telemetry_json::read::{SummaryEntry, VerdictEntry};

fn chosen(entries: impl IntoIterator<Item = Entry>, wanted: Option<&str>) -> Result<RunSummary, ChooseRunError> {
    let mut runs = Runs::new(wanted.map(str::to_owned), false);
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
        assert_eq!((run.length.ms(), run.workers.len(), run.peak_users), (10_000, 2, 10));
        assert_eq!((run.recorded.requests, run.missing_requests, run.surplus_requests), (390, 0, 0));
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
    assert_eq!((run.recorded.requests, run.workers.len()), (390, 2));
}

#[test]
fn a_rotated_file_left_out_shows_as_missing_requests() {
    let run = chosen(distributed().into_iter().skip(1), None).unwrap();
    assert_eq!((run.recorded.requests, run.total.requests, run.missing_requests), (390, 290, 100));
}

#[test]
fn a_copy_of_a_file_shows_as_surplus_and_its_summary_counts_once() {
    let copy = distributed().into_iter().take(3);
    let run = chosen(distributed().into_iter().chain(copy), None).unwrap();
    assert_eq!((run.recorded.requests, run.surplus_requests), (390, 150));
}

#[test]
fn without_a_closing_record_the_intervals_tell_duration_and_users() {
    let late = || interval("r", "worker-1", 6_000, "/", 1);
    let entries = [interval("r", "worker-0", 0, "/", 1), late(), interval("r", "worker-1", 3_000, "/", 1)];
    let run = chosen(entries, None).unwrap();
    let ends: Vec<_> = run.unclosed().map(|(_, source)| source.last_interval_end_ms()).collect();
    assert_eq!(ends, [Some(3_000), Some(9_000)]);
    assert_eq!((run.length.ms(), run.peak_users, run.locust), (9_000, 20, None));
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
    assert_eq!((run.recorded.requests, run.length.ms()), (125, 30_000));
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
    let mut runs = Runs::new(None, false);
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
    assert_eq!(run.length, Length::from_ns(u64::MAX));
}

/// The same run with a master that merges: its file has all requests again, and lines of each worker.
fn merged() -> Vec<Entry> {
    let mut entries: Vec<_> = distributed()
        .into_iter()
        .filter(|entry| !matches!(entry, Entry::Summary(of) if of.source_id == "master"))
        .collect();
    let mut failing = interval_entry("r", "master", 6_000, "/pay", 40);
    fail(&mut failing, "HTTPError", Some(503), 4);
    let mut closing = summary_entry("r", "master", (0, 10_000), 390);
    closing.failures = 4;
    closing.confidence = Some(confidence(10, 2, &[("hub_lag", 2)]));
    entries.extend([
        interval("r", "master", 0, "/", 100),
        interval("r", "master", 0, "/pay", 200),
        interval("r", "master", 3_000, "/", 50),
        Entry::Interval(failing),
        Entry::Worker(worker_entry("r", "worker-0", 0, 150)),
        Entry::Worker(worker_entry("r", "worker-1", 0, 240)),
        Entry::Summary(closing),
    ]);
    entries
}

fn of_master(entry: &Entry) -> bool {
    match entry {
        Entry::Interval(entry) => entry.source_id == "master",
        Entry::Summary(entry) => entry.source_id == "master",
        Entry::Final(entry) => entry.source_id == "master",
        _ => true,
    }
}

#[test]
fn with_the_files_of_a_merging_master_and_its_workers_each_request_counts_once() {
    for entries in [merged(), merged().into_iter().rev().collect(), merged().into_iter().filter(of_master).collect()] {
        let run = chosen(entries, None).unwrap();
        assert_eq!((run.total.requests, run.total.failures, run.faults[0].requests), (390, 4, 4));
        assert_eq!((run.recorded.requests, run.missing_requests, run.surplus_requests), (390, 0, 0));
        let workers: Vec<_> = run.workers.iter().map(|worker| (worker.id.0.as_str(), worker.requests)).collect();
        assert_eq!(workers, [("worker-0", 150), ("worker-1", 240)]);
        assert_eq!((run.mismatches.len(), run.length.ms()), (0, 10_000));
    }
}

#[test]
fn with_only_the_workers_files_of_a_merged_run_the_figures_are_theirs() {
    let run = chosen(merged().into_iter().filter(|entry| !of_master(entry)), None).unwrap();
    assert_eq!((run.total.requests, run.recorded.requests, run.missing_requests), (390, 390, 0));
}

#[test]
fn what_the_master_lacks_of_a_worker_is_found() {
    let short = merged().into_iter().map(|entry| match entry {
        Entry::Worker(entry) if entry.worker == "worker-1" => Entry::Worker(worker_entry("r", "worker-1", 0, 236)),
        Entry::Summary(mut entry) if entry.source_id == "master" => {
            entry.requests -= 4;
            Entry::Summary(entry)
        }
        other => other,
    });
    let run = chosen(short, None).unwrap();
    assert_eq!(run.mismatches.len(), 1);
    assert_eq!((run.mismatches[0].own_requests, run.mismatches[0].merged_requests), (240, 236));
}

#[test]
fn a_master_that_got_nothing_of_its_workers_lacks_all_that_they_recorded() {
    let nothing = ["worker-0", "worker-1"].map(|worker| Entry::Worker(worker_entry("r", worker, 0, 0)));
    let run = chosen(distributed().into_iter().chain(nothing), None).unwrap();
    assert_eq!((run.total.requests, run.recorded.requests), (390, 390));
    let lacking: Vec<_> = run.mismatches.iter().map(|found| found.own_requests - found.merged_requests).collect();
    assert_eq!(lacking, [150, 240]);
    assert_eq!(run.workers.iter().map(|worker| worker.requests).collect::<Vec<_>>(), [150, 240]);
}

#[test]
fn a_merging_master_without_intervals_still_tells_how_much_was_recorded() {
    let entries =
        merged().into_iter().filter(|entry| !matches!(entry, Entry::Interval(of) if of.source_id == "master"));
    let run = chosen(entries, None).unwrap();
    assert_eq!((run.total.requests, run.recorded.requests, run.missing_requests), (390, 390, 0));
}

#[test]
fn what_a_master_and_its_workers_say_of_oddities_counts_once() {
    let odd = |source_id: &str, requests, folded, anomalies: &[(&str, u64)]| {
        let mut entry = summary_entry("r", source_id, (0, 10_000), requests);
        entry.folded_requests = folded;
        entry.anomalies = anomalies.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Entry::Summary(entry)
    };
    let entries = [
        odd("worker-0", 10, 3, &[("time_nan", 1), ("outside_run", 2)]),
        odd("worker-1", 20, 4, &[("time_nan", 4)]),
        odd("master", 30, 7, &[("time_nan", 5)]),
    ];
    let run = chosen(entries, None).unwrap();
    assert_eq!((run.folded_requests, run.recorded.requests), (7, 30));
    assert_eq!(run.anomalies, [("time_nan".to_owned(), 5), ("outside_run".to_owned(), 2)]);
}

#[test]
fn the_leader_tells_how_far_a_run_can_be_trusted_else_the_workers_do() {
    let run = chosen(merged(), None).unwrap();
    let all = run.confidence.unwrap();
    assert_eq!((all.seconds, all.suspect_seconds, all.processes), (10, 2, 1));
    let of_workers = distributed().into_iter().map(|entry| match entry {
        Entry::Summary(mut entry) => {
            entry.confidence = Some(confidence(10, 3, &[("throttled", 3)]));
            Entry::Summary(entry)
        }
        other => other,
    });
    let all = chosen(of_workers, None).unwrap().confidence.unwrap();
    assert_eq!((all.seconds, all.suspect_seconds, all.processes), (20, 6, 2));
}

#[test]
fn the_reconciliation_tells_locusts_count_where_the_final_record_is_not_there() {
    let entries = || merged().into_iter().filter(|entry| !matches!(entry, Entry::Final(_)));
    assert_eq!(chosen(entries(), None).unwrap().locust, None);
    let reconciled = Entry::Reconciliation(reconciliation_entry("r", &[("/", 150, 155)], Vec::new()));
    let run = chosen(entries().chain([reconciled]), None).unwrap();
    assert_eq!(run.locust.map(|count| count.requests), Some(155));
}

/// Two ramp-up intervals and two steady ones of a local run of 12 s, one suspect second in each.
fn with_phases() -> Vec<Entry> {
    let phased = |start_ms: i64, phase| {
        let mut entry = interval_entry("r", "local", start_ms, "/", 1 + start_ms.unsigned_abs() / 1_000);
        fail(&mut entry, "HTTPError", None, 1);
        entry.phase = Some(phase);
        entry.verdict = Some(VerdictEntry { reasons: vec!["hub_lag".to_owned()], suspect_seconds: 1 });
        Entry::Interval(entry)
    };
    let mut closing = summary_entry("r", "local", (0, 12_000), 22);
    closing.confidence = Some(confidence(12, 4, &[("hub_lag", 4)]));
    vec![
        phased(0, Phase::RampUp),
        phased(3_000, Phase::RampUp),
        phased(6_000, Phase::Steady),
        phased(9_000, Phase::Steady),
        Entry::Summary(closing),
        last("r", "local", 22, 4),
    ]
}

fn after_ramp_up(entries: Vec<Entry>) -> RunSummary {
    let mut runs = Runs::new(None, true);
    entries.into_iter().for_each(|entry| runs.add(entry).unwrap());
    runs.choose().unwrap()
}

#[test]
fn without_the_ramp_up_the_figures_are_those_of_the_steady_part() {
    let run = after_ramp_up(with_phases());
    assert_eq!((run.total.requests, run.total.failures, run.faults[0].requests), (17, 2, 2));
    assert_eq!(run.total.latency.count(), 17);
    assert_eq!((run.length.ms(), run.ramp_up), (6_000, RampUp::LeftOut { requests: 5, length: Length::from_s(6) }));
    let all = run.confidence.unwrap();
    assert_eq!((all.seconds, all.suspect_seconds), (6, 2));
}

#[test]
fn leaving_the_ramp_up_out_changes_nothing_of_what_was_recorded() {
    let run = after_ramp_up(with_phases());
    assert_eq!((run.recorded.requests, run.missing_requests, run.surplus_requests), (22, 0, 0));
    let whole = chosen(with_phases(), None).unwrap();
    assert_eq!((whole.total.requests, whole.ramp_up, whole.length.ms()), (22, RampUp::Shown, 12_000));
}

#[test]
fn workers_requests_are_those_of_the_part_that_is_shown() {
    let mut entries = merged();
    for (number, entry) in entries.iter_mut().enumerate() {
        if let Entry::Worker(entry) = entry {
            entry.phase = Some(Phase::RampUp);
        }
        if let Entry::Interval(entry) = entry {
            entry.phase = Some(if number == 0 { Phase::RampUp } else { Phase::Steady });
        }
    }
    let requests = |run: RunSummary| run.workers.iter().map(|worker| worker.requests).collect::<Vec<_>>();
    assert_eq!(requests(after_ramp_up(entries.clone())), [0, 0]);
    let files_only = entries.into_iter().filter(|entry| !of_master(entry)).collect();
    assert_eq!(requests(after_ramp_up(files_only)), [50, 240]);
}

#[test]
fn files_without_phases_are_shown_whole_and_said_to_be() {
    let run = after_ramp_up(distributed());
    assert_eq!((run.ramp_up, run.total.requests, run.length.ms()), (RampUp::Unmarked, 390, 10_000));
}
